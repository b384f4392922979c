// A contender's own process, which speaks JSON lines: one request, one response, nothing else running meanwhile.
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A child's response to any request. */
export interface Answer {
  error?: string
  version?: string
  milliseconds?: number
  reading?: number
  figure?: number
}

const answerWithin = 120_000

/**
 * One thread for BLAS and OpenMP; Node options of this process are not inherited. OPENBLAS_CORETYPE, which selects the
 * vector width, is, and the versions line shows it.
 */
const environment = {
  ...process.env,
  OMP_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
  OPENBLAS_NUM_THREADS: '1',
  NODE_OPTIONS: '',
  NODE_COMPILE_CACHE: '',
  OPENBLAS_L2_SIZE: undefined,
}

/** Arrays are sent as base64. */
const encodeArray = (_: string, value: unknown) =>
  value instanceof Float32Array
    ? { float32: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') }
    : value

const living = new Set<ChildProcess>()

/** Ends every child, to abort the benchmark. */
export function endAll() {
  for (const child of living) child.kill('SIGKILL')
}

export class Child {
  readonly #process: ChildProcess
  readonly #answers: AsyncIterator<string>
  readonly #exit: Promise<string>
  #lastWords = ''

  constructor(command: string, args: readonly string[]) {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: environment })
    this.#process = child
    living.add(child)
    this.#exit = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('close', (code, signal) => resolve(`exited with ${signal ?? `exit code ${code}`}`))
    })
    this.#exit.then(() => living.delete(child))
    // A child's death is reported by its exit; writing to it must not end this process too.
    child.stdin!.on('error', () => {})
    child.stderr!.on('data', (chunk) => {
      this.#lastWords = (this.#lastWords + chunk).slice(-2000)
    })
    this.#answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  }

  /** The child's response; throws if it is an error, if the child dies, and if it takes too long. */
  async ask(request: object): Promise<Answer> {
    this.#process.stdin!.write(`${JSON.stringify(request, encodeArray)}\n`)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#process.kill('SIGKILL')
        reject(new Error(`did not respond within ${answerWithin / 1000} s`))
      }, answerWithin)
    })
    try {
      const line = await Promise.race([this.#answers.next(), late])
      if (line.done) {
        const words = this.#lastWords.trim().split('\n').at(-1)
        throw new Error(`${await this.#exit}${words ? `: ${words}` : ''}`)
      }
      const answer = JSON.parse(line.value) as Answer
      if (answer.error !== undefined) throw new Error(answer.error)
      return answer
    } finally {
      clearTimeout(timer)
    }
  }

  /** Closes its input, on which it exits. */
  async close() {
    this.#process.stdin!.end()
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 5000)
    await this.#exit
    clearTimeout(timer)
  }
}
