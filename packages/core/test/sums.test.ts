// Sums of very many numbers against float64: rounding errors must not grow with their number.
import { describe, expect, test } from 'vitest'
import { type Shape, sizeOf } from '../src/graph/shape.js'
import { evaluate, gradients, ops, type Tensor, variable } from '../src/index.js'
import { generator } from './sampling.js'
import { table } from './trials.js'

const next = generator(9)
/** What float32 finds hard: a number that it has not, two that differ in their last digits, large among small. */
const hard: Record<string, (index: number) => number> = {
  'all 0.1': () => 0.1,
  '10000 and 10001 in turn': (index) => 10000 + (index & 1),
  'numbers from 0 to 1': () => next(),
  'a large one among a thousand small ones': (index) => (index % 1000 === 7 ? 1e5 : next()),
}

interface Long {
  readonly shapes: readonly Shape[]
  readonly of: (x: Tensor, y: Tensor, z: Tensor) => Tensor
  /** Largest error relative to the largest result; default 3 roundings of float32. */
  readonly bound?: number
}

const n = 100_000
const row: Shape = [4, n / 4]
const tall: Shape = [n / 4, 4]
const wider: Shape = [n / 20, 20]
const long = (bound: number | undefined, of: Long['of'], ...shapes: Shape[]): Long => ({
  shapes,
  of,
  ...(bound === undefined ? {} : { bound }),
})
const everyWay = (of: (x: Tensor, axes?: number) => Tensor, bound?: number) => [
  long(bound, (x) => of(x), [n]),
  long(bound, (x) => of(x, 1), row),
  long(bound, (x) => of(x, 0), tall),
  long(bound, (x) => of(x, 0), wider),
  long(bound, (x) => of(x, 1), [2, n / 20, 10]),
]
const alongRowsAndColumns = (bound: number, of: (x: Tensor, axis: number) => Tensor) => [
  long(bound, (x) => of(x, -1), row),
  long(bound, (x) => of(x, 0), tall),
]
const small = (x: Tensor) => x.mul(1e-5)
const alternating = (x: Tensor) => x.mul(1e-4).mul([1, -1, 2, 3])
/** Of products 256 are added in one go, and then what these come to. */
const ofProducts = 4e-6

/** What reaches the bias of a layer. */
const biasGradient: Long['of'] = (x, weights, bias) => {
  const y = x.matmul(weights).add(bias)
  return gradients(y.mul(x.sum({ axes: 1, keepDims: true })).sum(), [bias])[0]
}

/** Each operation with a loop in the kernel that adds up as many numbers as it is given. */
const sums: Record<string, readonly Long[]> = {
  sum: everyWay((x, axes) => x.sum(axes)),
  mean: everyWay((x, axes) => x.mean(axes)),
  variance: everyWay((x, axes) => x.variance(axes), 1e-6),
  std: everyWay((x, axes) => x.std(axes), 1e-6),
  norm: everyWay((x, axes) => x.norm(axes === undefined ? {} : { axes })),
  cumsum: [
    long(undefined, (x) => x.cumsum(), [n]),
    long(undefined, (x) => x.cumsum({ axis: 0, reverse: true }), tall),
    long(undefined, (x) => x.cumsum(0), wider),
  ],
  softmax: alongRowsAndColumns(1e-6, (x, axis) => small(x).softmax(axis)),
  softmaxGrad: alongRowsAndColumns(1e-6, (x, axis) => ops.softmaxGrad(small(x), x, axis)),
  logSoftmax: alongRowsAndColumns(3e-7, (x, axis) => small(x).logSoftmax(axis)),
  logSoftmaxGrad: alongRowsAndColumns(1e-6, (x, axis) => ops.logSoftmaxGrad(small(x), x, axis)),
  softmaxCrossEntropyWithLogits: [
    long(1e-6, (x, y) => ops.softmaxCrossEntropyWithLogits(small(x), y), row, row),
  ],
  softmaxCrossEntropyGrad: [
    long(1e-6, (x, y) => ops.softmaxCrossEntropyWithLogits(small(x), y).sum(), row, row),
  ],
  sparseSoftmaxCrossEntropyWithLogits: [
    long(3e-7, (x) => ops.sparseSoftmaxCrossEntropyWithLogits(small(x), [0, 1, 2, 3]), row),
  ],
  matmul: [
    long(ofProducts, (x, y) => x.matmul(y), [1, n], [n, 1]),
    long(ofProducts, (x, y) => x.matmul(y), [3, 2000], [2000, 3]),
    long(ofProducts, (x, y) => x.matmul(y), [20, 5000], [5000, 20]),
    long(undefined, biasGradient, tall, [4, 3], [3]),
    long(undefined, biasGradient, [200, 2], [2, 3], [3]),
  ],
  layerNormGammaGrad: [
    long(1e-6, (x, g, dy) => ops.layerNormGammaGrad(alternating(x), g, dy), tall, [4], tall),
  ],
  rmsNormGammaGrad: [long(1e-6, (x, g, dy) => ops.rmsNormGammaGrad(x, g, dy), tall, [4], tall)],
  rmsNorm: [long(5e-7, (x, g) => x.rmsNorm(g), row, [n / 4])],
  channelVariance: [
    long(1e-6, (x) => ops.channelVariance(x, [0.3, 1, 2, 3]), tall),
    long(1e-6, (x) => ops.channelVariance(x, [0.3, 1, 2, 3], { axis: 0 }), row),
  ],
  batchNormGammaGrad: [
    long(1e-6, (x, dy) => ops.batchNormGammaGrad(x, dy, [-1, -2, -3, -4], [1, 2, 3, 4]), tall, tall),
    long(
      1e-6,
      (x, dy) => ops.batchNormGammaGrad(x, dy, [-1, -2, -3, -4], [1, 2, 3, 4], { axis: 0 }),
      row,
      row,
    ),
  ],
  avgPool2d: [long(4e-6, (x) => ops.avgPool2d(x, { size: 150 }), [1, 150, 150, 4])],
  conv2d: [
    long(ofProducts, (x, w) => x.conv2d(w), [1, 3, 3, 3000], [3, 3, 3000, 2]),
    ...[1, 2].map((groups) =>
      long(
        ofProducts,
        (x, w) => gradients(x.conv2d(w, { groups }).mul(0.1).sum(), [w])[0],
        [4, 80, 80, 2],
        [3, 3, 2 / groups, 4],
      ),
    ),
    long(
      ofProducts,
      (x, w) => gradients(x.conv2d(w, { groups: 2 }).mul(0.1).sum(), [w])[0],
      [4, 80, 80, 2],
      [3, 3, 1, 2],
    ),
  ],
}

describe.each(Object.entries(hard))('of %s', (_, number) => {
  test.each(Object.entries(sums).flatMap(([name, list]) => list.map((each) => ({ name, ...each }))))(
    '$name of $shapes agrees with float64',
    ({ shapes, of, bound = 1.8e-7 }) => {
      const numbers = shapes.map((shape) =>
        Float32Array.from({ length: sizeOf(shape) }, (_, at) => number(at)),
      )
      const compute = (dtype: 'f32' | 'f64') => {
        const xs = numbers.map((own, index) =>
          variable(dtype === 'f64' ? Float64Array.from(own) : own, { shape: shapes[index]!, dtype }),
        )
        return Float64Array.from(evaluate([of(...(xs as Tensor[] as [Tensor, Tensor, Tensor]))])[0]!)
      }
      const [found, truth] = [compute('f32'), compute('f64')]
      const size = truth.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      const worst = truth.reduce((most, value, at) => Math.max(most, Math.abs(found[at]! - value)), 0)
      expect(worst).toBeLessThanOrEqual(bound * size)
    },
  )
})

test('each operation that is tried exists', () => {
  const names = table.map(({ name }) => name)
  expect(Object.keys(sums).filter((name) => !names.includes(name))).toEqual([])
})

test.each([0.3, 0.1, 3e5 + 1 / 3, 1e-12])(
  'of numbers that are all %d the deviation and its derivative are 0, however many there are',
  (value) => {
    for (const count of [2, 3, 7, 100, 1000, 4099]) {
      for (const shape of [[count], [count, 3]]) {
        const x = variable(new Float32Array(sizeOf(shape)).fill(value), { shape })
        const std = x.std(0)
        const [deviation, gradient] = evaluate([std, gradients(std.sum(), [x])[0]])
        expect([...new Set([...deviation!, ...gradient!])]).toEqual([0])
      }
    }
  },
)

test('a layer of normalization makes 0 of numbers that are all the same', () => {
  const x = variable(new Float32Array(40).fill(300_000.03), { shape: [4, 10] })
  const [y] = evaluate([x.layerNorm(new Array(10).fill(1), new Array(10).fill(0))])
  expect([...new Set(y)]).toEqual([0])
})
