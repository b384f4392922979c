// The same in a worker, which reports to whoever started it, and `null` at the end.
import { type Report, reportParts } from './report.js'

interface Port {
  postMessage(report: Report | null): void
}
const inNode =
  typeof process === 'undefined' ? null : process.getBuiltinModule('node:worker_threads').parentPort
const port = (inNode ?? globalThis) as Port

await reportParts('worker', (report) => port.postMessage(report))
port.postMessage(null)
