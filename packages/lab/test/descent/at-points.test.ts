// Evaluation at many points gives the bits of core's own.
import { evaluate, gradients, type Variable } from '@bp/core'
import { build, parse } from '@bp/expression'
import { describe, expect, it } from 'vitest'
import { atPoints } from '../../src/descent/at-points.js'
import { whole } from '../../src/slices.js'

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
    const together = whole(atPoints(outputs, parameters)(columns))
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

  it('come in blocks with pauses between them, and the bits do not tell', () => {
    const data = { x: Array.from({ length: 200 }, (_, index) => index / 7 - 14) }
    const { output, variables } = build(parse('mean(sigmoid(w*x + b))'), { ...data, w: 1, b: 1 })
    const parameters = [variables.get('w')!, variables.get('b')!] as [Variable, Variable]
    const count = 2001
    const [ws, bs] = [0.37, -0.11].map((step) =>
      Float64Array.from({ length: count }, (_, index) => step * (index % 47) - 3),
    ) as [Float64Array, Float64Array]
    const work = atPoints([output], parameters)([ws, bs])
    let pauses = 0
    let next = work.next()
    for (; !next.done; next = work.next()) pauses++
    // Each of the ops has 200 elements at each point.
    expect(pauses).toBeGreaterThan((count * 200) / (1 << 15))
    for (const index of [0, 1, 255, 256, 1000, 2000]) {
      const alone = evaluate(
        [output],
        new Map([
          [parameters[0], [ws[index]!]],
          [parameters[1], [bs[index]!]],
        ]),
      )
      expect(next.value[0]![index]).toBe(alone[0]![0])
    }
  })
})
