// Comparisons, which give 1 for true and 0 for false, and the choice between two tensors.
import { binary, ternary } from '../compile/lowering.js'
import { type Elementwise, op } from '../op.js'
import { elementwise } from '../reference.js'
import { broadcastCases, uniform } from '../sample.js'
import { broadcastShapes, type Shape } from '../shape.js'

type Pair = ['a', 'b']

const comparison = (name: string) =>
  ({
    inputs: ['a', 'b'],
    broadcasts: true,
    shape: ({ a, b }: { a: Shape; b: Shape }) => broadcastShapes(name, ['a', 'b'], [a, b]),
    vjp: { a: null, b: null },
    ulp: 0,
    sample: {
      domains: { a: uniform(0, 4, { whole: true }), b: uniform(0, 4, { whole: true }) },
      cases: broadcastCases(['a', 'b']),
    },
  }) as const

/** 1 where `a < b`, else 0. */
export const less: Elementwise<Pair> = op('less', {
  ...comparison('less'),
  summary: '1 where a < b, else 0.',
  symbol: '<',
  formula: 'y = [a < b]',
  lower: binary('Less'),
  reference: elementwise((a, b) => Number(a! < b!)),
  onnx: 'Less',
})

/** 1 where `a > b`, else 0. */
export const greater: Elementwise<Pair> = op('greater', {
  ...comparison('greater'),
  summary: '1 where a > b, else 0.',
  symbol: '>',
  formula: 'y = [a > b]',
  decompose: ({ a, b }) => less(b, a),
  reference: elementwise((a, b) => Number(a! > b!)),
  onnx: 'Greater',
})

/** 1 where `a ≥ b`, else 0. */
export const greaterEqual: Elementwise<Pair> = op('greaterEqual', {
  ...comparison('greaterEqual'),
  summary: '1 where a ≥ b, else 0.',
  symbol: '≥',
  formula: 'y = [a ≥ b]',
  lower: binary('GreaterEqual'),
  reference: elementwise((a, b) => Number(a! >= b!)),
  onnx: 'GreaterOrEqual',
})

/** 1 where `a = b`, else 0. */
export const equal: Elementwise<Pair> = op('equal', {
  ...comparison('equal'),
  summary: '1 where a = b, else 0.',
  symbol: '=',
  formula: 'y = [a = b]',
  lower: binary('Equal'),
  reference: elementwise((a, b) => Number(a! === b!)),
  onnx: 'Equal',
})

/** `a` where `condition` is not 0, else `b`. */
export const where: Elementwise<['condition', 'a', 'b']> = op('where', {
  inputs: ['condition', 'a', 'b'],
  broadcasts: true,
  summary: 'a where the condition is not 0, else b.',
  symbol: '?:',
  formula: 'y = a where condition ≠ 0, else b',
  shape: ({ condition, a, b }) => broadcastShapes('where', ['condition', 'a', 'b'], [condition, a, b]),
  vjp: {
    condition: null,
    a: { formula: 'ā = ȳ where condition', rule: ({ condition, dy }) => where(condition, dy, 0) },
    b: { formula: 'b̄ = ȳ where not condition', rule: ({ condition, dy }) => where(condition, 0, dy) },
  },
  lower: ternary('Where'),
  reference: elementwise((condition, a, b) => (condition !== 0 ? a! : b!)),
  onnx: 'Where',
  ulp: 0,
  sample: {
    domains: { condition: uniform(0, 2, { whole: true }), a: uniform(-3, 3), b: uniform(-3, 3) },
    cases: broadcastCases(['condition', 'a', 'b']),
  },
})
