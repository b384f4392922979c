// Trains in a thread of its own at the requested speed, and reports to the page what is to be seen.
import { BackpropagationError } from '@bp/core/lean'
import {
  createNetworkRun,
  isOver,
  lookInside,
  type NetworkDocument,
  type NetworkRun,
  networkView,
  Pacer,
  type Stroke,
  subSteps,
  trainingToPyTorch,
  trainingToTypeScript,
  trySeeds,
  verdict,
} from '@bp/lab'
import { loadKernel } from '../shell/kernel.js'
import { loadDigits } from './digits.js'
import { fingerprintOf } from './fingerprint.js'
import type { Report, Request } from './protocol.js'

/** Longest time that steps may delay messages, in ms. */
const sliceTime = 12
/** Shortest time between two reports, in ms; reports may take a fifth of the time. */
const reportInterval = 45
/** Seeds that are tried. */
const mostSeeds = 8

let generation = 0
let document: NetworkDocument | null = null
let pacer: Pacer<NetworkRun> | null = null
let running = false
/** The step that it is on its way to. */
let target: number | null = null
let speed = 0
let followed: { readonly row: number; readonly apart: boolean; readonly paper: readonly Stroke[] } = {
  row: 0,
  apart: false,
  paper: [],
}
let lastReport = 0
let reportTime = 0
/** When training was last started and last did steps, in ms, and the steps done before. */
let startTime = 0
let endTime = 0
let startStep = 0

// Yields to messages without the pause of a timer, which browsers make at least 4 ms long.
const { port1, port2 } = new MessageChannel()
let waiting = false
port1.onmessage = () => {
  waiting = false
  slice()
}

function sliceLater(): void {
  if (waiting) return
  waiting = true
  port2.postMessage(null)
}

const kernel = loadKernel()
/** What messages wait for, in order: the kernel, and the data set of a document that has one. */
let ready = kernel

addEventListener('message', async ({ data: request }: MessageEvent<Request>) => {
  // On a slow line the kernel is long in coming, but the worker is there.
  if (request.type === 'ping') {
    send({ type: 'pong' })
    return
  }
  try {
    if (request.type === 'open')
      ready = request.document.data.kind === 'digits' ? kernel.then(loadDigits) : kernel
    // What comes before they are there waits, in order.
    await ready
    receive(request)
  } catch (error) {
    // A rejected promise would not reach the page as an error of this worker.
    if (!(error instanceof BackpropagationError)) {
      reportError(error)
      return
    }
    running = false
    send({ type: 'refused', message: error.message })
  }
})

function receive(request: Exclude<Request, { type: 'ping' }>): void {
  if (request.type === 'open') {
    generation = request.generation
    open(request.document)
    return
  }
  if (!pacer || !document) return
  const { run } = pacer
  switch (request.type) {
    case 'train':
      if (running || isOver(run.getState().status)) return
      running = true
      begin(run)
      break
    case 'pause':
      if (!running) return
      running = false
      report()
      break
    case 'goTo':
      running = false
      generation = request.generation
      seek(request.step)
      break
    case 'speed':
      speed = request.speed
      pacer.drop()
      break
    case 'follow':
      followed = request
      if (!running) report()
      break
    case 'inside':
      send({ type: 'inside', inside: lookInside(run, Math.min(request.row, run.data.training.rows - 1)) })
      break
    case 'programs':
      send({
        type: 'programs',
        programs: {
          step: run.getState().step,
          typescript: trainingToTypeScript(document, run.data),
          pytorch: trainingToPyTorch(run),
        },
      })
      break
    case 'seeds':
      tryNext(trySeeds(document), generation, 1)
  }
}

/** Measures from here on. */
function begin(run: NetworkRun): void {
  startTime = endTime = performance.now()
  startStep = run.getState().step
  sliceLater()
}

function open(next: NetworkDocument): void {
  running = false
  target = null
  pacer = null
  document = next
  speed = next.speed
  followed = { row: next.row, apart: next.part > 0 || next.selected !== null, paper: next.paper }
  startTime = endTime = 0
  const run = createNetworkRun(next)
  run.keepSamples()
  pacer = new Pacer(run)
  seek(next.step)
}

/** Goes back at once, and forward in slices. */
function seek(step: number): void {
  const { run } = pacer!
  if (step < run.getState().step) run.goTo(step)
  target = step
  sliceLater()
}

function slice(): void {
  if (!pacer) return
  const { run } = pacer
  if (target !== null) {
    pacer.advance(target, sliceTime)
    const { step, status } = run.getState()
    if (step >= target || isOver(status)) {
      target = null
      running &&= !isOver(status)
      report()
      if (running) begin(run)
    } else {
      if (isTimeToReport()) report()
      sliceLater()
    }
    return
  }
  if (!running) return
  const now = performance.now()
  pacer.keepUp(now - endTime, speed === 0 ? Number.POSITIVE_INFINITY : speed / 1000, sliceTime)
  endTime = speed === 0 ? performance.now() : now
  if (isOver(run.getState().status)) {
    running = false
    report()
    return
  }
  if (isTimeToReport()) report()
  // At full speed there is always something to do.
  if (speed === 0) sliceLater()
  else setTimeout(sliceLater, 4)
}

const isTimeToReport = () => performance.now() - lastReport >= Math.max(reportInterval, 5 * reportTime)

function report(): void {
  const { run } = pacer!
  const before = performance.now()
  const view = networkView(run, followed.row, followed.paper)
  const seeking = target !== null
  const atRest = !running && !seeking
  const seconds = (endTime - startTime) / 1000
  send({
    type: 'state',
    state: {
      view,
      running,
      seeking,
      stepsPerSecond: seconds > 0 ? (view.step - startStep) / seconds : null,
      verdict: atRest ? verdict(run, view) : null,
      parts: atRest && followed.apart ? subSteps(run, view.sample.row) : null,
    },
  })
  lastReport = performance.now()
  reportTime = lastReport - before
  if (atRest) void reportFingerprint(run.weights(), view.step, generation)
}

async function reportFingerprint(weights: Float32Array, step: number, of: number): Promise<void> {
  const fingerprint = await fingerprintOf(weights)
  if (fingerprint && of === generation) send({ type: 'fingerprint', step, fingerprint })
}

/** One seed at a time, so that messages get their turn. */
function tryNext(trials: ReturnType<typeof trySeeds>, of: number, count: number): void {
  if (of !== generation) return
  const trial = trials.next().value!
  const over = trial.right === trial.rows || count === mostSeeds
  send({ type: 'seed', trial, over })
  if (!over) setTimeout(tryNext, 0, trials, of, count + 1)
}

type Content = Report extends infer One ? (One extends Report ? Omit<One, 'generation'> : never) : never

function send(content: Content): void {
  postMessage({ ...content, generation } as Report)
}
