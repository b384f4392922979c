// Activation functions and their fused gradients, which take the input of the activation.
import { checkFinite, checkFlag, oneOf } from '../checks/check-options.js'
import { ValueError } from '../checks/errors.js'
import { backward, binary, unary } from '../compile/lowering.js'
import { type Elementwise, ofOne, op } from '../graph/op.js'
import { elementwise, elementwiseWith } from '../graph/reference.js'
import { broadcastCases, type Domain, unaryCases, uniform } from '../graph/sample.js'
import { broadcastShapes, type Shape } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import {
  exponential,
  exponentialMinusOne,
  hyperbolicTangent,
  logarithmOfOnePlus,
} from '../numbers/elementary.js'
import { erf as erf64, normalCdf } from '../numbers/error-function.js'
import { add, div, mul, sub } from './arithmetic.js'
import { greater, where } from './comparison.js'
import { abs, exp, expm1, log1p, neg, reciprocal, square } from './elementwise.js'

type One = ['x']
type Pair = ['x', 'upstream']

/** Shared by the fused gradients, which take the input of a function and the upstream derivative. */
const ofInput = (name: string) =>
  ({
    inputs: ['x', 'upstream'],
    broadcasts: true,
    shape: ({ x, upstream }: { x: Shape; upstream: Shape }) =>
      broadcastShapes(name, ['x', 'upstream'], [x, upstream]),
  }) as const

/** Shared by the fused gradients, which take the output of a function and the upstream derivative. */
const ofOutput = (name: string) =>
  ({
    inputs: ['output', 'upstream'],
    broadcasts: true,
    shape: ({ output, upstream }: { output: Shape; upstream: Shape }) =>
      broadcastShapes(name, ['output', 'upstream'], [output, upstream]),
  }) as const

const sampleOfInput = (x: Domain) => ({
  domains: { x, upstream: uniform(-2, 2) },
  cases: broadcastCases(['x', 'upstream']),
})

/** The same cases with each set of attributes. */
function withAttributes<Case extends object, Given>(cases: readonly Case[], ...attributes: readonly Given[]) {
  return cases.map((example, index) => ({ ...example, attributes: attributes[index % attributes.length]! }))
}

/** x · σ(w), and its limit 0 at −∞. */
const timesSigmoid = (x: number, w: number) => (x === -Infinity ? -0 : x / (1 + exponential(-w)))

/** Density of the standard normal distribution. */
const density = (x: number) => exponential((-x * x) / 2) / Math.sqrt(2 * Math.PI)

/** Upstream times a derivative that tends to 0 at −∞ and to 1 at ∞, where its formula would be ∞ · 0. */
const timesDerivative = (derivative: (x: number) => number) => (x?: number, upstream?: number) =>
  upstream! * (Math.abs(x!) === Infinity ? Number(x! > 0) : derivative(x!))

/** `x`, clamped to where the second derivative becomes 0 in float64; beyond, its formulas would be ∞ · 0. */
const curved = (x: Tensor) => clip(x, { min: -750, max: 750 })

/** Hyperbolic tangent. */
export const tanh: Elementwise<One> = op('tanh', {
  ...ofOne,
  summary: 'Hyperbolic tangent.',
  symbol: 'tanh',
  formula: 'y = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)',
  vjp: { x: { formula: 'x̄ = ȳ · (1 − y²)', rule: ({ y, dy }) => tanhGrad(y, dy) } },
  decompose: ({ x }) => sub(mul(2, sigmoid(mul(2, x))), 1),
  lower: unary('Tanh'),
  reference: elementwise(hyperbolicTangent),
  ulp: 4,
  sample: { domains: { x: uniform(-4, 4) }, cases: unaryCases },
})

/** `upstream · (1 − output²)`: the gradient of `tanh`. */
export const tanhGrad: Elementwise<['output', 'upstream']> = op('tanhGrad', {
  ...ofOutput('tanhGrad'),
  summary: 'Gradient of tanh, from its output and the upstream derivative.',
  symbol: 'tanh′',
  formula: 'y = upstream · (1 − output²)',
  vjp: {
    output: {
      formula: '−2 · ȳ · upstream · output',
      rule: ({ output, upstream, dy }) => mul(-2, mul(dy, mul(upstream, output))),
    },
    upstream: { formula: 'ȳ · (1 − output²)', rule: ({ output, dy }) => tanhGrad(output, dy) },
  },
  decompose: ({ output, upstream }) => mul(upstream, sub(1, square(output))),
  lower: binary('TanhGrad'),
  reference: elementwise((output, upstream) => upstream! * (1 - output! * output!)),
  // Near |output| = 1 the difference 1 − output² cancels; its absolute error is still small.
  ulp: 4,
  sample: {
    domains: { output: uniform(-0.9, 0.9), upstream: uniform(-2, 2) },
    cases: broadcastCases(['output', 'upstream']),
  },
})

/** Logistic sigmoid, `1 / (1 + e⁻ˣ)`. */
export const sigmoid: Elementwise<One> = op('sigmoid', {
  ...ofOne,
  summary: 'Logistic sigmoid.',
  symbol: 'σ',
  formula: 'y = 1 / (1 + e⁻ˣ)',
  vjp: { x: { formula: 'x̄ = ȳ · y · (1 − y)', rule: ({ y, dy }) => sigmoidGrad(y, dy) } },
  decompose: ({ x }) => reciprocal(add(exp(neg(x)), 1)),
  lower: unary('Sigmoid'),
  reference: elementwise((x) => 1 / (1 + exponential(-x!))),
  ulp: 4,
  sample: { domains: { x: uniform(-4, 4) }, cases: unaryCases },
})

/** `upstream · output · (1 − output)`: the gradient of `sigmoid`. */
export const sigmoidGrad: Elementwise<['output', 'upstream']> = op('sigmoidGrad', {
  ...ofOutput('sigmoidGrad'),
  summary: 'Gradient of sigmoid, from its output and the upstream derivative.',
  symbol: 'σ′',
  formula: 'y = upstream · output · (1 − output)',
  vjp: {
    output: {
      formula: 'ȳ · upstream · (1 − 2 · output)',
      rule: ({ output, upstream, dy }) => mul(mul(dy, upstream), sub(1, mul(2, output))),
    },
    upstream: { formula: 'ȳ · output · (1 − output)', rule: ({ output, dy }) => sigmoidGrad(output, dy) },
  },
  decompose: ({ output, upstream }) => mul(upstream, mul(output, sub(1, output))),
  lower: binary('SigmoidGrad'),
  reference: elementwise((output, upstream) => upstream! * output! * (1 - output!)),
  ulp: 4,
  sample: {
    domains: { output: uniform(0.05, 0.95), upstream: uniform(-2, 2) },
    cases: broadcastCases(['output', 'upstream']),
  },
})

/** `max(x, 0)`; the derivative at 0 is 0. */
export const relu: Elementwise<One> = op('relu', {
  ...ofOne,
  summary: 'Rectifier; the derivative at 0 is 0.',
  symbol: 'relu',
  formula: 'y = max(x, 0)',
  vjp: { x: { formula: 'x̄ = ȳ where y > 0, else 0', rule: ({ y, dy }) => reluGrad(y, dy) } },
  lower: unary('Relu'),
  reference: elementwise((x) => (x! > 0 ? x! : x! <= 0 ? 0 : Number.NaN)),
  ulp: 0,
  sample: { domains: { x: uniform(-3, 3, { avoid: { points: [0], distance: 0.1 } }) }, cases: unaryCases },
})

/** `upstream` where `output > 0`, else 0: the gradient of `relu`. */
export const reluGrad: Elementwise<['output', 'upstream']> = op('reluGrad', {
  ...ofOutput('reluGrad'),
  summary: 'Gradient of relu, from its output and the upstream derivative.',
  symbol: 'relu′',
  formula: 'y = upstream where output > 0, else 0',
  vjp: {
    output: null,
    upstream: { formula: 'ȳ where output > 0, else 0', rule: ({ output, dy }) => reluGrad(output, dy) },
  },
  decompose: ({ output, upstream }) => mul(upstream, greater(output, 0)),
  lower: binary('ReluGrad'),
  reference: elementwise((output, upstream) => (output! > 0 ? upstream! : 0)),
  ulp: 0,
  sample: {
    domains: { output: uniform(-2, 2, { avoid: { points: [0], distance: 0.1 } }), upstream: uniform(-2, 2) },
    cases: broadcastCases(['output', 'upstream']),
  },
})

/** `ln(1 + eˣ)`, without overflow. */
export const softplus: Elementwise<One> = op('softplus', {
  ...ofOne,
  summary: 'Softplus, a smooth rectifier, without overflow.',
  symbol: 'softplus',
  formula: 'y = ln(1 + eˣ)',
  vjp: { x: { formula: 'x̄ = ȳ · σ(x)', rule: ({ x, dy }) => mul(dy, sigmoid(x)) } },
  decompose: ({ x }) => add(relu(x), log1p(exp(neg(abs(x))))),
  lower: unary('Softplus'),
  reference: elementwise((x) => Math.max(x!, 0) + logarithmOfOnePlus(exponential(-Math.abs(x!)))),
  ulp: 4,
  sample: { domains: { x: uniform(-4, 4, { avoid: { points: [0], distance: 0.01 } }) }, cases: unaryCases },
})

/** Error function. */
export const erf: Elementwise<One> = op('erf', {
  ...ofOne,
  summary: 'Error function, 2/√π times the integral of e^(−t²) from 0 to x.',
  symbol: 'erf',
  formula: 'y = 2/√π · ∫₀ˣ e^(−t²) dt',
  vjp: {
    x: {
      formula: 'x̄ = ȳ · 2/√π · e^(−x²)',
      rule: ({ x, dy }) => mul(dy, mul(2 / Math.sqrt(Math.PI), exp(neg(square(x))))),
    },
  },
  lower: unary('Erf'),
  reference: elementwise((x) => erf64(x!)),
  ulp: 4,
  sample: { domains: { x: uniform(-3, 3) }, cases: unaryCases },
})

interface Approximation {
  /** `'tanh'` for the tanh approximation; default `'none'`. */
  approximate?: 'none' | 'tanh'
}

const approximation = {
  attributes: { approximate: "'tanh' for the tanh approximation, as in GPT-2; default 'none'." },
  shorthand: 'approximate',
  prepare: ({ approximate = 'none' }: Approximation) => ({
    approximate: oneOf(['none', 'tanh'])('gelu', 'approximate', approximate),
  }),
} as const

// w(x) = √(8/π) · (x + 0.044715 · x³), whose sigmoid is the approximation.
const steepness = Math.sqrt(8 / Math.PI)
const cubic = 0.044715
const exponent = (x: number) => steepness * (x + cubic * x * x * x)
const exponentOf = (x: Tensor) => mul(mul(steepness, x), add(1, mul(cubic, square(x))))
const innerDerivative = (x: number) => steepness * (1 + 3 * cubic * x * x)
const innerDerivativeOf = (x: Tensor) => mul(steepness, add(1, mul(3 * cubic, square(x))))
const approximations: Approximation[] = [{ approximate: 'none' }, { approximate: 'tanh' }]

/** `x · Φ(x)`, with the normal cumulative distribution function Φ (Hendrycks and Gimpel 2016). */
export const gelu: Elementwise<One, Approximation, 'approximate'> = op('gelu', {
  ...ofOne,
  ...approximation,
  summary: 'The input times the normal cumulative distribution function; 0 at −∞.',
  symbol: 'gelu',
  formula: "y = x · Φ(x), or with 'tanh' x · σ(√(8/π) · (x + 0.044715 · x³))",
  vjp: {
    x: {
      formula: 'x̄ = ȳ · (Φ(x) + x · φ(x))',
      rule: ({ x, dy }, attributes) => geluGrad(x, dy, attributes),
    },
  },
  decompose: ({ x }, { approximate }) =>
    approximate === 'tanh'
      ? mul(x, sigmoid(exponentOf(x)))
      : mul(x, mul(0.5, add(1, erf(mul(x, Math.SQRT1_2))))),
  lower: (context) => unary(context.attributes.approximate === 'tanh' ? 'GeluTanh' : 'Gelu')(context),
  // As max(x, 0) − |x| · Φ(−|x|), which is accurate in the left tail.
  reference: elementwiseWith(({ approximate }, x) => {
    if (approximate === 'tanh') return timesSigmoid(x!, exponent(x!))
    return Math.max(x!, 0) - (Math.abs(x!) > 40 ? 0 : Math.abs(x!) * normalCdf(-Math.abs(x!)))
  }),
  ulp: 4,
  sample: { domains: { x: uniform(-4, 4) }, cases: withAttributes(twice(unaryCases), ...approximations) },
})

/** `upstream · (Φ(x) + x · φ(x))`: the gradient of `gelu`. */
export const geluGrad: Elementwise<Pair, Approximation, 'approximate'> = op('geluGrad', {
  ...ofInput('geluGrad'),
  ...approximation,
  summary: 'Gradient of gelu, from its input and the upstream derivative.',
  symbol: 'gelu′',
  formula: 'y = upstream · (Φ(x) + x · φ(x))',
  vjp: {
    x: {
      formula: 'ȳ · upstream · φ(x) · (2 − x²)',
      rule: ({ x: given, upstream, dy }, { approximate }) => {
        const x = curved(given)
        if (approximate === 'tanh') {
          // σ(w) · (1 − σ(w)) at −|w|, where neither factor cancels; 1 − 2σ(w) = −tanh(w/2).
          const w = exponentOf(x)
          const w1 = innerDerivativeOf(x)
          const w2 = mul(6 * steepness * cubic, x)
          const curve = sub(w2, mul(tanh(mul(0.5, w)), square(w1)))
          const factor = add(mul(2, w1), mul(x, curve))
          return sigmoidGrad(sigmoid(neg(abs(w))), mul(mul(dy, upstream), factor))
        }
        const bell = mul(1 / Math.sqrt(2 * Math.PI), exp(mul(-0.5, square(x))))
        return mul(mul(dy, upstream), mul(bell, sub(2, square(x))))
      },
    },
    upstream: {
      formula: 'ȳ · (Φ(x) + x · φ(x))',
      rule: ({ x, dy }, attributes) => geluGrad(x, dy, attributes),
    },
  },
  decompose: ({ x, upstream }, { approximate }) => {
    if (approximate === 'tanh') {
      const s = sigmoid(exponentOf(x))
      return mul(upstream, add(s, mul(x, sigmoidGrad(s, innerDerivativeOf(x)))))
    }
    const below = mul(0.5, add(1, erf(mul(x, Math.SQRT1_2))))
    return mul(upstream, add(below, mul(x, mul(1 / Math.sqrt(2 * Math.PI), exp(mul(-0.5, square(x)))))))
  },
  lower: (context) =>
    backward(context.attributes.approximate === 'tanh' ? 'GeluTanhGrad' : 'GeluGrad')(context),
  reference: elementwiseWith(({ approximate }, ...values) =>
    timesDerivative((x) => {
      if (approximate !== 'tanh') return normalCdf(x) + x * density(x)
      const s = 1 / (1 + exponential(-exponent(x)))
      return s + x * s * (1 - s) * innerDerivative(x)
    })(...values),
  ),
  // Near −0.75, where the derivative is 0, its terms cancel.
  ulp: 16,
  sample: {
    ...sampleOfInput(uniform(-4, 4, { avoid: { points: [-0.75], distance: 0.15 } })),
    cases: withAttributes(twice(broadcastCases(['x', 'upstream'])), ...approximations),
  },
})

/** Each entry twice in a row. */
function twice<T>(list: readonly T[]): T[] {
  return list.flatMap((entry) => [entry, entry])
}

/** `x · σ(x)`, also called swish (Elfwing, Uchibe and Doya 2018). */
export const silu: Elementwise<One> = op('silu', {
  ...ofOne,
  summary: 'Product of the input and its sigmoid, also called swish; 0 at −∞.',
  symbol: 'silu',
  formula: 'y = x · σ(x)',
  vjp: { x: { formula: 'x̄ = ȳ · σ(x) · (1 + x · (1 − σ(x)))', rule: ({ x, dy }) => siluGrad(x, dy) } },
  decompose: ({ x }) => mul(x, sigmoid(x)),
  lower: unary('Silu'),
  reference: elementwise((x) => timesSigmoid(x!, x!)),
  ulp: 4,
  sample: { domains: { x: uniform(-4, 4) }, cases: unaryCases },
})

/** `upstream · σ(x) · (1 + x · (1 − σ(x)))`: the gradient of `silu`. */
export const siluGrad: Elementwise<Pair> = op('siluGrad', {
  ...ofInput('siluGrad'),
  summary: 'Gradient of silu, from its input and the upstream derivative.',
  symbol: 'silu′',
  formula: 'y = upstream · σ(x) · (1 + x · (1 − σ(x)))',
  vjp: {
    x: {
      formula: 'ȳ · upstream · σ(x) · (1 − σ(x)) · (2 + x · (1 − 2σ(x)))',
      rule: ({ x: given, upstream, dy }) => {
        const x = curved(given)
        const s = sigmoid(x)
        return sigmoidGrad(s, mul(mul(dy, upstream), add(2, mul(x, sub(1, mul(2, s))))))
      },
    },
    upstream: { formula: 'ȳ · σ(x) · (1 + x · (1 − σ(x)))', rule: ({ x, dy }) => siluGrad(x, dy) },
  },
  decompose: ({ x, upstream }) => {
    const s = sigmoid(x)
    return mul(upstream, mul(s, add(1, mul(x, sub(1, s)))))
  },
  lower: backward('SiluGrad'),
  reference: elementwise(
    timesDerivative((x) => {
      const s = 1 / (1 + exponential(-x))
      return s * (1 + x * (1 - s))
    }),
  ),
  // Near −1.28, where the derivative is 0, its terms cancel.
  ulp: 8,
  sample: sampleOfInput(uniform(-4, 4, { avoid: { points: [-1.28], distance: 0.2 } })),
})

/** `x · tanh(softplus(x))` (Misra 2019). */
export const mish: Elementwise<One> = op('mish', {
  ...ofOne,
  summary: 'The input times the hyperbolic tangent of its softplus; 0 at −∞.',
  symbol: 'mish',
  formula: 'y = x · tanh(ln(1 + eˣ))',
  vjp: {
    x: {
      formula: 'x̄ = ȳ · (t + x · σ(x) · (1 − t²)), with t = tanh(ln(1 + eˣ))',
      rule: ({ x, dy }) => mishGrad(x, dy),
    },
  },
  decompose: ({ x }) => mul(x, tanh(softplus(x))),
  lower: unary('Mish'),
  reference: elementwise((x) =>
    x === -Infinity ? -0 : x! > 40 ? x! : x! * hyperbolicTangent(logarithmOfOnePlus(exponential(x!))),
  ),
  ulp: 6,
  sample: { domains: { x: uniform(-4, 4) }, cases: unaryCases },
})

/** Gradient of `mish`. */
export const mishGrad: Elementwise<Pair> = op('mishGrad', {
  ...ofInput('mishGrad'),
  summary: 'Gradient of mish, from its input and the upstream derivative.',
  symbol: 'mish′',
  formula: 'y = upstream · (t + x · σ(x) · (1 − t²)), with t = tanh(ln(1 + eˣ))',
  vjp: {
    x: {
      formula: 'ȳ · upstream · σ(x) · (1 − t²) · (2 + x · (1 − σ(x) − 2t · σ(x)))',
      rule: ({ x: given, upstream, dy }) => {
        const x = curved(given)
        const s = sigmoid(x)
        const t = tanh(softplus(x))
        const curve = add(2, mul(x, sub(sub(1, s), mul(2, mul(t, s)))))
        return tanhGrad(t, mul(mul(dy, upstream), mul(s, curve)))
      },
    },
    upstream: { formula: 'ȳ · (t + x · σ(x) · (1 − t²))', rule: ({ x, dy }) => mishGrad(x, dy) },
  },
  decompose: ({ x, upstream }) => {
    const t = tanh(softplus(x))
    return mul(upstream, add(t, mul(x, tanhGrad(t, sigmoid(x)))))
  },
  lower: backward('MishGrad'),
  reference: elementwise(
    timesDerivative((x) => {
      const t = hyperbolicTangent(x > 40 ? x : logarithmOfOnePlus(exponential(x)))
      return t + (x / (1 + exponential(-x))) * (1 - t * t)
    }),
  ),
  // Near −1.19, where the derivative is 0, its terms cancel.
  ulp: 12,
  sample: sampleOfInput(uniform(-4, 4, { avoid: { points: [-1.19], distance: 0.2 } })),
})

/** `ln σ(x)`, without underflow. */
export const logSigmoid: Elementwise<One> = op('logSigmoid', {
  ...ofOne,
  summary: 'Logarithm of the sigmoid, without underflow.',
  symbol: 'ln σ',
  formula: 'y = −ln(1 + e⁻ˣ)',
  vjp: { x: { formula: 'x̄ = ȳ · σ(−x)', rule: ({ x, dy }) => mul(dy, sigmoid(neg(x))) } },
  decompose: ({ x }) => neg(softplus(neg(x))),
  reference: elementwise((x) => Math.min(x!, 0) - logarithmOfOnePlus(exponential(-Math.abs(x!)))),
  ulp: 4,
  sample: { domains: { x: uniform(-4, 4) }, cases: unaryCases },
})

interface Slope {
  /** Slope for negative inputs; default 0.01. */
  negativeSlope?: number
}

const leaky = {
  attributes: { negativeSlope: 'Slope for negative inputs; default 0.01.' },
  shorthand: 'negativeSlope',
  prepare: ({ negativeSlope = 0.01 }: Slope) => ({
    negativeSlope: checkFinite('leakyRelu', 'negativeSlope', negativeSlope),
  }),
} as const
const slopes: Slope[] = [{ negativeSlope: 0.01 }, { negativeSlope: 0.3 }]
const kinkAtZero = uniform(-3, 3, { avoid: { points: [0], distance: 0.1 } })

/** `x`, or `negativeSlope · x` where it is negative (Maas, Hannun and Ng 2013). */
export const leakyRelu: Elementwise<One, Slope, 'negativeSlope'> = op('leakyRelu', {
  ...ofOne,
  ...leaky,
  summary: 'Rectifier with a small slope for negative inputs; the derivative at 0 is negativeSlope.',
  symbol: 'leaky relu',
  formula: 'y = x where x > 0, else negativeSlope · x',
  vjp: {
    x: {
      formula: 'x̄ = ȳ where x > 0, else negativeSlope · ȳ',
      rule: ({ x, dy }, attributes) => leakyReluGrad(x, dy, attributes),
    },
  },
  decompose: ({ x }, { negativeSlope }) => where(greater(x, 0), x, mul(negativeSlope, x)),
  lower: unary('LeakyRelu', ({ negativeSlope }) => ({ slope: negativeSlope })),
  reference: elementwiseWith(({ negativeSlope }, x) => (x! > 0 ? x! : negativeSlope * x!)),
  ulp: 2,
  sample: { domains: { x: kinkAtZero }, cases: withAttributes(unaryCases, ...slopes) },
})

/** `upstream`, or `negativeSlope · upstream` where `x` is not positive: the gradient of `leakyRelu`. */
export const leakyReluGrad: Elementwise<Pair, Slope, 'negativeSlope'> = op('leakyReluGrad', {
  ...ofInput('leakyReluGrad'),
  ...leaky,
  summary: 'Gradient of leakyRelu, from its input and the upstream derivative.',
  symbol: 'leaky relu′',
  formula: 'y = upstream where x > 0, else negativeSlope · upstream',
  vjp: {
    x: null,
    upstream: {
      formula: 'ȳ where x > 0, else negativeSlope · ȳ',
      rule: ({ x, dy }, attributes) => leakyReluGrad(x, dy, attributes),
    },
  },
  decompose: ({ x, upstream }, { negativeSlope }) =>
    where(greater(x, 0), upstream, mul(negativeSlope, upstream)),
  lower: binary('LeakyReluGrad', ({ negativeSlope }) => ({ slope: negativeSlope })),
  reference: elementwiseWith(({ negativeSlope }, x, upstream) =>
    x! > 0 ? upstream! : negativeSlope * upstream!,
  ),
  ulp: 2,
  sample: {
    ...sampleOfInput(kinkAtZero),
    cases: withAttributes(broadcastCases(['x', 'upstream']), ...slopes),
  },
})

interface Alpha {
  /** The limit at −∞ is −alpha; default 1. */
  alpha?: number
}

const exponentialLinear = {
  attributes: { alpha: 'The limit at −∞ is −alpha; default 1.' },
  shorthand: 'alpha',
  prepare: ({ alpha = 1 }: Alpha) => ({ alpha: checkFinite('elu', 'alpha', alpha) }),
} as const
const alphas: Alpha[] = [{ alpha: 1 }, { alpha: 0.4 }]

/** `x`, or `alpha · (eˣ − 1)` where it is negative (Clevert, Unterthiner and Hochreiter 2016). */
export const elu: Elementwise<One, Alpha, 'alpha'> = op('elu', {
  ...ofOne,
  ...exponentialLinear,
  summary: 'Rectifier that approaches −alpha exponentially; the derivative at 0 is alpha.',
  symbol: 'elu',
  formula: 'y = x where x > 0, else alpha · (eˣ − 1)',
  vjp: {
    x: {
      formula: 'x̄ = ȳ where x > 0, else ȳ · alpha · eˣ',
      rule: ({ x, dy }, attributes) => eluGrad(x, dy, attributes),
    },
  },
  decompose: ({ x }, { alpha }) => where(greater(x, 0), x, mul(alpha, expm1(x))),
  lower: unary('Elu', ({ alpha }) => ({ alpha })),
  reference: elementwiseWith(({ alpha }, x) => (x! > 0 ? x! : alpha * exponentialMinusOne(x!))),
  ulp: 5,
  sample: { domains: { x: kinkAtZero }, cases: withAttributes(unaryCases, ...alphas) },
})

/** `upstream`, or `upstream · alpha · eˣ` where `x` is not positive: the gradient of `elu`. */
export const eluGrad: Elementwise<Pair, Alpha, 'alpha'> = op('eluGrad', {
  ...ofInput('eluGrad'),
  ...exponentialLinear,
  summary: 'Gradient of elu, from its input and the upstream derivative.',
  symbol: 'elu′',
  formula: 'y = upstream where x > 0, else upstream · alpha · eˣ',
  vjp: {
    x: {
      formula: '0 where x > 0, else ȳ · upstream · alpha · eˣ',
      rule: ({ x, upstream, dy }, { alpha }) =>
        where(greater(x, 0), 0, mul(mul(dy, upstream), mul(alpha, exp(x)))),
    },
    upstream: {
      formula: 'ȳ where x > 0, else ȳ · alpha · eˣ',
      rule: ({ x, dy }, attributes) => eluGrad(x, dy, attributes),
    },
  },
  decompose: ({ x, upstream }, { alpha }) =>
    where(greater(x, 0), upstream, mul(upstream, mul(alpha, exp(x)))),
  lower: binary('EluGrad', ({ alpha }) => ({ alpha })),
  reference: elementwiseWith(({ alpha }, x, upstream) =>
    x! > 0 ? upstream! : upstream! * alpha * exponential(x!),
  ),
  ulp: 6,
  sample: {
    ...sampleOfInput(kinkAtZero),
    cases: withAttributes(broadcastCases(['x', 'upstream']), ...alphas),
  },
})

// α and λ keep mean 0 and variance 1 from layer to layer.
const seluAlpha = 1.6732632423543772
const seluScale = 1.0507009873554805

/** `λ · elu(x, α)` with the self-normalizing constants (Klambauer and others 2017). */
export const selu: Elementwise<One> = op('selu', {
  ...ofOne,
  summary: 'Scaled elu, with the constants that keep mean 0 and variance 1; the derivative at 0 is λ · α.',
  symbol: 'selu',
  formula: 'y = λ · (x where x > 0, else α · (eˣ − 1)), λ = 1.0507…, α = 1.6733…',
  vjp: {
    x: {
      formula: 'x̄ = ȳ · λ · (1 where x > 0, else α · eˣ)',
      rule: ({ x, dy }) => eluGrad(x, mul(seluScale, dy), seluAlpha),
    },
  },
  decompose: ({ x }) => mul(seluScale, elu(x, seluAlpha)),
  reference: elementwise((x) => seluScale * (x! > 0 ? x! : seluAlpha * exponentialMinusOne(x!))),
  ulp: 6,
  sample: { domains: { x: kinkAtZero }, cases: unaryCases },
})

interface Bounds {
  /** Lower bound; default −∞. */
  min?: number
  /** Upper bound; default ∞. */
  max?: number
}

const bounds = {
  min: 'Lower bound; default −∞.',
  max: 'Upper bound; default ∞.',
}

function checkedBounds({ min = -Infinity, max = Infinity }: Bounds): Required<Bounds> {
  const numbers = typeof min === 'number' && typeof max === 'number' && min <= max
  if (!numbers || min === Infinity || max === -Infinity)
    throw new ValueError(`clip: expects min ≤ max, got min ${min} and max ${max}`)
  return { min, max }
}

const boundsSample: Bounds[] = [{ min: -1, max: 1.5 }, { min: -1 }, { max: 1.5 }]
const kinksAtBounds = uniform(-3, 3, { avoid: { points: [-1, 1.5], distance: 0.1 } })

/** `x` clamped to [min, max]; the derivative at a bound is 1. */
export const clip: Elementwise<One, Bounds> = op('clip', {
  ...ofOne,
  summary: 'The input clamped to [min, max]; the derivative at a bound is 1.',
  symbol: 'clip',
  formula: 'y = min(max(x, min), max)',
  attributes: bounds,
  prepare: checkedBounds,
  vjp: {
    x: {
      formula: 'x̄ = ȳ where min ≤ x ≤ max, else 0',
      rule: ({ x, dy }, attributes) => clipGrad(x, dy, attributes),
    },
  },
  lower: unary('Clip', ({ min, max }) => ({ min, max })),
  reference: elementwiseWith(({ min, max }, x) => Math.min(Math.max(x!, min), max)),
  ulp: 0,
  sample: { domains: { x: kinksAtBounds }, cases: withAttributes(unaryCases, ...boundsSample) },
})

interface Open {
  /** Whether the bounds are excluded; default false. */
  open?: boolean
}

/** `upstream` where `x` is between the bounds, else 0: the gradient of `clip` and similar functions. */
export const clipGrad: Elementwise<Pair, Bounds & Open> = op('clipGrad', {
  ...ofInput('clipGrad'),
  summary: 'Gradient of clip, from its input and the upstream derivative.',
  symbol: 'clip′',
  formula: 'y = upstream where min ≤ x ≤ max, else 0',
  attributes: { ...bounds, open: 'Whether the bounds are excluded; default false.' },
  prepare: ({ open = false, ...given }: Bounds & Open) => ({
    ...checkedBounds(given),
    open: checkFlag('clipGrad', 'open', open),
  }),
  vjp: {
    x: null,
    upstream: {
      formula: 'ȳ where min ≤ x ≤ max, else 0',
      rule: ({ x, dy }, attributes) => clipGrad(x, dy, attributes),
    },
  },
  lower: (context) => {
    const opcode = context.attributes.open ? 'OpenClipGrad' : 'ClipGrad'
    binary(opcode, ({ min, max }: Required<Bounds>) => ({ min, max }))(context)
  },
  reference: elementwiseWith(({ min, max, open }, x, upstream) =>
    (open ? x! > min && x! < max : x! >= min && x! <= max) ? upstream! : 0,
  ),
  ulp: 0,
  sample: {
    ...sampleOfInput(kinksAtBounds),
    cases: withAttributes(
      broadcastCases(['x', 'upstream']),
      ...([...boundsSample, { min: 0, max: 2, open: true }] as (Bounds & Open)[]),
    ),
  },
})

/** `x` clamped to [0, 6] (Howard and others 2017). */
export const relu6: Elementwise<One> = op('relu6', {
  ...ofOne,
  summary: 'Rectifier clipped at 6; the derivative at 0 and at 6 is 0.',
  symbol: 'relu6',
  formula: 'y = min(max(x, 0), 6)',
  vjp: {
    x: {
      formula: 'x̄ = ȳ where 0 < x < 6, else 0',
      rule: ({ x, dy }) => clipGrad(x, dy, { min: 0, max: 6, open: true }),
    },
  },
  decompose: ({ x }) => clip(x, { min: 0, max: 6 }),
  reference: elementwise((x) => Math.min(Math.max(x!, 0), 6)),
  ulp: 0,
  sample: { domains: { x: uniform(-3, 9, { avoid: { points: [0, 6], distance: 0.1 } }) }, cases: unaryCases },
})

const hardKinks = uniform(-5, 5, { avoid: { points: [-3, 3], distance: 0.1 } })

/** `relu6(x + 3) / 6` (Howard and others 2019). */
export const hardSigmoid: Elementwise<One> = op('hardSigmoid', {
  ...ofOne,
  summary: 'Piecewise linear sigmoid; the derivative at −3 and at 3 is 0.',
  symbol: 'hard σ',
  formula: 'y = min(max(x + 3, 0), 6) / 6',
  vjp: {
    x: {
      formula: 'x̄ = ȳ / 6 where −3 < x < 3, else 0',
      rule: ({ x, dy }) => clipGrad(x, div(dy, 6), { min: -3, max: 3, open: true }),
    },
  },
  decompose: ({ x }) => div(relu6(add(x, 3)), 6),
  lower: unary('HardSigmoid'),
  reference: elementwise((x) => Math.min(Math.max(x! + 3, 0), 6) / 6),
  ulp: 2,
  sample: { domains: { x: hardKinks }, cases: unaryCases },
})

/** `x · hardSigmoid(x)` (Howard and others 2019). */
export const hardSwish: Elementwise<One> = op('hardSwish', {
  ...ofOne,
  summary: 'The input times its hardSigmoid; the derivative at −3 is 0 and at 3 is 1.',
  symbol: 'hard swish',
  formula: 'y = x · min(max(x + 3, 0), 6) / 6',
  vjp: {
    x: {
      formula: 'x̄ = ȳ · (x/3 + ½) where −3 < x < 3; 0 on the left and ȳ on the right of that',
      rule: ({ x, dy }) => hardSwishGrad(x, dy),
    },
  },
  decompose: ({ x }) => mul(x, hardSigmoid(x)),
  lower: unary('HardSwish'),
  reference: elementwise((x) => Math.max(x!, -3) * (Math.min(Math.max(x! + 3, 0), 6) / 6)),
  ulp: 3,
  sample: { domains: { x: hardKinks }, cases: unaryCases },
})

/** Gradient of `hardSwish`. */
export const hardSwishGrad: Elementwise<Pair> = op('hardSwishGrad', {
  ...ofInput('hardSwishGrad'),
  summary: 'Gradient of hardSwish, from its input and the upstream derivative.',
  symbol: 'hard swish′',
  formula: 'y = upstream · (x/3 + ½) where −3 < x < 3; 0 on the left and upstream on the right of that',
  vjp: {
    x: {
      formula: 'ȳ · upstream / 3 where −3 < x < 3, else 0',
      rule: ({ x, upstream, dy }) => clipGrad(x, div(mul(dy, upstream), 3), { min: -3, max: 3, open: true }),
    },
    upstream: { formula: 'ȳ · (x/3 + ½) where −3 < x < 3 …', rule: ({ x, dy }) => hardSwishGrad(x, dy) },
  },
  decompose: ({ x, upstream }) =>
    mul(upstream, where(greater(3, x), where(greater(x, -3), add(div(x, 3), 0.5), 0), 1)),
  lower: binary('HardSwishGrad'),
  reference: elementwise((x, upstream) => upstream! * (x! >= 3 ? 1 : x! > -3 ? x! / 3 + 0.5 : 0)),
  // Near −1.5, where the derivative is 0, its terms cancel.
  ulp: 8,
  sample: sampleOfInput(uniform(-5, 5, { avoid: { points: [-3, -1.5, 3], distance: 0.2 } })),
})
