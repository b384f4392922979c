// Steps by the clock; times are generous, since test machines are busy.
import { createRun, layers, sequential, sgd, xor } from '@bp/core'
import { describe, expect, it } from 'vitest'
import { Pacer, predictXor, xorSettings } from '../src/index.js'

function createPacer(epochs = 1000, learningRate = 1): Pacer {
  const { hiddenUnits, seed } = xorSettings
  return new Pacer(
    createRun({
      model: sequential(
        [layers.dense({ units: hiddenUnits, activation: 'sigmoid' }), layers.dense({ units: 1 })],
        { inputShape: [2], seed },
      ),
      loss: 'sigmoidCrossEntropy',
      optimizer: sgd({ learningRate }),
      data: xor(),
      epochs,
      seed,
    }),
  )
}
const stepOf = ({ run }: Pacer) => run.getState().step

describe('a pacer', () => {
  it('does one step at once, then as many as the rate asks for, fractions included', () => {
    const pacer = createPacer()
    const steps = [0, 100, 100, 100, 100].map((passed) => {
      expect(pacer.keepUp(passed, 0.025, 1000)).toBe(false)
      return stepOf(pacer)
    })
    expect(steps).toEqual([1, 3, 6, 8, 11])
  })

  it('makes up for at most a second', () => {
    const pacer = createPacer()
    pacer.keepUp(1e6, 0.01, 1000)
    expect(stepOf(pacer)).toBe(11)
  })

  it('says that it is behind when steps do not fit, and drops them', () => {
    const pacer = createPacer(1e9)
    expect(pacer.keepUp(1, Number.POSITIVE_INFINITY, 5)).toBe(true)
    const step = stepOf(pacer)
    expect(step).toBeGreaterThan(0)
    expect(pacer.keepUp(0, 1, 5)).toBe(false)
    expect(stepOf(pacer)).toBe(step)
  })

  it('stops at the end of the run, at full speed too', () => {
    const pacer = createPacer(10)
    expect(pacer.keepUp(0, Number.POSITIVE_INFINITY, 1000)).toBe(false)
    expect(pacer.run.getState()).toMatchObject({ status: 'done', step: 10 })
  })

  it('advances to a step and no further', () => {
    const pacer = createPacer()
    pacer.advance(123, 10_000)
    expect(stepOf(pacer)).toBe(123)
  })
})

it('the lecture’s run predicts all four rows', () => {
  const { run } = createPacer()
  run.step(xorSettings.epochs)
  const predictions = predictXor(run)
  expect(predictions.map(({ inputs, target }) => [...inputs, target])).toEqual([
    [0, 0, 0],
    [0, 1, 1],
    [1, 0, 1],
    [1, 1, 0],
  ])
  expect(predictions.every(({ correct }) => correct)).toBe(true)
})
