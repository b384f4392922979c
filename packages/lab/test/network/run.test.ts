// A network's run: the lecture's bits, every step forward and back, edits by hand, and when it ends.
import { describe, expect, it } from 'vitest'
import { createNetworkRun, networkView } from '../../src/index.js'
import { lecture, stepsUntil, withData, withRate } from './documents.js'

declare const crypto: { subtle: { digest(name: string, bytes: Uint8Array): Promise<ArrayBuffer> } }

async function fingerprint(weights: Float32Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(weights.slice().buffer))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Settings whose bits must not depend on the way to a step. */
const cases = {
  'the lecture': lecture(),
  'batches, momentum and rows held back': lecture({
    data: { ...lecture().data, kind: 'spiral', rows: 50, heldBack: 0.3 },
    batch: 8,
    layers: [
      { units: 4, activation: 'tanh' },
      { units: 3, activation: 'relu' },
    ],
    optimizer: { kind: 'momentum', learningRate: 0.05, momentum: 0.9 },
  }),
  'three classes with Adam and penalties': lecture({
    ...withData('rings'),
    optimizer: { kind: 'adam', learningRate: 0.02, momentum: 0 },
    batch: 30,
    l1: 1e-3,
    l2: 1e-2,
  }),
  'weights edited by hand': lecture({
    edits: [
      { step: 0, layer: 0, from: 1, to: 0, value: 0.5 },
      { step: 40, layer: 1, from: -1, to: 0, value: -2 },
      { step: 40, layer: 0, from: 0, to: 1, value: 3 },
      { step: 90, layer: 1, from: 1, to: 0, value: 0 },
    ],
  }),
}

describe('the run of a network', () => {
  it('trains the lecture to the bits of the terminal', async () => {
    const run = createNetworkRun(lecture())
    run.step(1000)
    expect(await fingerprint(run.weights())).toMatch(/^9f8f8af9/)
    expect(networkView(run).accuracy).toBe(1)
    expect(run.getState().status).toBe('done')
  })

  for (const [name, document] of Object.entries(cases))
    it(`has the same bits at a step whatever the way there: ${name}`, () => {
      const steps = [0, 1, 39, 40, 41, 89, 90, 120]
      const straight = new Map(
        steps.map((step) => {
          const run = createNetworkRun(document)
          run.step(step)
          return [step, run.weights()]
        }),
      )
      const run = createNetworkRun(document)
      for (const step of [120, 41, 40, 90, 0, 39, 120, 89, 40, 1]) {
        run.goTo(step)
        // A view must leave the run as it is.
        networkView(run)
        expect(run.getState().step).toBe(step)
        expect(run.weights(), `step ${step}`).toEqual(straight.get(step))
      }
    })

  it('has the edited value exactly at its step, and not before', () => {
    const run = createNetworkRun(cases['weights edited by hand'])
    run.goTo(40)
    expect(run.model.parameters[3]!.values[0]).toBe(-2)
    run.goTo(39)
    expect(run.model.parameters[3]!.values[0]).not.toBe(-2)
  })

  it('refuses to edit a weight that the network does not have', () => {
    const document = lecture({ edits: [{ step: 0, layer: 0, from: 0, to: 7, value: 1 }] })
    expect(() => createNetworkRun(document)).toThrow('layer 0 of this network has no weight from 0 to 7')
  })

  it('ends below a loss or a norm of the gradient', () => {
    const below = createNetworkRun(lecture({ until: { steps: 1000, loss: 0.1, gradient: 0 } }))
    below.step(1000)
    expect(below.getState()).toMatchObject({ status: 'done', reached: 'loss' })
    expect(below.loss('training')).toBeLessThan(0.1)
    const { step } = below.getState()
    below.goTo(step - 10)
    expect(below.loss('training')).toBeGreaterThan(0.1)
    const flat = createNetworkRun(lecture({ until: { steps: 5000, loss: 0, gradient: 0.01 } }))
    flat.step(5000)
    expect(flat.getState().reached).toBe('gradient')
    expect(flat.gradientNorm).toBeLessThan(0.01)
  })

  it('takes the rows of the next step in the order in which core takes them', () => {
    // The only row of the next step with a gradient decides what the step does: plain descent, one row a step.
    const run = createNetworkRun(lecture({ ...stepsUntil(100), batch: 1 }))
    for (let step = 0; step < 12; step++) {
      const { gradients } = run.gradients()
      const before = run.weights()
      run.step()
      const expected = before.map((weight, index) =>
        Math.fround(weight - Float32Array.from(gradients.flatMap((part) => [...part]))[index]!),
      )
      for (const [index, weight] of run.weights().entries()) expect(weight).toBeCloseTo(expected[index]!, 6)
    }
  })

  it('stops before the step that diverges, names the node, and does so again after it went back', () => {
    const layers = [{ units: 4, activation: 'relu' as const }]
    const run = createNetworkRun(lecture({ ...withRate(1e30), layers }))
    for (let time = 0; time < 2; time++) {
      run.goTo(1000)
      const { status, error, step } = run.getState()
      expect([status, step]).toEqual(['diverged', 1])
      expect(error!.message).toContain(
        'matmul "layer2/matmul" of shape [4, 1] was the first to produce Infinity',
      )
      networkView(run)
      expect(run.getState().status).toBe('diverged')
      run.goTo(0)
      expect(run.getState().status).toBe('idle')
    }
  })
})
