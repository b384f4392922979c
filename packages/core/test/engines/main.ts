// Runs the parts in an engine, in its main thread and then in a worker, and reports: from a page to the server that
// it came from, elsewhere a line each to standard output.
import { type Report, reportParts } from './report.js'

/** What Node's workers and the web's have in common, and where they differ. */
interface AnyWorker {
  on?(event: 'message' | 'error', listener: (value: never) => void): void
  onmessage?: (event: { data: Report | null }) => void
  onerror?: (event: { message: string }) => void
  terminate(): unknown
}
type WorkerClass = new (url: URL, options: { type: 'module' }) => AnyWorker
const Worker = (globalThis.Worker ??
  process.getBuiltinModule('node:worker_threads').Worker) as unknown as WorkerClass

const sent: unknown[] = []
const send =
  typeof document === 'undefined'
    ? (report: Report) => console.log(JSON.stringify(report))
    : (report: Report) => sent.push(fetch('/report', { method: 'POST', body: JSON.stringify(report) }))

await reportParts('main', send)
await new Promise<void>((resolve) => {
  const worker = new Worker(new URL('./in-worker.js', import.meta.url), { type: 'module' })
  const end = () => {
    worker.terminate()
    resolve()
  }
  const take = (report: Report | null) => (report ? send(report) : end())
  const fail = ({ message }: { message: string }) => {
    send({ place: 'worker', threads: 1, part: 'worker', error: message })
    end()
  }
  if (worker.on) {
    worker.on('message', take)
    worker.on('error', fail)
  } else {
    worker.onmessage = ({ data }) => take(data)
    worker.onerror = fail
  }
})
await Promise.all(sent)
if (typeof document !== 'undefined') await fetch('/end', { method: 'POST' })
