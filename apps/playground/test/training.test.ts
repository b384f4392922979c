// The run that the page trains, and how the page follows the reports of its worker.
import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { fingerprintOf } from '../src/training/fingerprint.js'
import type { Progress, Report, Request } from '../src/training/protocol.js'
import { createXorRun, defaultSettings, epochs } from '../src/training/settings.js'
import { Trainer } from '../src/training/trainer.js'

describe('the run', () => {
  test('learns XOR with the initial settings of the page', () => {
    const state = createXorRun(defaultSettings).step(epochs)
    expect(state).toMatchObject({ status: 'done', accuracy: 1 })
    expect(state.loss).toBeLessThan(0.05)
  })

  test('without a hidden layer never gets below ln 2', () => {
    const run = createXorRun({ ...defaultSettings, hiddenUnits: 0 })
    for (let epoch = 0; epoch < epochs; epoch += 50)
      expect(run.step(50).loss).toBeGreaterThan(Math.LN2 - 1e-6)
  })
})

test('the fingerprint is the SHA-256 of the weights’ bytes', async () => {
  const weights = createXorRun(defaultSettings).weights()
  expect(await fingerprintOf(weights)).toBe(createHash('sha256').update(weights).digest('hex'))
})

describe('the trainer', () => {
  let close = () => {}
  afterEach(() => close())

  /** A trainer, and the other end of its port, where the worker would be. */
  function connect() {
    const { port1, port2 } = new MessageChannel()
    close = () => port1.close()
    port1.start()
    const requests: Request[] = []
    port2.onmessage = ({ data }) => requests.push(data)
    const trainer = new Trainer(port1, defaultSettings)
    const report = async (...reports: Report[]) => {
      let left = reports.length
      // Heard after the trainer, whose listener came first.
      const received = new Promise<void>((resolve) =>
        port1.addEventListener('message', () => --left === 0 && resolve()),
      )
      for (const each of reports) port2.postMessage(each)
      await received
    }
    return { trainer, requests, report }
  }

  const progress = (step: number): Progress => ({
    status: 'paused',
    epoch: step,
    epochs,
    step,
    loss: 0.5,
    history: [],
    predictions: [],
    grid: new Float32Array(),
    stepsPerSecond: null,
    message: null,
  })

  test('drops late reports of a run that was reset', async () => {
    const { trainer, requests, report } = connect()
    trainer.reset({ ...defaultSettings, seed: 8 })
    await report(
      { type: 'progress', generation: 2, progress: progress(0) },
      { type: 'progress', generation: 1, progress: progress(500) },
      { type: 'fingerprint', generation: 1, step: 0, fingerprint: 'old' },
      { type: 'refused', generation: 1, message: 'old' },
    )
    await vi.waitFor(() =>
      expect(requests.map((request) => request.type === 'create' && request.generation)).toEqual([1, 2]),
    )
    expect(trainer.getState()).toMatchObject({ progress: { step: 0 }, fingerprint: null, refusal: null })
  })

  test('shows a fingerprint only with the weights it belongs to', async () => {
    const { trainer, report } = connect()
    const fingerprint = (step: number): Report => ({
      type: 'fingerprint',
      generation: 1,
      step,
      fingerprint: `of ${step}`,
    })
    await report({ type: 'progress', generation: 1, progress: progress(3) }, fingerprint(2))
    expect(trainer.getState().fingerprint).toBeNull()
    await report(fingerprint(3))
    expect(trainer.getState().fingerprint).toBe('of 3')
    await report({ type: 'progress', generation: 1, progress: progress(4) })
    expect(trainer.getState().fingerprint).toBeNull()
  })
})
