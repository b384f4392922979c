// Histograms over a run.
import { describe, expect, it } from 'vitest'
import { createNetworkRun, histogram, networkView } from '../../src/index.js'
import { lecture } from './documents.js'

describe('histograms over a run', () => {
  it('are of steps that follow from the document, whatever the way there', () => {
    const kept = (steps: readonly number[]) => {
      const run = createNetworkRun(lecture())
      run.keepSamples()
      for (const step of steps) run.goTo(step)
      return networkView(run).samples
    }
    const straight = kept([500])
    expect(straight.map(({ step }) => step)).toEqual(Array.from({ length: 24 }, (_, at) => 21 * at))
    expect(kept([137, 611, 40, 500])).toEqual(straight)
  })

  it('hold the weights and derivatives of their step', () => {
    const run = createNetworkRun(lecture())
    run.keepSamples()
    run.goTo(100)
    const there = createNetworkRun(lecture())
    there.goTo(84)
    const { weights, weightGradients } = networkView(there).layers[0]!
    const sample = networkView(run).samples.find(({ step }) => step === 84)!
    expect(sample.layers[0]).toEqual({
      weights: histogram(weights, 24),
      gradients: histogram(weightGradients, 24),
    })
  })

  it('are at most 49, however long it is, and leave its bits', () => {
    const document = lecture({ until: { steps: 5000, loss: 0, gradient: 0 } })
    const [run, plain] = [createNetworkRun(document), createNetworkRun(document)]
    run.keepSamples()
    run.goTo(5000)
    plain.goTo(5000)
    expect(networkView(run).samples.length).toBeLessThanOrEqual(49)
    expect(networkView(plain).samples).toEqual([])
    expect(run.weights()).toEqual(plain.weights())
  })
})
