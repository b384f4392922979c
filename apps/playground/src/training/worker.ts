// Trains in a thread of its own, at the speed that is asked for, and reports to the page.
import { BackpropagationError, type Run, xor } from '@bp/core'
import { fingerprintOf } from './fingerprint.js'
import { predictGrid } from './grid.js'
import type { LossPoint, Prediction, Progress, Report, Request } from './protocol.js'
import { createXorRun } from './settings.js'

/** How long steps may keep the thread before messages get their turn, in ms. */
const sliceTime = 12
/** Between two slices, in ms. Timers of a worker go on in a hidden tab, unlike those of a page. */
const rest = 4
/** Between two reports, in ms. */
const reportInterval = 50

const data = xor()
let generation = 0
let run: Run | null = null
let running = false
let speed: number | null = null
let timer: ReturnType<typeof setTimeout> | undefined
let lastReport = 0
/** When training was started last and when it last did steps, in ms, and the steps done at the start. */
let startTime = 0
let endTime = 0
let startStep = 0
/** Steps that fit a slice at full speed, as far as known. */
let sliceSteps = 1
/** Steps owed at a limited speed: the part that is not a whole step yet. */
let owed = 0

addEventListener('message', ({ data: request }: MessageEvent<Request>) => {
  switch (request.type) {
    case 'create':
      stop()
      generation = request.generation
      create(request)
      break
    case 'start':
      if (run && !running && !isOver(run)) start()
      break
    case 'pause':
      if (!running) break
      stop()
      report()
      break
    case 'step':
      if (!run || running || isOver(run)) break
      run.step()
      report()
      break
    case 'speed':
      speed = request.speed
      owed = 0
  }
})

function create({ settings }: Extract<Request, { type: 'create' }>): void {
  run = null
  startTime = endTime = 0
  try {
    run = createXorRun(settings)
    report()
  } catch (error) {
    if (!(error instanceof BackpropagationError)) throw error
    send({ type: 'refused', generation, message: error.message })
  }
}

function start(): void {
  running = true
  startTime = endTime = performance.now()
  startStep = run!.getState().step
  owed = 0
  report()
  slice()
}

function stop(): void {
  running = false
  clearTimeout(timer)
}

function slice(): void {
  const now = performance.now()
  if (speed === null) {
    run!.step(sliceSteps)
    const elapsed = performance.now() - now
    const factor = Math.min(2, Math.max(0.5, sliceTime / Math.max(elapsed, 0.01)))
    sliceSteps = Math.max(1, Math.round(sliceSteps * factor))
  } else {
    // No more than a second's worth after the machine slept.
    owed += (Math.min(now - endTime, 1000) / 1000) * speed
    const due = Math.floor(owed)
    owed -= due
    if (due > 0) run!.step(due)
  }
  endTime = speed === null ? performance.now() : now
  if (isOver(run!)) {
    stop()
    report()
    return
  }
  if (now - lastReport >= reportInterval) report()
  timer = setTimeout(slice, rest)
}

function isOver(run: Run): boolean {
  const { status } = run.getState()
  return status === 'done' || status === 'diverged'
}

function report(): void {
  lastReport = performance.now()
  const { status, epoch, epochs, step, loss, history, error } = run!.getState()
  const seconds = (endTime - startTime) / 1000
  const progress: Progress = {
    status: running ? 'running' : status,
    epoch,
    epochs,
    step,
    loss,
    history: withPresent(history, epoch, loss),
    predictions: predictions(run!),
    grid: predictGrid(run!),
    stepsPerSecond: seconds > 0 ? (step - startStep) / seconds : null,
    message: error?.message ?? null,
  }
  send({ type: 'progress', generation, progress })
  if (!running) reportFingerprint(run!, generation, step)
}

/** The records of the run, which are some epochs apart, and the present loss behind them. */
function withPresent(history: readonly LossPoint[], epoch: number, loss: number | null): LossPoint[] {
  const points = history.map(({ epoch, loss }) => ({ epoch, loss }))
  if (loss !== null && points.at(-1)?.epoch !== epoch) points.push({ epoch, loss })
  return points
}

async function reportFingerprint(run: Run, generation: number, step: number): Promise<void> {
  const fingerprint = await fingerprintOf(run.weights())
  if (fingerprint) send({ type: 'fingerprint', generation, step, fingerprint })
}

function predictions(run: Run): Prediction[] {
  return Array.from(run.predict(data.inputs), (probability, row) => ({
    inputs: [data.inputs[row * 2]!, data.inputs[row * 2 + 1]!],
    target: data.targets[row]!,
    probability,
  }))
}

function send(report: Report): void {
  postMessage(report)
}
