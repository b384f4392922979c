// Instructions that threads share: the same bits on any number of them.
import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { partsOf, rules } from '../src/compile/parallel.js'
import { plan } from '../src/compile/plan.js'
import {
  argMax,
  avgPool2d,
  compile,
  constant,
  conv2d,
  cumsum,
  dropout,
  evaluate,
  gather,
  gelu,
  gradients,
  input,
  layerNorm,
  logSoftmax,
  matmul,
  max,
  maxPool2d,
  mean,
  min,
  norm,
  oneHot,
  prod,
  random,
  randomNormal,
  randomUniform,
  scaledDotProductAttention,
  scatterAdd,
  setThreads,
  softmax,
  softmaxCrossEntropyWithLogits,
  sparseSoftmaxCrossEntropyWithLogits,
  std,
  sum,
  type Tensor,
  type Variable,
  variable,
  variance,
  where,
} from '../src/index.js'

const numbers = Float32Array.from({ length: 2 ** 16 }, (_, index) =>
  random(3).stream('numbers').normal(index),
)
let made = 0
const array = (...shape: number[]) => {
  const size = shape.reduce((product, dimension) => product * dimension, 1)
  made++
  return variable(
    Float32Array.from({ length: size }, (_, index) => numbers[(index * made + made) % numbers.length]!),
    { shape },
  )
}

/** Integers below a limit. */
const places = (count: number, limit: number) => array(count).mul(limit).mod(limit).floor()

/** A result and what it passes back to the variables, weighted so that every number counts. */
const withGradients = (y: Tensor, ...variables: Variable[]): Tensor[] => {
  const weighted = y.mul(array(...y.shape)).sum()
  return [y, ...gradients(weighted, variables)]
}

/** Sizes that no number of threads divides, and that no vector fits. */
const cases: Record<string, () => Tensor[]> = {
  'a convolution with borders': () => {
    const [x, w, b] = [array(7, 15, 13, 5), array(3, 3, 5, 19), array(19)]
    return withGradients(conv2d(x, w, { padding: 'same' }).add(b).relu(), x, w, b)
  },
  'a convolution of one channel': () => {
    const [x, w, b] = [array(5, 28, 28, 1), array(5, 5, 1, 24), array(24)]
    return withGradients(conv2d(x, w).add(b).tanh(), x, w, b)
  },
  'a convolution in groups, with strides and dilation': () => {
    const [x, w] = [array(5, 33, 31, 12), array(3, 5, 4, 33)]
    return withGradients(conv2d(x, w, { groups: 3, stride: [1, 2], dilation: [2, 1] }), x, w)
  },
  'a depthwise convolution': () => {
    const [x, w, b] = [array(5, 21, 23, 22), array(3, 3, 1, 22), array(22)]
    return withGradients(conv2d(x, w, { padding: 'same', groups: 22 }).add(b), x, w, b)
  },
  pooling: () => {
    const x = array(7, 27, 25, 15)
    const direction = array(7, 27, 25, 15)
    const y = maxPool2d(x, { size: 2 })
    const upstream = array(...y.shape)
    const dx = gradients(y.mul(upstream).sum(), [x])[0]!
    const pick = gradients(dx.mul(direction).sum(), [upstream])[0]!
    return [y, dx, pick, ...withGradients(avgPool2d(x, { size: 3, stride: 2, padding: 'same' }), x)]
  },
  'softmax along the last axis and one before': () => {
    const x = array(131, 257)
    const z = array(7, 67, 73)
    return [
      ...withGradients(softmax(x), x),
      ...withGradients(logSoftmax(x), x),
      ...withGradients(softmax(z, { axis: 1 }), z),
    ]
  },
  'cross-entropy': () => {
    const [logits, labels] = [array(263, 131), array(263, 131)]
    return withGradients(softmaxCrossEntropyWithLogits(logits, labels), logits)
  },
  'cross-entropy of class numbers': () => {
    const [logits, classes] = [array(1031, 67), places(1031, 67)]
    return withGradients(sparseSoftmaxCrossEntropyWithLogits(logits, classes), logits)
  },
  // Of rows so few that each is picked, and added to, many times.
  'rows picked by index, and added': () => {
    const [table, inner, single] = [array(37, 131), array(5, 37, 67), array(1031)]
    const rows = places(2069, 37)
    const numbers = places(160_001, 1031)
    return [
      ...withGradients(gather(table, rows), table),
      ...withGradients(gather(inner, rows, 1), inner),
      gather(single, numbers),
      scatterAdd(array(2069, 7, 9), rows, 37),
    ]
  },
  'one-hot rows': () => [oneHot(array(1031).mul(10).floor(), 257)],
  'random numbers': () => {
    const key = variable([3, 4])
    const [x, shape, seed] = [array(131, 257), [131, 257], 5]
    return [
      randomUniform(key, { shape, seed }),
      randomNormal(key, { shape, seed }),
      ...withGradients(dropout(x, key, { rate: 0.3, seed }), x),
    ]
  },
  'layer norm': () => {
    const [x, gamma, beta] = [array(263, 131), array(131), array(131)]
    return withGradients(layerNorm(x, gamma, beta), x, gamma, beta)
  },
  attention: () => {
    const [q, k, v] = [array(7, 3, 65, 27), array(7, 3, 65, 27), array(7, 3, 65, 27)]
    return withGradients(scaledDotProductAttention(q, k, v, { causal: true }), q, k, v)
  },
  'products of matrices': () => {
    const [a, b, c] = [array(7, 3, 33, 35), array(7, 3, 35, 31), array(3, 31, 29)]
    return withGradients(matmul(matmul(a, b), c), a, b)
  },
  'sums and their kin': () => {
    const x = array(263, 259)
    const along = { axes: [1] }
    return [
      sum(x, along),
      mean(x, along),
      max(x, along),
      min(x, along),
      prod(x.mul(0.1).add(1), along),
      norm(x, along),
      variance(x, along),
      std(array(263, 37, 7), { axes: [1] }),
      argMax(x, { axis: 1 }),
      cumsum(x, { axis: 1 }),
    ]
  },
  'element by element, one by one and in blocks': () => {
    const [x, z] = [array(263, 259), array(263, 259)]
    const y = where(x.greater(z), x.mul(z).tanh(), constant(0.5).sub(x)).sigmoid().div(z.square().add(1))
    return [gelu(x), x.add(array(259)), x.mul(array(263, 1)), ...withGradients(y, x, z)]
  },
}

function checkIndices() {
  const [count, limit] = [1031, 67]
  const indices = input([count], { name: 'indices' })
  const rows = array(count, limit)
  const stopping: Record<string, Tensor> = {
    Gather: gather(array(limit, 2 * limit), indices),
    ScatterAdd: scatterAdd(rows, indices, limit),
    SparseSoftmaxCrossEntropy: sparseSoftmaxCrossEntropyWithLogits(rows, indices),
  }
  for (const [opcode, tensor] of Object.entries(stopping)) {
    expect(shared([tensor])).toContain(opcode)
    const run = compile({ inputs: { indices }, outputs: { sum: tensor.sum() } })
    const right = new Float32Array(count).fill(limit - 1)
    const before = run({ indices: right })
    for (const at of [0, 400, count - 1]) {
      expect(() => run({ indices: right.with(at, limit) })).toThrow(
        new RegExp(`\\[${at}\\] is ${limit}, which must be an integer in \\[0, ${limit}\\)`),
      )
      expect(run({ indices: right })).toEqual(before)
    }
  }
}

const shared = (outputs: readonly Tensor[]) =>
  plan(outputs)
    .instructions.filter((instruction) => partsOf(instruction))
    .map(({ opcode }) => opcode)

/** A fingerprint of each value. */
const bits = (tensors: readonly Tensor[]) =>
  evaluate(tensors).map((values) => createHash('sha256').update(values).digest('hex'))

const outputs = Object.entries(cases).map(([name, make]) => ({ name, tensors: make() }))
const alone = new Map(outputs.map(({ name, tensors }) => [name, bits(tensors)]))
afterAll(() => setThreads(1))

describe.each([2, 3])('on %i threads', (count) => {
  beforeAll(async () => {
    expect(await setThreads(count)).toBe(count)
  })
  test.each(outputs)('$name: the same bits as on one', ({ name, tensors }) => {
    expect(bits(tensors)).toEqual(alone.get(name))
  })
  test('an index out of range in any part stops the program once, with an error that names it', checkIndices)
})

test("with 'auto' each run of a program has the same bits, both while ways are timed and after", async () => {
  expect(await setThreads('auto')).toBe(Math.min(2, availableParallelism()))
  const x = input([256, 256])
  const product = compile({ inputs: { x }, outputs: { y: matmul(x, x) } })
  const rows = numbers.subarray(0, 256 * 256)
  const hashes = Array.from({ length: 20 }, () =>
    createHash('sha256')
      .update(product({ x: rows }).y)
      .digest('hex'),
  )
  await setThreads(1)
  expect(new Set(hashes)).toEqual(
    new Set([
      createHash('sha256')
        .update(product({ x: rows }).y)
        .digest('hex'),
    ]),
  )
})

test('alone an index out of range in what could be shared does so too', checkIndices)

test('every instruction that can be shared is covered', () => {
  const found = new Set(outputs.flatMap(({ tensors }) => shared(tensors)))
  for (const opcode of [...Object.keys(rules), 'Blocks', 'BatchedMatmul', 'Mul', 'ReluGrad'])
    expect(found).toContain(opcode)
})
