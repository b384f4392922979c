// Every operation, called with all kinds of invalid arguments: it works, or throws an error of this library that names
// it, before it allocates memory.
import { getKernel } from '@bp/kernel'
import { expect, test, vi } from 'vitest'
import { type Shape, sizeOf } from '../src/graph/shape.js'
import {
  BackpropagationError,
  DtypeError,
  evaluate,
  IndexError,
  input,
  type Op,
  ops,
  type Tensor,
  ValueError,
} from '../src/index.js'

const table = Object.values(ops) as unknown as Op[]
type Example = { shapes: Record<string, Shape | readonly Shape[]>; attributes?: Record<string, unknown> }
const call = (op: Op, ...args: unknown[]) => (op as (...args: unknown[]) => Tensor)(...args)

/** Values that a program may pass by mistake for an attribute or an input. */
const nonsense: readonly unknown[] = [
  null,
  'x',
  '__proto__',
  true,
  NaN,
  Infinity,
  -1,
  -1000,
  0.5,
  1e9,
  2 ** 53,
  [],
  [0, 0],
  [-9],
  [NaN],
  ['0'],
  [[0]],
  {},
  { length: 1 },
  () => 1,
  Symbol('s'),
  10n,
  new Date(0),
  new DataView(new ArrayBuffer(8)),
  new BigInt64Array(2),
]

/** Shapes that are near the right one and wrong, or at least unusual. */
function variations(shape: Shape): Shape[] {
  return [
    [],
    [2, ...shape],
    [...shape, 2],
    shape.slice(1),
    shape.slice(0, -1),
    ...shape.flatMap((size, axis) => [shape.with(axis, size + 1), shape.with(axis, 0), shape.with(axis, 1)]),
  ]
}

const allocations = vi.spyOn(getKernel(), 'allocate')

/** Throws unless the call refuses by a typed error that names the op, or gives what can be computed. */
function expectGrace(op: Op, what: string, args: readonly unknown[]): void {
  const title = `${op.name}: ${what}`
  let y: Tensor
  allocations.mockClear()
  try {
    y = call(op, ...args)
  } catch (error) {
    expect(allocations, title).not.toHaveBeenCalled()
    expect(error, title).toBeInstanceOf(BackpropagationError)
    expect((error as Error).message, title).toContain(op.name)
    return
  }
  for (const size of y.shape)
    expect(Number.isInteger(size) && size >= 0, `${title} has shape [${y.shape}]`).toBe(true)
  // What is too large to try is right to be refused by memory alone.
  const large = (value: unknown): boolean =>
    Array.isArray(value) ? value.some(large) : typeof value === 'number' && Math.abs(value) > 10_000
  if (y.size > 10_000 || large(y.shape) || large(Object.values(y.attributes))) return
  const leaves = y.inputs.filter((tensor) => tensor.dtype !== null)
  const compute = () =>
    evaluate([y], new Map(leaves.map((leaf) => [leaf, new Float32Array(leaf.size).fill(1)])))
  try {
    expect(compute()[0], title).toHaveLength(sizeOf(y.shape))
  } catch (error) {
    // An index is only known when it is used.
    expect(error, title).toBeInstanceOf(IndexError)
    expect((error as Error).message, title).toContain(op.name)
  }
}

/** Whether these are shapes of a list of tensors. */
const isShapes = (shape: Shape | readonly Shape[]): shape is readonly Shape[] => Array.isArray(shape[0])

const text = (value: unknown) => {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}

test.each(table.map((op) => [op.name, op] as const))('%s refuses invalid arguments by name', (_, op) => {
  const { inputs, attributes, sample } = op.definition
  const names = (inputs as readonly string[]).map((name) => name.replace('...', ''))
  const leavesOf = (shapes: Example['shapes'], dtype: 'f32' | 'f64' = 'f32') =>
    names.map((name) => {
      const leaf = (shape: Shape) => input(shape, { name, dtype })
      const shape = shapes[name]!
      return isShapes(shape) ? shape.map(leaf) : leaf(shape)
    })
  for (const { shapes, attributes: given } of sample.cases as readonly Example[]) {
    const rest = given ? [given] : []
    for (const name of names) {
      const right = shapes[name]!
      // Of a list the last one is changed, or the only one.
      const wrong = isShapes(right)
        ? variations(right.at(-1)!).map((shape) => right.with(-1, shape))
        : variations(right)
      for (const shape of wrong)
        expectGrace(op, `${name} of ${text(shape)}`, [...leavesOf({ ...shapes, [name]: shape }), ...rest])
    }
    for (const key of Object.keys(attributes ?? {}))
      for (const value of nonsense)
        expectGrace(op, `${key} ${text(value)}`, [...leavesOf(shapes), { ...given, [key]: value }])
  }
  const { shapes, attributes: given } = sample.cases[0] as Example
  const rest = given ? [given] : []
  const good = leavesOf(shapes)
  for (const value of nonsense) {
    expectGrace(op, `options ${text(value)}`, [...good, value])
    for (const index of names.keys())
      expectGrace(op, `input ${names[index]} ${text(value)}`, [...good.with(index, value as never), ...rest])
  }
  expect(() => call(op, ...good, { ...given, nonsense: 1 })).toThrow(ValueError)
  expect(() => call(op, ...good, ...rest, ...rest, 1, 2)).toThrow(ValueError)
  expect(() => call(op)).toThrow(ValueError)
  if (names.length > 1)
    expect(() => call(op, ...good.slice(0, -1), leavesOf(shapes, 'f64').at(-1), ...rest)).toThrow(DtypeError)
})
