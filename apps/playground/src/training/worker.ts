// Trains in a thread of its own at the requested speed, and reports to the page.
import { BackpropagationError, type Run } from '@bp/core'
import { isOver, Pacer, predictXor } from '@bp/lab'
import { fingerprintOf } from './fingerprint.js'
import { predictGrid } from './grid.js'
import type { LossPoint, Progress, Report, Request } from './protocol.js'
import { createXorRun } from './settings.js'

/** Longest time that steps may delay messages, in ms. */
const sliceTime = 12
/** Pause between two slices, in ms. Timers of a worker keep running in a hidden tab, unlike those of a page. */
const rest = 4
/** Time between two reports, in ms. */
const reportInterval = 50

let generation = 0
let pacer: Pacer | null = null
let running = false
/** Epochs per second, of one step each; `null` for full speed. */
let speed: number | null = null
let timer: ReturnType<typeof setTimeout> | undefined
let lastReport = 0
/** When training was last started and last did steps, in ms, and the steps done before. */
let startTime = 0
let endTime = 0
let startStep = 0

addEventListener('message', ({ data: request }: MessageEvent<Request>) => {
  switch (request.type) {
    case 'create':
      stop()
      generation = request.generation
      create(request)
      break
    case 'start':
      if (pacer && !running && !isOver(pacer.run.getState().status)) start(pacer)
      break
    case 'pause':
      if (!pacer || !running) break
      stop()
      report(pacer.run)
      break
    case 'step':
      if (!pacer || running || isOver(pacer.run.getState().status)) break
      pacer.run.step()
      report(pacer.run)
      break
    case 'speed':
      speed = request.speed
      pacer?.drop()
  }
})

function create({ settings }: Extract<Request, { type: 'create' }>): void {
  pacer = null
  startTime = endTime = 0
  try {
    pacer = new Pacer(createXorRun(settings))
    report(pacer.run)
  } catch (error) {
    if (!(error instanceof BackpropagationError)) throw error
    send({ type: 'refused', generation, message: error.message })
  }
}

function start(pacer: Pacer): void {
  running = true
  startTime = endTime = performance.now()
  startStep = pacer.run.getState().step
  report(pacer.run)
  slice(pacer)
}

function stop(): void {
  running = false
  clearTimeout(timer)
}

function slice(pacer: Pacer): void {
  const { run } = pacer
  const now = performance.now()
  pacer.keepUp(now - endTime, speed === null ? Number.POSITIVE_INFINITY : speed / 1000, sliceTime)
  endTime = speed === null ? performance.now() : now
  if (isOver(run.getState().status)) {
    stop()
    report(run)
    return
  }
  if (now - lastReport >= reportInterval) report(run)
  timer = setTimeout(slice, rest, pacer)
}

function report(run: Run): void {
  lastReport = performance.now()
  const { status, epoch, epochs, step, loss, history, error } = run.getState()
  const seconds = (endTime - startTime) / 1000
  const progress: Progress = {
    status: running ? 'running' : status,
    epoch,
    epochs,
    step,
    loss,
    history: withCurrent(history, epoch, loss),
    predictions: predictXor(run),
    grid: predictGrid(run),
    stepsPerSecond: seconds > 0 ? (step - startStep) / seconds : null,
    message: error?.message ?? null,
  }
  send({ type: 'progress', generation, progress })
  if (!running) reportFingerprint(run, generation, step)
}

/** The records of the run, which may be some epochs apart, and the current loss after them. */
function withCurrent(history: readonly LossPoint[], epoch: number, loss: number | null): LossPoint[] {
  const points = history.map(({ epoch, loss }) => ({ epoch, loss }))
  if (loss !== null && points.at(-1)?.epoch !== epoch) points.push({ epoch, loss })
  return points
}

async function reportFingerprint(run: Run, generation: number, step: number): Promise<void> {
  const fingerprint = await fingerprintOf(run.weights())
  if (fingerprint) send({ type: 'fingerprint', generation, step, fingerprint })
}

function send(report: Report): void {
  postMessage(report)
}
