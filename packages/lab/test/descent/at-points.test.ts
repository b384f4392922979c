// Evaluation at many points gives the bits of core's own.
import { evaluate, gradients, type Variable } from '@bp/core'
import { build, parse } from '@bp/expression'
import { describe, expect, it } from 'vitest'
import { atPoints } from '../../src/descent/at-points.js'

const points = [
  [0.3, -1.7],
  [2, 0],
  [-0.01, 5],
  [0, 0],
  [100, -3],
] as const

describe('at many points at once', () => {
  it.each([
    ['mean((w*x + b - y)^2)', { x: [1, 2, 3], y: [1, 2, 4] }],
    ['sum(x*w) - max(x*b) + w/b', { x: [1, -2, 3] }],
    ['(1 - w)^2 + 100*(b - w^2)^2', {}],
    ['sigmoid(w)*tanh(b) + exp(-abs(w)) + sqrt(w) + log(b)', {}],
    ['-mean(y*log(sigmoid(x*w + b)) + (1 - y)*log(1 - sigmoid(x*w + b)))', { x: [0, 1, 2], y: [0, 1, 1] }],
    [
      'sum(transpose(x)*w @ x) + b',
      {
        x: [
          [1, 2],
          [3, 4],
        ],
      },
    ], // prettier-ignore
    ['w + 0*b', {}],
  ])('%s and its first and second derivatives have the bits of evaluate', (source, data) => {
    const { output, variables } = build(parse(source), { ...data, w: 1, b: 1 })
    const parameters = [variables.get('w')!, variables.get('b')!] as [Variable, Variable]
    const slopes = gradients(output, parameters)
    const curvatures = slopes.flatMap((slope) => gradients(slope, parameters))
    const outputs = [output, ...slopes, ...curvatures]
    const columns = [0, 1].map((axis) => Float64Array.from(points, (point) => point[axis]!))
    const together = atPoints(outputs, parameters)(columns)
    for (const [index, [w, b]] of points.entries()) {
      const alone = evaluate(
        outputs,
        new Map([
          [parameters[0], [w]],
          [parameters[1], [b]],
        ]),
      )
      expect(together.map((values) => values[index])).toEqual(alone.map((values) => values[0]))
    }
  })
})
