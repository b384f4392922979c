// Sums, products, quotients and powers of two tensors, with broadcasting.
import { binary } from '../compile/lowering.js'
import { type Elementwise, op } from '../graph/op.js'
import { elementwise } from '../graph/reference.js'
import { broadcastCases, uniform } from '../graph/sample.js'
import { broadcastShapes, type Shape } from '../graph/shape.js'
import { power } from '../numbers/elementary.js'
import { greaterEqual, less, where } from './comparison.js'
import { floor, log, neg, square } from './elementwise.js'

type Pair = ['a', 'b']

/** Shared by all binary operations. */
const pairwise = (name: string) =>
  ({
    inputs: ['a', 'b'],
    broadcasts: true,
    shape: ({ a, b }: { a: Shape; b: Shape }) => broadcastShapes(name, ['a', 'b'], [a, b]),
  }) as const

const anyPair = { domains: { a: uniform(-3, 3), b: uniform(-3, 3) }, cases: broadcastCases(['a', 'b']) }
const distinctPair = {
  ...anyPair,
  domains: { a: uniform(-3, 0, { avoid: { points: [-1], distance: 0.2 } }), b: uniform(-1.1, -0.9) },
}

/** Elementwise sum. */
export const add: Elementwise<Pair> = op('add', {
  ...pairwise('add'),
  summary: 'Elementwise sum.',
  symbol: '+',
  formula: 'y = a + b',
  vjp: {
    a: { formula: 'ā = ȳ', rule: ({ dy }) => dy },
    b: { formula: 'b̄ = ȳ', rule: ({ dy }) => dy },
  },
  lower: binary('Add'),
  reference: elementwise((a, b) => a! + b!),
  ulp: 0.5,
  sample: anyPair,
})

/** Elementwise difference. */
export const sub: Elementwise<Pair> = op('sub', {
  ...pairwise('sub'),
  summary: 'Elementwise difference.',
  symbol: '−',
  formula: 'y = a − b',
  vjp: {
    a: { formula: 'ā = ȳ', rule: ({ dy }) => dy },
    b: { formula: 'b̄ = −ȳ', rule: ({ dy }) => neg(dy) },
  },
  lower: binary('Sub'),
  reference: elementwise((a, b) => a! - b!),
  ulp: 0.5,
  sample: anyPair,
})

/** Elementwise product. */
export const mul: Elementwise<Pair> = op('mul', {
  ...pairwise('mul'),
  summary: 'Elementwise product.',
  symbol: '×',
  formula: 'y = a · b',
  vjp: {
    a: { formula: 'ā = ȳ · b', rule: ({ b, dy }) => mul(dy, b) },
    b: { formula: 'b̄ = ȳ · a', rule: ({ a, dy }) => mul(dy, a) },
  },
  lower: binary('Mul'),
  reference: elementwise((a, b) => a! * b!),
  ulp: 0.5,
  sample: anyPair,
})

/** Elementwise quotient. */
export const div: Elementwise<Pair> = op('div', {
  ...pairwise('div'),
  summary: 'Elementwise quotient.',
  symbol: '÷',
  formula: 'y = a / b',
  vjp: {
    a: { formula: 'ā = ȳ / b', rule: ({ b, dy }) => div(dy, b) },
    b: { formula: 'b̄ = −ȳ · y / b', rule: ({ b, y, dy }) => neg(div(mul(dy, y), b)) },
  },
  lower: binary('Div'),
  reference: elementwise((a, b) => a! / b!),
  ulp: 0.5,
  sample: {
    domains: { a: uniform(-3, 3), b: uniform(-3, 3, { avoid: { points: [0], distance: 0.3 } }) },
    cases: broadcastCases(['a', 'b']),
  },
})

/** Power; the base must be positive unless the exponent is an integer. */
export const pow: Elementwise<Pair> = op('pow', {
  ...pairwise('pow'),
  summary: 'Power; a negative base needs an integer exponent, otherwise NaN.',
  symbol: '^',
  formula: 'y = aᵇ',
  vjp: {
    // 0 where both are 0, as in PyTorch: 0⁻¹ is infinite there, but a⁰ is 1 for every other base too.
    a: {
      formula: 'ā = ȳ · b · aᵇ⁻¹',
      rule: ({ a, b, dy }) => mul(dy, mul(b, pow(where(b, a, where(a, a, 1)), sub(b, 1)))),
    },
    // 0 where the base is not positive and the logarithm is undefined, as in PyTorch at 0.
    b: {
      formula: 'b̄ = ȳ · y · ln a',
      rule: ({ a, y, dy }) =>
        mul(dy, where(greaterEqual(0, a), 0, mul(y, log(where(greaterEqual(0, a), 1, a))))),
    },
  },
  lower: binary('Pow'),
  reference: elementwise(power),
  ulp: 16,
  sample: { domains: { a: uniform(0.2, 3), b: uniform(-3, 3) }, cases: broadcastCases(['a', 'b']) },
})

/** Elementwise maximum; on a tie each side gets half of the derivative, as in PyTorch. */
export const maximum: Elementwise<Pair> = op('maximum', {
  ...pairwise('maximum'),
  summary: 'Elementwise maximum; on a tie each side gets half of the derivative.',
  symbol: 'max',
  formula: 'y = max(a, b)',
  vjp: {
    a: { formula: 'ā = ȳ where a > b', rule: ({ a, b, dy }) => mul(dy, preference(b, a)) },
    b: { formula: 'b̄ = ȳ where b > a', rule: ({ a, b, dy }) => mul(dy, preference(a, b)) },
  },
  lower: binary('Maximum'),
  reference: elementwise((a, b) => Math.max(a!, b!)),
  ulp: 0,
  sample: distinctPair,
})

/** Elementwise minimum; on a tie each side gets half of the derivative, as in PyTorch. */
export const minimum: Elementwise<Pair> = op('minimum', {
  ...pairwise('minimum'),
  summary: 'Elementwise minimum; on a tie each side gets half of the derivative.',
  symbol: 'min',
  formula: 'y = min(a, b)',
  vjp: {
    a: { formula: 'ā = ȳ where a < b', rule: ({ a, b, dy }) => mul(dy, preference(a, b)) },
    b: { formula: 'b̄ = ȳ where b < a', rule: ({ a, b, dy }) => mul(dy, preference(b, a)) },
  },
  lower: binary('Minimum'),
  reference: elementwise((a, b) => Math.min(a!, b!)),
  ulp: 0,
  sample: distinctPair,
})

/** 1 where `smaller < larger`, ½ where they are equal, 0 elsewhere. */
const preference = (smaller: Parameters<typeof less>[0], larger: Parameters<typeof less>[0]) =>
  mul(0.5, add(less(smaller, larger), greaterEqual(larger, smaller)))

/** Elementwise `(a − b)²`. */
export const squaredDifference: Elementwise<Pair> = op('squaredDifference', {
  ...pairwise('squaredDifference'),
  summary: 'Elementwise squared difference.',
  symbol: '(a−b)²',
  formula: 'y = (a − b)²',
  vjp: {
    a: { formula: 'ā = 2 · ȳ · (a − b)', rule: ({ a, b, dy }) => mul(dy, mul(2, sub(a, b))) },
    b: { formula: 'b̄ = −2 · ȳ · (a − b)', rule: ({ a, b, dy }) => mul(dy, mul(2, sub(b, a))) },
  },
  decompose: ({ a, b }) => square(sub(a, b)),
  reference: elementwise((a, b) => (a! - b!) ** 2),
  ulp: 4,
  sample: anyPair,
})

/**
 * Remainder of the division, with the sign of `b`: `a − b · ⌊a / b⌋`, computed exactly; PyTorch's `remainder`,
 * Python's `%`. NaN where `b` is 0.
 */
export const mod: Elementwise<Pair> = op('mod', {
  ...pairwise('mod'),
  summary: "Remainder of the division, with the sign of b, as PyTorch's remainder; NaN where b is 0.",
  symbol: 'mod',
  formula: 'y = a − b · ⌊a / b⌋',
  vjp: {
    a: { formula: 'ā = ȳ', rule: ({ dy }) => dy },
    b: { formula: 'b̄ = −ȳ · ⌊a / b⌋', rule: ({ a, b, dy }) => neg(mul(dy, floor(div(a, b)))) },
  },
  lower: binary('Mod'),
  reference: elementwise((a, b) => {
    const rest = a! % b!
    return rest !== 0 && rest < 0 !== b! < 0 ? rest + b! : rest
  }),
  ulp: 1,
  // Quotients from 2.1 to 2.9 and from −2.9 to −2.1 are far from integers, where the remainder jumps.
  sample: { domains: { a: uniform(2.1, 2.55), b: uniform(-1, -0.9) }, cases: broadcastCases(['a', 'b']) },
})
