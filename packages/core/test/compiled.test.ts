// Compiled programs against the float64 executor, on random graphs.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plan } from '../src/compile/plan.js'
import { evaluateReference } from '../src/graph/reference.js'
import { sizeOf } from '../src/graph/shape.js'
import {
  type ClassLossOptions,
  compile,
  constant,
  evaluate,
  gradients,
  type Input,
  input,
  softmax,
  softmaxCrossEntropy,
  sparseSoftmaxCrossEntropy,
  type Tensor,
  ValueError,
  valueAndGrad,
  variable,
  where,
} from '../src/index.js'
import { draw, generator } from './sampling.js'

const unary = ['neg', 'abs', 'square', 'sigmoid', 'tanh', 'relu', 'softplus', 'exp', 'transpose'] as const
const binary = ['add', 'sub', 'mul', 'maximum', 'matmul', 'squaredDifference', 'div'] as const

type Choice = { readonly kind: number; readonly first: number; readonly second: number }

/** A random graph: each choice makes a node from earlier ones. An occasional tanh keeps values small. */
function grow(leaves: readonly Tensor[], choices: readonly Choice[]): Tensor {
  const nodes = [...leaves]
  for (const { kind, first, second } of choices) {
    const a = nodes[first % nodes.length]!
    const b = nodes[second % nodes.length]!
    const name = [...unary, ...binary, 'sum', 'mean'][kind % (unary.length + binary.length + 2)]!
    if (name === 'sum' || name === 'mean')
      nodes.push(a.rank > 0 ? a[name]({ axes: -1, keepDims: true }).tanh() : a)
    else if (name === 'matmul') {
      if (a.rank === 2 && b.rank === 2 && a.shape[0] === b.shape[0])
        nodes.push(a.matmul(b, { transposeA: true }).tanh())
    } else if (name === 'div') nodes.push(fits(a, b) ? a.div(b.abs().add(0.5)).tanh() : a)
    else if ((binary as readonly string[]).includes(name)) {
      if (fits(a, b)) nodes.push(a[name as 'add'](b))
    } else if (name === 'exp') nodes.push(a.tanh().exp())
    else if (name === 'square') nodes.push(a.tanh().square())
    else nodes.push(a[name as 'neg']())
  }
  return nodes
    .slice(leaves.length)
    .reduce((total, node) => total.add(node.tanh().mean()), nodes.at(-1)!.mean())
}

function fits(a: Tensor, b: Tensor): boolean {
  return Array.from({ length: Math.min(a.rank, b.rank) }, (_, index) => [
    a.shape.at(-1 - index),
    b.shape.at(-1 - index),
  ]).every(([left, right]) => left === right || left === 1 || right === 1)
}

const choices = fc.array(fc.record({ kind: fc.nat(99), first: fc.nat(99), second: fc.nat(99) }), {
  minLength: 1,
  maxLength: 14,
})

test('compiled, evaluated at once and float64 agree on value and gradients of 200 random graphs', () => {
  fc.assert(
    fc.property(choices, fc.nat(1000), (list, seed) => {
      const next = generator(seed)
      const shapes = [[3, 5], [5], [3, 1], [4, 3], []]
      const leaves: Input[] = shapes.map((shape, index) => input(shape, { name: `x${index}` }))
      const y = grow(leaves, list)
      const outputs = [y, ...gradients(y, leaves)]
      const values = new Map(
        leaves.map((leaf) => [leaf, draw({ low: -1.5, high: 1.5 }, leaf.size, next).map(Math.fround)]),
      )
      const truth = evaluateReference(outputs, values)
      const now = evaluate(outputs, values)
      const run = compile({
        inputs: Object.fromEntries(leaves.map((leaf) => [leaf.name, leaf])),
        outputs: Object.fromEntries(outputs.map((output, index) => [String(index), output])),
      })
      const compiled = run(Object.fromEntries(leaves.map((leaf) => [leaf.name, values.get(leaf)!])))
      for (const [index, output] of outputs.entries()) {
        const expected = truth.get(output)!
        // Bit for bit: both run the same instructions.
        expect([...compiled[index]!]).toEqual([...now[index]!])
        for (const [element, value] of now[index]!.entries())
          expect(Math.abs(value - expected[element]!)).toBeLessThanOrEqual(
            2e-4 * Math.max(1, Math.abs(expected[element]!)),
          )
      }
    }),
    { numRuns: 200, seed: 20261124 },
  )
})

test('a compiled function follows its variables and can be called again and again', () => {
  const w = variable([1, 2])
  const x = input([2])
  const f = compile({ inputs: { x }, outputs: { y: w.mul(x), w } })
  expect([...f({ x: [3, 4] }).y]).toEqual([3, 8])
  w.set([10, 20])
  const { y, w: same } = f({ x: [3, 4] })
  expect([...y]).toEqual([30, 80])
  expect([...same]).toEqual([10, 20])
  expect(w.mul(2).toArray()).toEqual([20, 40])
})

describe('a cross-entropy of softmaxes and its gradient', () => {
  const next = generator(7)
  const given = (shape: readonly number[], low: number, high: number) =>
    constant(draw({ low, high }, sizeOf(shape), next), { shape })
  type Cost = (logits: Tensor, options?: ClassLossOptions) => Tensor
  const dense: Cost = (logits, options) =>
    softmaxCrossEntropy(logits, softmax(given(logits.shape, -3, 3)), options)
  const sparse: Cost = (logits, options) => {
    const [rows, classes] = logits.shape as [number, number]
    // The last row is padding.
    const targets = Array.from({ length: rows }, (_, row) => (row === rows - 1 ? -1 : (5 * row) % classes))
    return sparseSoftmaxCrossEntropy(logits, targets, options)
  }
  const costs: Record<string, Cost> = {
    'of labels': dense,
    'of labels, summed': (logits) => dense(logits, { reduction: 'sum' }),
    'of labels, weighted': (logits) => dense(logits, { weights: given([logits.shape[0]!], 0, 1) }),
    'of labels, smoothed': (logits) => dense(logits, { labelSmoothing: 0.1 }),
    'of class numbers': sparse,
    'of class numbers, smoothed and weighted': (logits) =>
      sparse(logits, { labelSmoothing: 0.1, classWeights: given([logits.shape[1]!], 0, 1) }),
    // What the gradient is multiplied with must be there before the losses.
    'of labels, the square of its mean': (logits) => dense(logits).square(),
  }
  const crossEntropies = (outputs: readonly Tensor[]) =>
    plan(outputs).instructions.filter(({ opcode }) => opcode.endsWith('SoftmaxCrossEntropy')).length

  test.each(Object.entries(costs))('%s: the numbers of each alone', (name, cost) => {
    for (const shape of [
      [1, 3],
      [4, 10],
      [7, 2],
      [9, 65],
    ]) {
      const logits = variable(draw({ low: -60, high: 60 }, sizeOf(shape), next), { shape })
      const loss = cost(logits)
      const both = [loss, gradients(loss, [logits])[0]!]
      expect(crossEntropies(both)).toBe(name.includes('square') ? 2 : 1)
      const together = evaluate(both)
      expect(together).toEqual(both.map((tensor) => evaluate([tensor])[0]))
      const truth = evaluateReference(both)
      for (const [index, values] of together.entries()) {
        const expected = truth.get(both[index]!)!
        const largest = Math.max(...expected.map(Math.abs))
        for (const [at, value] of values.entries())
          expect(Math.abs(value - expected[at]!)).toBeLessThanOrEqual(1e-5 * largest)
      }
    }
  })
})

test('results can be written into existing arrays', () => {
  const x = input([2])
  const f = compile({ inputs: { x }, outputs: { y: x.mul(3), z: x.sum() } })
  const y = new Float32Array(2)
  const result = f({ x: [1, 2] }, { y })
  expect(result.y).toBe(y)
  expect([...y, ...result.z]).toEqual([3, 6, 3])
  expect(() => f({ x: [1, 2] }, { y: new Float32Array(3) })).toThrow(
    '"y" has 2 numbers, the array to write into 3',
  )
})

test('a graph ten thousand nodes deep is differentiated and computed', () => {
  const x = variable(1)
  let y: Tensor = x
  for (let depth = 0; depth < 10_000; depth++) y = y.add(1e-4)
  y.backward()
  expect(y.item()).toBeCloseTo(2, 2)
  expect(x.grad.item()).toBe(1)
})

test('an f64 graph compiles too and keeps its precision', () => {
  const x = input([2], { dtype: 'f64' })
  const f = compile({ inputs: { x }, outputs: { y: x.mul(3) } })
  expect([...f({ x: [0.1, 0.2] }).y]).toEqual([0.1 * 3, 0.2 * 3])
})

test('a compiled function of tensors agrees with the function, for every batch size', () => {
  const w = variable([[1], [2]])
  let plans = 0
  const f = (x: Tensor) => {
    plans++
    return x.matmul(w).tanh()
  }
  const fast = compile(f)
  for (const batch of [1, 3, 8, 3, 1]) {
    const x = constant(draw({ low: -1, high: 1 }, batch * 2, generator(batch)), { shape: [batch, 2] })
    expect(fast(x).shape).toEqual([batch, 1])
    expect([...fast(x).data()].map(Math.fround)).toEqual([
      ...compile({ inputs: {}, outputs: { y: f(variable(x.data(), { shape: x.shape })) } })({}).y,
    ])
  }
  // Once for each of three shapes, and five times to compare with.
  expect(plans).toBe(3 + 5)
  w.set([[0], [0]])
  expect(fast([[1, 1]]).toArray()).toEqual([[0]])
})

test('a compiled function takes and returns structures, and may differentiate inside', () => {
  const loss = ({ w, b }: { w: Tensor; b: Tensor }, x: Tensor) => x.mul(w).add(b).square().sum()
  const f = compile((p: { w: Tensor; b: Tensor }, x: Tensor) => valueAndGrad(loss)(p, x))
  const { value, gradient } = f({ w: 2, b: 1 }, [1, 2])
  expect(value.item()).toBe(9 + 25)
  expect([gradient.w.item(), gradient.b.item()]).toEqual([2 * 3 * 1 + 2 * 5 * 2, 2 * 3 + 2 * 5])
  expect(compile((x) => x.mul(0.1))(variable(0.1, { dtype: 'f64' })).item()).toBe(0.1 * 0.1)
  expect(compile((x, y) => [x.add(y), x.mul(y)])(2, 3).map((result) => result.item())).toEqual([5, 6])
})

test('only the plans of the last 16 shapes are kept', () => {
  let plans = 0
  const f = compile((x) => {
    plans++
    return x.sum()
  })
  for (let size = 1; size <= 17; size++) expect(f(Array(size).fill(1)).item()).toBe(size)
  expect(plans).toBe(17)
  for (let size = 2; size <= 17; size++) f(Array(size).fill(1))
  expect(plans).toBe(17)
  f([1])
  expect(plans).toBe(18)
})

test('0 and −0 stay distinct when constants are merged', () => {
  const x = input([2])
  const f = compile({ inputs: { x }, outputs: { a: x.mul(constant([0, 1])), b: x.mul(constant([-0, 1])) } })
  const { a, b } = f({ x: [1, 1] })
  expect([1 / a[0]!, 1 / b[0]!]).toEqual([Infinity, -Infinity])
})

test('the inputs of a tensor with given values are not visited', () => {
  const x = input([2])
  const repeated = x.broadcastTo([3, 2])
  const given = new Map([[repeated, [1, 2, 3, 4, 5, 6]]])
  expect([...evaluate([repeated.add(1)], given)[0]!]).toEqual([2, 3, 4, 5, 6, 7])
})

test('an operand of where is not computed if the condition rules it out', () => {
  const [x, y] = [variable([1, 2]), variable([3, 4])]
  const opcodes = (condition: number[]) =>
    plan([where(condition, x.exp(), y.square())]).instructions.flatMap(({ opcode, body = [] }) => [
      opcode,
      ...body.map((inner) => inner.opcode),
    ])
  expect(opcodes([1, Number.NaN])).toEqual(['Exp'])
  expect(opcodes([0, 0])).toEqual(['Square'])
  expect(opcodes([0, 1])).toContain('Where')
  expect([...where([2, 1], x, y).data(), ...where([0, -0], x, y).data()]).toEqual([1, 2, 3, 4])
})

test('a compiled function of named inputs refuses anything but a record, and arrays that it cannot write to', () => {
  const x = input([2])
  const f = compile({ inputs: { x }, outputs: { y: x.mul(3) } }) as (...given: unknown[]) => unknown
  for (const given of [
    [],
    [null],
    [[1, 2]],
    [variable([1, 2])],
    [{ x: [1, 2] }, { z: new Float32Array(2) }],
    [{ x: [1, 2] }, { y: [1, 2] }],
    [{ x: [1, 2] }, 'y'],
  ])
    expect(() => f(...given)).toThrow(ValueError)
  for (const parts of [undefined, 'a', [1.5, 0.5], new Array(2), [-1, 3]])
    expect(() => variable([1, 2]).split(parts as never)).toThrow(ValueError)
})
