// Drives an installed Firefox over WebDriver BiDi: it opens pages, evaluates in them, takes pictures, and keeps what they
// complain of. (Playwright needs a Firefox of its own.)
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'
import { quietFirefox } from '../../../scripts/browser.mjs'

export interface Firefox {
  /** Errors and warnings of the pages so far. */
  readonly complaints: readonly string[]
  open(url: string): Promise<void>
  reload(): Promise<void>
  /** The value of an expression, once it is neither `null` nor `false`. */
  until(expression: string): Promise<unknown>
  /** As PNG. */
  picture(): Promise<Buffer>
  close(): Promise<void>
}

const settings = {
  ...quietFirefox,
  'intl.accept_languages': 'en-US',
  // Reduced motion.
  'ui.prefersReducedMotion': 1,
}

interface Answer {
  readonly id?: number
  readonly type: 'success' | 'error' | 'event'
  readonly method?: string
  readonly message?: string
  readonly result?: unknown
  readonly params?: { readonly level: string; readonly text: string }
}

export async function launchFirefox(path: string): Promise<Firefox> {
  const profile = mkdtempSync(join(tmpdir(), 'firefox-'))
  writeFileSync(
    join(profile, 'user.js'),
    Object.entries(settings)
      .map(([name, value]) => `user_pref('${name}', ${JSON.stringify(value)})\n`)
      .join(''),
  )
  const firefox = spawn(
    path,
    ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0', 'about:blank'],
    // A group of its own, to end what it starts with it.
    { detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const socket = new WebSocket(`${await addressOf(firefox)}/session`)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))

  const complaints: string[] = []
  const waiting = new Map<number, (answer: Answer) => void>()
  socket.on('message', (data) => {
    const answer = JSON.parse(String(data)) as Answer
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer)
    else if (answer.method === 'log.entryAdded' && /error|warn/.test(answer.params!.level))
      complaints.push(answer.params!.text)
  })
  let last = 0
  const send = async <Result>(method: string, params: object = {}): Promise<Result> => {
    const id = ++last
    const answer = await new Promise<Answer>((resolve) => {
      waiting.set(id, resolve)
      socket.send(JSON.stringify({ id, method, params }))
    })
    waiting.delete(id)
    if (answer.type === 'error') throw new Error(`${method}: ${answer.message}`)
    return answer.result as Result
  }
  await send('session.new', { capabilities: {} })
  await send('session.subscribe', { events: ['log.entryAdded'] })
  const { contexts } = await send<{ contexts: { context: string }[] }>('browsingContext.getTree')
  const { context } = contexts[0]!
  await send('browsingContext.setViewport', { context, viewport: { width: 1366, height: 768 } })
  return {
    complaints,
    open: (url) => send('browsingContext.navigate', { context, url, wait: 'complete' }),
    reload: () => send('browsingContext.reload', { context, wait: 'complete' }),
    async until(expression) {
      const { result, exceptionDetails } = await send<{
        result?: { value?: unknown }
        exceptionDetails?: { text: string }
      }>('script.evaluate', {
        target: { context },
        awaitPromise: true,
        expression: `new Promise((resolve, reject) => {
          const end = performance.now() + 20_000
          const look = () => {
            const found = ${expression}
            if (found) resolve(found)
            else if (performance.now() > end) reject(new Error(${JSON.stringify(`never: ${expression}`)}))
            else setTimeout(look, 20)
          }
          look()
        })`,
      })
      if (exceptionDetails) throw new Error(exceptionDetails.text)
      return result!.value
    },
    async picture() {
      const { data } = await send<{ data: string }>('browsingContext.captureScreenshot', { context })
      return Buffer.from(data, 'base64')
    },
    async close() {
      socket.close()
      const ended = new Promise((resolve) => firefox.once('close', resolve))
      process.kill(-firefox.pid!, 'SIGKILL')
      await ended
      rmSync(profile, { recursive: true, maxRetries: 5, retryDelay: 200 })
    },
  }
}

/** Where it listens, which it says when it is ready. */
function addressOf(firefox: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const said: string[] = []
    createInterface({ input: firefox.stderr! }).on('line', (line) => {
      said.push(line)
      const [, address] = /WebDriver BiDi listening on (ws:\S+)/.exec(line) ?? []
      if (address) resolve(address)
    })
    firefox.once('error', reject)
    firefox.once('close', (code) => reject(new Error(`Firefox ended with ${code}: ${said.join('; ')}`)))
  })
}
