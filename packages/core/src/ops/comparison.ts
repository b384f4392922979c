// Comparisons, which return 1 for true and 0 for false, logic, and selection.
import { binary, ternary } from '../compile/lowering.js'
import { type Elementwise, ofOne, op } from '../graph/op.js'
import { elementwise } from '../graph/reference.js'
import { broadcastCases, unaryCases, uniform } from '../graph/sample.js'
import { broadcastShapes, type Shape } from '../graph/shape.js'

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
})

/** 1 where `a > b`, else 0. */
export const greater: Elementwise<Pair> = op('greater', {
  ...comparison('greater'),
  summary: '1 where a > b, else 0.',
  symbol: '>',
  formula: 'y = [a > b]',
  decompose: ({ a, b }) => less(b, a),
  reference: elementwise((a, b) => Number(a! > b!)),
})

/** 1 where `a ≥ b`, else 0. */
export const greaterEqual: Elementwise<Pair> = op('greaterEqual', {
  ...comparison('greaterEqual'),
  summary: '1 where a ≥ b, else 0.',
  symbol: '≥',
  formula: 'y = [a ≥ b]',
  lower: binary('GreaterEqual'),
  reference: elementwise((a, b) => Number(a! >= b!)),
})

/** 1 where `a ≤ b`, else 0. */
export const lessEqual: Elementwise<Pair> = op('lessEqual', {
  ...comparison('lessEqual'),
  summary: '1 where a ≤ b, else 0.',
  symbol: '≤',
  formula: 'y = [a ≤ b]',
  decompose: ({ a, b }) => greaterEqual(b, a),
  reference: elementwise((a, b) => Number(a! <= b!)),
})

/** 1 where `a = b`, else 0. */
export const equal: Elementwise<Pair> = op('equal', {
  ...comparison('equal'),
  summary: '1 where a = b, else 0.',
  symbol: '=',
  formula: 'y = [a = b]',
  lower: binary('Equal'),
  reference: elementwise((a, b) => Number(a! === b!)),
})

/** 1 where `a ≠ b`, else 0. */
export const notEqual: Elementwise<Pair> = op('notEqual', {
  ...comparison('notEqual'),
  summary: '1 where a ≠ b, else 0; NaN differs from everything.',
  symbol: '≠',
  formula: 'y = [a ≠ b]',
  lower: binary('NotEqual'),
  reference: elementwise((a, b) => Number(a! !== b!)),
})

/** 1 where both `a` and `b` are true, else 0; nonzero is true. */
export const logicalAnd: Elementwise<Pair> = op('logicalAnd', {
  ...comparison('logicalAnd'),
  summary: '1 where both a and b are true, else 0; nonzero is true, including NaN.',
  symbol: '∧',
  formula: 'y = [a ≠ 0 ∧ b ≠ 0]',
  decompose: ({ a, b }) => where(a, notEqual(b, 0), 0),
  lower: binary('LogicalAnd'),
  reference: elementwise((a, b) => Number(a! !== 0 && b! !== 0)),
})

/** 1 where `a` or `b` is true, else 0; nonzero is true. */
export const logicalOr: Elementwise<Pair> = op('logicalOr', {
  ...comparison('logicalOr'),
  summary: '1 where a or b is true, else 0; nonzero is true, including NaN.',
  symbol: '∨',
  formula: 'y = [a ≠ 0 ∨ b ≠ 0]',
  decompose: ({ a, b }) => where(a, 1, notEqual(b, 0)),
  lower: binary('LogicalOr'),
  reference: elementwise((a, b) => Number(a! !== 0 || b! !== 0)),
})

/** 1 where exactly one of `a` and `b` is true, else 0; nonzero is true. */
export const logicalXor: Elementwise<Pair> = op('logicalXor', {
  ...comparison('logicalXor'),
  summary: '1 where exactly one of a and b is true, else 0; nonzero is true, including NaN.',
  symbol: '⊻',
  formula: 'y = [a ≠ 0] ≠ [b ≠ 0]',
  decompose: ({ a, b }) => where(a, equal(b, 0), notEqual(b, 0)),
  lower: binary('LogicalXor'),
  reference: elementwise((a, b) => Number((a! !== 0) !== (b! !== 0))),
})

/** 1 where `x` is 0, else 0. */
export const logicalNot: Elementwise<['x']> = op('logicalNot', {
  ...ofOne,
  summary: '1 where x is 0 (false), else 0.',
  symbol: '¬',
  formula: 'y = [x = 0]',
  vjp: { x: null },
  decompose: ({ x }) => equal(x, 0),
  reference: elementwise((x) => Number(x! === 0)),
  ulp: 0,
  sample: { domains: { x: uniform(0, 3, { whole: true }) }, cases: unaryCases },
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
  ulp: 0,
  sample: {
    domains: { condition: uniform(0, 2, { whole: true }), a: uniform(-3, 3), b: uniform(-3, 3) },
    cases: [
      ...broadcastCases(['condition', 'a', 'b']),
      { shapes: { condition: [3, 1], a: [5], b: [2, 1, 1] } },
      { shapes: { condition: [], a: [4, 1], b: [3] } },
      { shapes: { condition: [2, 3], a: [], b: [1] } },
      { shapes: { condition: [1, 1], a: [0, 3], b: [1, 3] } },
    ],
  },
})
