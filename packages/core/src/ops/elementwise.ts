// Elementwise functions of one tensor, and their fused gradients.
import { unary } from '../compile/lowering.js'
import { type Elementwise, ofOne, op } from '../graph/op.js'
import { elementwise } from '../graph/reference.js'
import { unaryCases, uniform } from '../graph/sample.js'
import { exponential, exponentialMinusOne, logarithm, logarithmOfOnePlus } from '../numbers/elementary.js'
import { add, div, mul } from './arithmetic.js'

type One = ['x']

/** `−x`. */
export const neg: Elementwise<One> = op('neg', {
  ...ofOne,
  summary: 'Negation.',
  symbol: '−',
  formula: 'y = −x',
  vjp: { x: { formula: 'x̄ = −ȳ', rule: ({ dy }) => neg(dy) } },
  lower: unary('Neg'),
  reference: elementwise((x) => -x!),
  ulp: 0,
  sample: { domains: { x: uniform(-3, 3) }, cases: unaryCases },
})

/** `|x|`; the derivative at 0 is 0. */
export const abs: Elementwise<One> = op('abs', {
  ...ofOne,
  summary: 'Absolute value; the derivative at 0 is 0.',
  symbol: '|x|',
  formula: 'y = |x|',
  vjp: { x: { formula: 'x̄ = ȳ · sign x', rule: ({ x, dy }) => mul(dy, sign(x)) } },
  lower: unary('Abs'),
  reference: elementwise((x) => Math.abs(x!)),
  ulp: 0,
  sample: { domains: { x: uniform(-3, 3, { avoid: { points: [0], distance: 0.1 } }) }, cases: unaryCases },
})

/** −1, 0 or 1. */
export const sign: Elementwise<One> = op('sign', {
  ...ofOne,
  summary: 'Sign: −1, 0 or 1. No derivative flows through it.',
  symbol: 'sign',
  formula: 'y = sign x',
  vjp: { x: null },
  lower: unary('Sign'),
  reference: elementwise((x) => Math.sign(x!)),
  ulp: 0,
  sample: { domains: { x: uniform(-3, 3) }, cases: unaryCases },
})

/** `x²`. */
export const square: Elementwise<One> = op('square', {
  ...ofOne,
  summary: 'Square.',
  symbol: 'x²',
  formula: 'y = x²',
  vjp: { x: { formula: 'x̄ = ȳ · 2x', rule: ({ x, dy }) => mul(dy, mul(2, x)) } },
  decompose: ({ x }) => mul(x, x),
  lower: unary('Square'),
  reference: elementwise((x) => x! * x!),
  ulp: 0.5,
  sample: { domains: { x: uniform(-3, 3) }, cases: unaryCases },
})

/** Square root; NaN for negative numbers. */
export const sqrt: Elementwise<One> = op('sqrt', {
  ...ofOne,
  summary: 'Square root; NaN for negative numbers.',
  symbol: '√',
  formula: 'y = √x',
  vjp: { x: { formula: 'x̄ = ȳ / 2y', rule: ({ y, dy }) => div(dy, mul(2, y)) } },
  lower: unary('Sqrt'),
  reference: elementwise((x) => Math.sqrt(x!)),
  ulp: 0.5,
  sample: { domains: { x: uniform(0.1, 4) }, cases: unaryCases },
})

/** `1 / x`. */
export const reciprocal: Elementwise<One> = op('reciprocal', {
  ...ofOne,
  summary: 'Reciprocal.',
  symbol: '1/x',
  formula: 'y = 1 / x',
  vjp: { x: { formula: 'x̄ = −ȳ · y²', rule: ({ y, dy }) => neg(mul(dy, square(y))) } },
  lower: unary('Reciprocal'),
  reference: elementwise((x) => 1 / x!),
  ulp: 0.5,
  sample: { domains: { x: uniform(-3, 3, { avoid: { points: [0], distance: 0.3 } }) }, cases: unaryCases },
})

/** `1 / √x`; ∞ at 0, NaN for negative numbers. */
export const rsqrt: Elementwise<One> = op('rsqrt', {
  ...ofOne,
  summary: 'Reciprocal of the square root; ∞ at 0, NaN for negative numbers.',
  symbol: '1/√x',
  formula: 'y = 1 / √x',
  vjp: { x: { formula: 'x̄ = −½ · ȳ · y³', rule: ({ y, dy }) => mul(mul(-0.5, dy), mul(y, square(y))) } },
  decompose: ({ x }) => reciprocal(sqrt(x)),
  lower: unary('Rsqrt'),
  reference: elementwise((x) => 1 / Math.sqrt(x!)),
  ulp: 2,
  sample: { domains: { x: uniform(0.1, 4) }, cases: unaryCases },
})

/** `eˣ`. */
export const exp: Elementwise<One> = op('exp', {
  ...ofOne,
  summary: 'Exponential function.',
  symbol: 'exp',
  formula: 'y = eˣ',
  vjp: { x: { formula: 'x̄ = ȳ · y', rule: ({ y, dy }) => mul(dy, y) } },
  lower: unary('Exp'),
  reference: elementwise(exponential),
  ulp: 4,
  sample: { domains: { x: uniform(-4, 4) }, cases: unaryCases },
})

/** `eˣ − 1`, accurate for small `x`. */
export const expm1: Elementwise<One> = op('expm1', {
  ...ofOne,
  summary: 'Exponential function minus 1, accurate for small x.',
  symbol: 'eˣ−1',
  formula: 'y = eˣ − 1',
  vjp: { x: { formula: 'x̄ = ȳ · eˣ', rule: ({ x, dy }) => mul(dy, exp(x)) } },
  lower: unary('Expm1'),
  reference: elementwise(exponentialMinusOne),
  ulp: 4,
  sample: { domains: { x: uniform(-4, 4) }, cases: unaryCases },
})

/** Natural logarithm; −∞ at 0, NaN for negative numbers. */
export const log: Elementwise<One> = op('log', {
  ...ofOne,
  summary: 'Natural logarithm; −∞ at 0 and NaN for negative numbers.',
  symbol: 'ln',
  formula: 'y = ln x',
  vjp: { x: { formula: 'x̄ = ȳ / x', rule: ({ x, dy }) => div(dy, x) } },
  lower: unary('Log'),
  reference: elementwise(logarithm),
  ulp: 4,
  sample: { domains: { x: uniform(0.1, 5) }, cases: unaryCases },
})

/** `ln(1 + x)`, accurate for small `x`. */
export const log1p: Elementwise<One> = op('log1p', {
  ...ofOne,
  summary: 'Logarithm of 1 + x, accurate for small x.',
  symbol: 'ln(1+x)',
  formula: 'y = ln(1 + x)',
  vjp: { x: { formula: 'x̄ = ȳ / (1 + x)', rule: ({ x, dy }) => div(dy, add(1, x)) } },
  lower: unary('Log1p'),
  reference: elementwise(logarithmOfOnePlus),
  ulp: 4,
  sample: { domains: { x: uniform(-0.8, 4) }, cases: unaryCases },
})

/** Rounding functions: no derivative flows through them. */
const step = {
  ...ofOne,
  vjp: { x: null },
  ulp: 0,
  sample: { domains: { x: uniform(-3, 3) }, cases: unaryCases },
} as const

/** The largest integer at or below `x`. */
export const floor: Elementwise<One> = op('floor', {
  ...step,
  summary: 'The largest integer at or below x. No derivative flows through it.',
  symbol: '⌊x⌋',
  formula: 'y = ⌊x⌋',
  lower: unary('Floor'),
  reference: elementwise((x) => Math.floor(x!)),
})

/** The smallest integer at or above `x`. */
export const ceil: Elementwise<One> = op('ceil', {
  ...step,
  summary: 'The smallest integer at or above x. No derivative flows through it.',
  symbol: '⌈x⌉',
  formula: 'y = ⌈x⌉',
  lower: unary('Ceil'),
  reference: elementwise((x) => Math.ceil(x!)),
})

/** The nearest integer; ties go to the even one. */
export const round: Elementwise<One> = op('round', {
  ...step,
  summary: 'The nearest integer; ties go to the even one. No derivative flows through it.',
  symbol: 'round',
  formula: 'y = the integer nearest to x',
  lower: unary('Round'),
  reference: elementwise((x) => {
    const below = Math.floor(x!)
    const rest = x! - below
    return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : Math.ceil(x!)
  }),
})

/** `x` itself, through which no derivative flows. */
export const stopGradient: Elementwise<One> = op('stopGradient', {
  ...ofOne,
  summary: 'The tensor itself, through which no derivative flows.',
  symbol: 'stop',
  formula: 'y = x',
  vjp: { x: null },
  lower: ({ alias }) => alias(),
  reference: elementwise((x) => x!),
  ulp: 0,
  sample: { domains: { x: uniform(-3, 3) }, cases: unaryCases },
})
