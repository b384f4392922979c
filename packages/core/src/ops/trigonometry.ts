// Trigonometric functions and their inverses, in radians.
import { binary, unary } from '../compile/lowering.js'
import { type Elementwise, ofOne, op } from '../graph/op.js'
import { elementwise } from '../graph/reference.js'
import { broadcastCases, unaryCases, uniform } from '../graph/sample.js'
import { broadcastShapes } from '../graph/shape.js'
import { angleOf, arctangent, cosine, sine, tangent } from '../numbers/elementary.js'
import { add, div, mul } from './arithmetic.js'
import { neg, square } from './elementwise.js'

/** Sine of an angle in radians. */
export const sin: Elementwise<['x']> = op('sin', {
  ...ofOne,
  summary: 'Sine of an angle in radians.',
  symbol: 'sin',
  formula: 'y = sin x',
  vjp: { x: { formula: 'x̄ = ȳ · cos x', rule: ({ x, dy }) => mul(dy, cos(x)) } },
  lower: unary('Sin'),
  reference: elementwise(sine),
  ulp: 2,
  sample: { domains: { x: uniform(-7, 7) }, cases: unaryCases },
})

/** Cosine of an angle in radians. */
export const cos: Elementwise<['x']> = op('cos', {
  ...ofOne,
  summary: 'Cosine of an angle in radians.',
  symbol: 'cos',
  formula: 'y = cos x',
  vjp: { x: { formula: 'x̄ = −ȳ · sin x', rule: ({ x, dy }) => neg(mul(dy, sin(x))) } },
  lower: unary('Cos'),
  reference: elementwise(cosine),
  ulp: 2,
  sample: { domains: { x: uniform(-7, 7) }, cases: unaryCases },
})

/** Tangent of an angle in radians. */
export const tan: Elementwise<['x']> = op('tan', {
  ...ofOne,
  summary: 'Tangent of an angle in radians.',
  symbol: 'tan',
  formula: 'y = sin x / cos x',
  vjp: { x: { formula: 'x̄ = ȳ · (1 + y²)', rule: ({ y, dy }) => mul(dy, add(1, square(y))) } },
  decompose: ({ x }) => div(sin(x), cos(x)),
  reference: elementwise(tangent),
  ulp: 5,
  sample: { domains: { x: uniform(-1.3, 1.3) }, cases: unaryCases },
})

/** Angle in [−π/2, π/2] whose tangent is `x`. */
export const atan: Elementwise<['x']> = op('atan', {
  ...ofOne,
  summary: 'Angle in [−π/2, π/2] whose tangent is x.',
  symbol: 'arctan',
  formula: 'y = arctan x',
  vjp: { x: { formula: 'x̄ = ȳ / (1 + x²)', rule: ({ x, dy }) => div(dy, add(1, square(x))) } },
  decompose: ({ x }) => atan2(x, 1),
  reference: elementwise(arctangent),
  ulp: 4,
  sample: { domains: { x: uniform(-4, 4) }, cases: unaryCases },
})

/** Angle in [−π, π] of the point (b, a); its derivative at the origin is NaN. */
export const atan2: Elementwise<['a', 'b']> = op('atan2', {
  inputs: ['a', 'b'],
  broadcasts: true,
  shape: ({ a, b }) => broadcastShapes('atan2', ['a', 'b'], [a, b]),
  summary: 'Angle in [−π, π] of the point (b, a), ordinate first; the derivative at the origin is NaN.',
  symbol: 'arctan₂',
  formula: 'y = arg(b + i·a)',
  vjp: {
    a: {
      formula: 'ā = ȳ · b / (a² + b²)',
      rule: ({ a, b, dy }) => mul(dy, div(b, add(square(a), square(b)))),
    },
    b: {
      formula: 'b̄ = −ȳ · a / (a² + b²)',
      rule: ({ a, b, dy }) => neg(mul(dy, div(a, add(square(a), square(b))))),
    },
  },
  lower: binary('Atan2'),
  reference: elementwise(angleOf),
  ulp: 4,
  sample: {
    domains: {
      a: uniform(-3, 3, { avoid: { points: [0], distance: 0.2 } }),
      b: uniform(-3, 3, { avoid: { points: [0], distance: 0.2 } }),
    },
    cases: broadcastCases(['a', 'b']),
  },
})
