// How the page follows the reports of its training worker, and how a network is laid out.
import { createHash } from 'node:crypto'
import { initialNetwork, type NetworkDocument, type NetworkView } from '@bp/lab'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { fingerprintOf } from '../src/network/fingerprint.js'
import { type Box, labelSizes, layoutNetwork, nameHeight, overlap } from '../src/network/layout.js'
import type { Report, Request, TrainingState } from '../src/network/protocol.js'
import { type Port, Trainer } from '../src/network/trainer.js'

test('the fingerprint is the SHA-256 of the weights’ bytes', async () => {
  const weights = Float32Array.of(1, -2, 0.5)
  expect(await fingerprintOf(weights)).toBe(createHash('sha256').update(weights).digest('hex'))
})

/** A worker whose answers the test gives. */
class ScriptedPort implements Port {
  readonly requests: Request[] = []
  terminated = false
  readonly #listeners = new Map<string, ((event: Event) => void)[]>()

  postMessage(request: Request): void {
    this.requests.push(request)
  }
  addEventListener(type: string, listener: unknown): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener as (event: Event) => void])
  }
  terminate(): void {
    this.terminated = true
  }
  emit(type: string, data?: Report): void {
    for (const listener of this.#listeners.get(type) ?? []) listener({ data } as MessageEvent)
  }
}

function connect() {
  const ports: ScriptedPort[] = []
  const trainer = new Trainer(() => {
    ports.push(new ScriptedPort())
    return ports.at(-1)!
  })
  return { trainer, ports }
}

const state = (generation: number, step: number, running = false): Report => ({
  type: 'state',
  generation,
  state: { view: { step } as NetworkView, running, seeking: false } as TrainingState,
})
const asked = ({ requests }: ScriptedPort) => requests.map(({ type }) => type)
const at = (step: number, change: Partial<NetworkDocument> = {}) => ({ ...initialNetwork, step, ...change })

describe('the trainer', () => {
  test('opens a new run for other settings, and goes to another step of the same', () => {
    const { trainer, ports } = connect()
    trainer.follow(at(0))
    trainer.follow(at(0, { tab: 'loss' }))
    trainer.follow(at(30))
    trainer.follow(at(30, { seed: 8 }))
    expect(asked(ports[0]!)).toEqual(['open', 'goTo', 'open'])
  })

  test('does not go to the step that the document took from the run', () => {
    const { trainer, ports } = connect()
    trainer.follow(at(0))
    trainer.train()
    ports[0]!.emit('message', state(1, 500, true))
    trainer.publish(500)
    ports[0]!.emit('message', state(1, 900, true))
    trainer.follow(at(500))
    expect(asked(ports[0]!)).toEqual(['open', 'train'])
    trainer.follow(at(20))
    trainer.follow(at(500))
    expect(asked(ports[0]!)).toEqual(['open', 'train', 'goTo', 'goTo'])
  })

  test('drops late reports of another run, and of before it went to a step', () => {
    const { trainer, ports } = connect()
    trainer.follow(at(0))
    trainer.follow(at(0, { seed: 8 }))
    ports[0]!.emit('message', state(1, 500))
    expect(trainer.getState().training).toBeNull()
    ports[0]!.emit('message', state(2, 600))
    trainer.follow(at(3, { seed: 8 }))
    ports[0]!.emit('message', state(2, 700))
    expect(trainer.getState().training!.view.step).toBe(600)
  })

  test('shows a fingerprint only with the weights it belongs to', () => {
    const { trainer, ports } = connect()
    const fingerprint = (step: number): Report => ({
      type: 'fingerprint',
      generation: 1,
      step,
      fingerprint: `of ${step}`,
    })
    trainer.follow(at(0))
    ports[0]!.emit('message', state(1, 3))
    ports[0]!.emit('message', fingerprint(2))
    expect(trainer.getState().fingerprint).toBeNull()
    ports[0]!.emit('message', fingerprint(3))
    expect(trainer.getState().fingerprint).toBe('of 3')
    ports[0]!.emit('message', state(1, 4))
    expect(trainer.getState().fingerprint).toBeNull()
  })

  test('keeps the picture while settings are refused', () => {
    const { trainer, ports } = connect()
    trainer.follow(at(0))
    ports[0]!.emit('message', state(1, 0))
    trainer.follow(at(0, { seed: 8 }))
    ports[0]!.emit('message', { type: 'refused', generation: 2, message: 'no' })
    expect(trainer.getState()).toMatchObject({
      refusal: 'no',
      training: { view: { step: 0 } },
      shown: { seed: 7 },
    })
  })

  describe('starts a worker again', () => {
    afterEach(() => vi.useRealTimers())

    test('that throws, at its last step, and goes on training', () => {
      const { trainer, ports } = connect()
      trainer.follow(at(0))
      trainer.train()
      ports[0]!.emit('message', state(1, 500, true))
      ports[0]!.emit('error')
      expect(ports[0]!.terminated).toBe(true)
      expect(asked(ports[1]!)).toEqual(['open', 'train'])
      expect(ports[1]!.requests[0]).toMatchObject({ document: { step: 500 } })
      expect(trainer.getState().restarts).toBe(1)
      // The old one may still have something to say.
      ports[0]!.emit('message', state(2, 7))
      expect(trainer.getState().training!.view.step).toBe(500)
    })

    test('at the step that was asked of it', () => {
      const { trainer, ports } = connect()
      trainer.follow(at(0))
      ports[0]!.emit('message', state(1, 0))
      trainer.follow(at(7))
      ports[0]!.emit('error')
      expect(ports[1]!.requests[0]).toMatchObject({ document: { step: 7 } })
    })

    test('that does not answer', () => {
      vi.useFakeTimers()
      const { trainer, ports } = connect()
      trainer.follow(at(40))
      const stop = trainer.watch()
      for (let second = 0; second < 4; second++) {
        vi.advanceTimersByTime(1000)
        ports[0]!.emit('message', { type: 'pong', generation: 1 })
      }
      expect(ports).toHaveLength(1)
      vi.advanceTimersByTime(10_000)
      expect(ports).toHaveLength(2)
      expect(ports[1]!.requests[0]).toMatchObject({ type: 'open', document: { step: 40 } })
      stop()
    })

    test('but not for ever', () => {
      const { trainer, ports } = connect()
      trainer.follow(at(0))
      for (let time = 0; time < 10; time++) ports.at(-1)!.emit('error')
      expect(trainer.getState().restarts).toBeNull()
      expect(ports).toHaveLength(4)
    })
  })
})

describe('the layout of a network', () => {
  const networks = [
    [2, 1],
    [2, 2, 1],
    [2, 4, 1],
    [2, 8, 3],
    [2, 4, 4, 1],
    [2, 16, 16, 8],
    [2, 3, 3, 3, 3, 3, 3, 3, 3, 1],
  ]
  const windows = [
    [994, 602],
    [360, 300],
    [1548, 850],
    [700, 450],
    [2100, 1200],
  ] as const
  const cases = networks.flatMap((sizes) => windows.map(([width, height]) => ({ sizes, width, height })))

  test.each(cases)('of $sizes in $width×$height covers nothing with a label', ({ sizes, width, height }) => {
    const { side, units, edges, names, twoLines } = layoutNetwork(sizes, width, height)
    const boxes: Box[] = units.flat().map(({ x, y }) => ({
      x: x - side / 2,
      y: y - side / 2 - (names ? nameHeight : 0),
      width: side,
      height: side + (names ? nameHeight : 0),
    }))
    for (const box of boxes) {
      expect(box.x).toBeGreaterThanOrEqual(0)
      expect(box.x + box.width).toBeLessThanOrEqual(width)
      expect(box.y).toBeGreaterThanOrEqual(0)
      expect(box.y + box.height).toBeLessThanOrEqual(height)
    }
    const size = twoLines ? labelSizes.two : labelSizes.one
    const labels = edges.flatMap(({ label }) =>
      label ? [{ x: label.x - size.width / 2, y: label.y - size.height / 2, ...size }] : [],
    )
    for (const [index, label] of labels.entries())
      for (const other of [...boxes, ...labels.slice(index + 1)]) expect(overlap(label, other)).toBe(false)
  })

  test('of the lecture has a label with two lines on each weight', () => {
    for (const [width, height] of [
      [994, 602],
      [1548, 850],
    ] as const) {
      const { edges, twoLines } = layoutNetwork([2, 2, 1], width, height)
      expect(twoLines).toBe(true)
      expect(edges.every(({ label }) => label)).toBe(true)
    }
  })
})
