// Frozen weights and layers, and outputs that are dropped at random.
import { describe, expect, it } from 'vitest'
import {
  createNetworkRun,
  type NetworkDocument,
  networkView,
  optimizerKinds,
  subSteps,
} from '../../src/index.js'
import { lecture, withData } from './documents.js'

const bits = (values: Float32Array) => Array.from(new Uint32Array(Float32Array.from(values).buffer))

const freezes = (...all: NetworkDocument['freezes'][number][]): Partial<NetworkDocument> => ({ freezes: all })

const expectNear = (values: Float32Array, others: Float32Array) => {
  for (const [index, value] of values.entries()) expect(value).toBeCloseTo(others[index]!, 5)
}

describe('a frozen weight', () => {
  const kinds = optimizerKinds.filter((kind) => kind !== 'adamW')
  it.each(kinds)('stays as it is to the bit with %s, while the others go on', (kind) => {
    const { optimizer } = lecture()
    const document = lecture({
      ...freezes(
        { step: 20, layer: 0, from: 1, to: 0, frozen: true },
        { step: 20, layer: 1, from: -1, to: 0, frozen: true },
      ),
      optimizer: { ...optimizer, kind, learningRate: 0.1 },
      l1: 0.01,
      l2: 0.01,
    })
    const run = createNetworkRun(document)
    run.goTo(20)
    const before = bits(run.weights())
    run.goTo(200)
    const after = bits(run.weights())
    // w21 is the third of the first matrix, the bias of the output the last of all.
    const same = before.flatMap((value, index) => (value === after[index] ? [index] : []))
    expect(same).toEqual([2, 8])
  })

  it('changes nothing before it is frozen but rounding, is trained again afterwards, and all of it backwards too', () => {
    const document = lecture(
      freezes(
        { step: 20, layer: 0, from: -1, to: -1, frozen: true },
        { step: 50, layer: 0, from: -1, to: -1, frozen: false },
      ),
    )
    const run = createNetworkRun(document)
    const plain = createNetworkRun(lecture())
    run.goTo(20)
    plain.goTo(20)
    expectNear(run.weights(), plain.weights())
    const layer = bits(run.weights()).slice(0, 6)
    run.goTo(50)
    expect(bits(run.weights()).slice(0, 6)).toEqual(layer)
    run.goTo(80)
    const end = bits(run.weights())
    for (const value of end.slice(0, 6)) expect(layer).not.toContain(value)
    run.goTo(35)
    expect(bits(run.weights()).slice(0, 6)).toEqual(layer)
    run.goTo(10)
    plain.goTo(10)
    expectNear(run.weights(), plain.weights())
    run.goTo(80)
    expect(bits(run.weights())).toEqual(end)
  })

  it('still shows which way the loss would move it, and that it is frozen', () => {
    const run = createNetworkRun(lecture(freezes({ step: 0, layer: 0, from: 0, to: 1, frozen: true })))
    const plain = networkView(createNetworkRun(lecture()))
    const { layers } = networkView(run)
    expect(layers[0]!.weightGradients).toEqual(plain.layers[0]!.weightGradients)
    expect(Array.from(layers[0]!.weightsFrozen)).toEqual([0, 1, 0, 0])
    const { before, after } = subSteps(run, 0)
    expect(after![1]).toBe(before[1])
  })

  it('is refused with a rule that moves weights without a derivative', () => {
    const { optimizer } = lecture()
    const document = lecture({
      ...freezes({ step: 0, layer: 0, from: 0, to: 1, frozen: true }),
      optimizer: { ...optimizer, kind: 'adamW' },
    })
    expect(() => createNetworkRun(document)).toThrow('freeze: the decay of adamW')
  })
})

describe('dropout', () => {
  const document = lecture({
    ...withData('circle'),
    layers: [{ units: 8, activation: 'tanh', dropout: 0.5 }],
    optimizer: { ...lecture().optimizer, learningRate: 0.1 },
  })

  it('is in the derivatives of the next step: it moves the weights by them', () => {
    const run = createNetworkRun(document)
    run.goTo(7)
    const before = run.weights()
    const derivatives = run.gradients().gradients.flatMap((part) => Array.from(part))
    run.goTo(8)
    for (const [index, value] of run.weights().entries())
      expect(value).toBeCloseTo(before[index]! - 0.1 * derivatives[index]!, 6)
  })

  it('drops other units at each step, about its share of them, and scales up the rest', () => {
    const run = createNetworkRun(document)
    const seen = [0, 1, 2, 3].map((step) => {
      run.goTo(step)
      return Array.from({ length: 40 }, (_, row) => Array.from(run.droppedOf(row)[0]!)).flat()
    })
    for (const mask of seen) {
      expect(new Set(mask)).toEqual(new Set([0, 2]))
      const dropped = mask.filter((value) => value === 0).length / mask.length
      expect(dropped).toBeGreaterThan(0.4)
      expect(dropped).toBeLessThan(0.6)
    }
    expect(seen[0]).not.toEqual(seen[1])
  })

  it('is shown in the parts of a step: what is dropped gives 0, and gets no derivative', () => {
    const run = createNetworkRun(document)
    const { layers } = subSteps(run, 3)
    const [mask] = run.droppedOf(3)
    for (const [unit, factor] of mask!.entries())
      if (factor === 0) {
        expect(layers[0]!.outputs[unit]! + 0).toBe(0)
        expect(layers[0]!.sumGradients[unit]! + 0).toBe(0)
      }
  })

  it('is not in what the network answers', () => {
    const layers = (dropout: number) => ({ layers: [{ units: 8, activation: 'tanh' as const, dropout }] })
    const [one, other] = [0.5, 0.1].map((share) =>
      createNetworkRun(lecture({ ...document, ...layers(share) })),
    )
    expect(networkView(one!).loss).toBe(networkView(other!).loss)
    expect(one!.gradients()).not.toEqual(other!.gradients())
  })
})
