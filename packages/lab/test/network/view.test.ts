// What is seen of a network agrees with what its weights say in float64, and with the step that follows.
import { evaluate, gradients } from '@bp/core'
import { build, parse } from '@bp/expression'
import { describe, expect, it } from 'vitest'
import {
  createNetworkRun,
  histogram,
  lookInside,
  networkView,
  subSteps,
  subStepsOf,
} from '../../src/index.js'
import { lecture, withData } from './documents.js'

const cases = {
  'the lecture': lecture(),
  'squared errors': lecture({ loss: 'squaredError' }),
  'two layers of ReLU and tanh': lecture({
    layers: [
      { units: 3, activation: 'relu' },
      { units: 2, activation: 'tanh' },
    ],
  }),
  'no hidden layer': lecture({ layers: [] }),
  'matrices, three classes': lecture({ ...withData('rings'), layers: [{ units: 6, activation: 'tanh' }] }),
  'matrices, two classes': lecture({
    ...withData('moons'),
    layers: [{ units: 12, activation: 'leakyRelu' }],
  }),
  'matrices, squared errors of three classes': lecture({ ...withData('rings'), loss: 'squaredError' }),
}

const close = (given: number, expected: number) =>
  expect(Math.abs(given - expected)).toBeLessThanOrEqual(2e-6 * Math.max(1, Math.abs(expected)))

describe('a step looked into', () => {
  for (const [name, document] of Object.entries(cases))
    it(`has the loss and the derivatives of the run to float32: ${name}`, () => {
      const run = createNetworkRun(document)
      run.step(100)
      const row = 1
      const { source, values } = lookInside(run, row)
      const { output, variables } = build(parse(source), values)
      const names = [...variables.keys()].filter((name) => !['x', 'x1', 'x2', 't'].includes(name))
      const [loss, ...derivatives] = evaluate([
        output,
        ...gradients(
          output,
          names.map((name) => variables.get(name)!),
        ),
      ])
      const { loss: ofRow, layers } = subSteps(run, row)
      close(ofRow, loss![0]!)
      const given = layers.flatMap(({ weightGradients, biasGradients }) => [
        ...weightGradients,
        ...biasGradients,
      ])
      const own = new Map(names.map((name, index) => [name, [...derivatives[index]!]]))
      const { weights } = lookInside(run, row)
      const expected =
        weights.length > 0
          ? layers.flatMap((_, layer) => {
              const of = weights.filter((weight) => weight.layer === layer)
              const sorted = [
                ...of.filter(({ from }) => from >= 0).sort((a, b) => a.from - b.from || a.to - b.to),
                ...of.filter(({ from }) => from < 0).sort((a, b) => a.to - b.to),
              ]
              return sorted.map(({ name }) => own.get(name)![0]!)
            })
          : [...own.values()].flat()
      expect(given.length).toBe(expected.length)
      for (const [index, value] of given.entries()) close(value, expected[index]!)
    })

  it('uses the names of the picture', () => {
    const { source } = lookInside(createNetworkRun(lecture()), 0)
    expect(source.split('; ')).toEqual([
      'h1 = sigmoid(w11*x1 + w21*x2 + b1)',
      'h2 = sigmoid(w12*x1 + w22*x2 + b2)',
      'y = sigmoid(v1*h1 + v2*h2 + c)',
      'loss = -(t*ln(y) + (1 - t)*ln(1 - y))',
    ])
  })
})

describe('the parts of a step', () => {
  it('come forward, loss, backward, update', () => {
    expect(
      subStepsOf(2).map((part) => ('layer' in part ? `${part.phase} ${part.layer}` : part.phase)),
    ).toEqual(['forward 0', 'forward 1', 'loss', 'backward 1', 'backward 0', 'update'])
  })

  it('end with the weights of the next step, and leave the run where it was', () => {
    const run = createNetworkRun(lecture())
    run.step(50)
    const { before, after } = subSteps(run, 2)
    expect(run.getState().step).toBe(50)
    expect(run.weights()).toEqual(before)
    run.step()
    expect(run.weights()).toEqual(after)
  })

  it('average over the rows to the gradient of the step', () => {
    const run = createNetworkRun(lecture())
    run.step(300)
    const view = networkView(run)
    for (const [layer, { weightGradients }] of view.layers.entries())
      for (const [index, gradient] of weightGradients.entries()) {
        const rows = [0, 1, 2, 3].map((row) => subSteps(run, row).layers[layer]!.weightGradients[index]!)
        close(gradient, rows.reduce((sum, value) => sum + value) / 4)
      }
  })
})

describe('the view of a network', () => {
  it('counts the rows of a confusion matrix and the right ones on its diagonal', () => {
    const run = createNetworkRun(lecture(withData('rings')))
    run.step(200)
    const { confusion, rows, accuracy } = networkView(run)
    expect(confusion.flat().reduce((sum, count) => sum + count)).toBe(rows.length)
    expect(confusion.reduce((sum, row, label) => sum + row[label]!, 0) / rows.length).toBeCloseTo(
      accuracy,
      12,
    )
  })

  it('shows on the map of an output what the network predicts there', () => {
    const run = createNetworkRun(lecture())
    run.step(500)
    const { maps, resolution, range } = networkView(run)
    const cell = (range!.x1[1] - range!.x1[0]) / (resolution - 2)
    const points = [
      [0, 0],
      [5, 17],
      [41, 41],
    ].map(([row, column]) => [range!.x1[0] + (column! - 0.5) * cell, range!.x2[1] - (row! - 0.5) * cell])
    const expected = run.predict(Float32Array.from(points.flat()))
    const map = maps.at(-1)![0]!
    expect(map[0]).toBeCloseTo(expected[0]!, 5)
    expect(map[5 * resolution + 17]).toBeCloseTo(expected[1]!, 5)
    expect(map[41 * resolution + 41]).toBeCloseTo(expected[2]!, 5)
  })

  it('begins its history before the first step and ends it at the current one', () => {
    const run = createNetworkRun(lecture())
    run.step(501)
    const { history, loss } = networkView(run)
    expect(history[0]).toMatchObject({ step: 0 })
    expect(history.at(-1)).toEqual({ step: 501, loss, heldBack: null })
    expect(history.map(({ step }) => step)).toEqual(
      [...history.map(({ step }) => step)].sort((a, b) => a - b),
    )
  })

  it('measures the last update', () => {
    const run = createNetworkRun(lecture())
    run.step(9)
    const before = run.weights()
    run.step()
    const after = run.weights()
    const norm = (values: ArrayLike<number>) => Math.hypot(...Array.from(values))
    const first = after.slice(0, 6)
    const change = first.map((value, index) => value - before[index]!)
    expect(networkView(run).layers[0]!.updateRatio).toBeCloseTo(norm(change) / norm(first), 6)
  })

  it('puts every number of a histogram into a bin', () => {
    expect(histogram([0, 0.1, 1, 1, 0.5], 2)).toEqual({ low: 0, high: 1, counts: [2, 3] })
    expect(histogram([2, 2], 3).counts).toEqual([2, 0, 0])
  })
})
