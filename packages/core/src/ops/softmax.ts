// Softmax, and the losses that are computed from logits without ever forming a probability first.
import { binary, lowerRows, ternary } from '../compile/lowering.js'
import { ShapeError, ValueError } from '../errors.js'
import { type Elementwise, type Op, op } from '../op.js'
import { type Array64, elementwise } from '../reference.js'
import { broadcastCases, uniform } from '../sample.js'
import { broadcastShapes, describeShape, type Shape, sameShape, sizeOf } from '../shape.js'
import { add, mul, sub } from './arithmetic.js'
import { equal } from './comparison.js'
import { abs, exp, log, log1p, neg, relu, sigmoid, sigmoidGrad } from './elementwise.js'
import { max, sum } from './reductions.js'
import { expandDims } from './shape.js'

const rowShapes: readonly Shape[] = [[1], [3], [4], [9], [2, 3], [3, 10], [1, 17], [2, 3, 5], [0, 3]]
const rowSample = {
  domains: { x: uniform(-3, 3) },
  cases: rowShapes.map((shape) => ({ shapes: { x: shape } })),
}

const alongLast = (name: string) =>
  ({
    inputs: ['x'],
    shape: ({ x }: { x: Shape }) => {
      if (x.length === 0 || x[x.length - 1] === 0)
        throw new ShapeError(`${name}: x is ${describeShape(x)}; its last dimension must be 1 or more`)
      return x
    },
    // The budget for a row of n: n additions, an exponential each, a division.
    ulp: ({ x }: { x: Shape }) => 3 * x[x.length - 1]! + 3,
    sample: rowSample,
  }) as const

/** Exponentials along the last axis, divided by their sum; the largest is subtracted first. */
export const softmax: Elementwise<['x']> = op('softmax', {
  ...alongLast('softmax'),
  summary: 'Exponentials along the last axis, divided by their sum.',
  symbol: 'softmax',
  formula: 'yᵢ = eˣⁱ / Σⱼ eˣʲ',
  vjp: {
    x: {
      formula: 'x̄ = y · (ȳ − Σ ȳ · y)',
      rule: ({ y, dy }) => mul(y, sub(dy, sum(mul(dy, y), { axes: -1, keepDims: true }))),
    },
  },
  decompose: ({ x }) => exp(logSoftmax(x)),
  lower: lowerRows('Softmax'),
  reference: rows((x) => {
    const largest = Math.max(...x)
    const total = x.reduce((total, value) => total + Math.exp(value - largest), 0)
    return x.map((value) => Math.exp(value - largest) / total)
  }),
  onnx: 'Softmax',
})

/** Logarithm of `softmax`, without overflow or loss of small probabilities. */
export const logSoftmax: Elementwise<['x']> = op('logSoftmax', {
  ...alongLast('logSoftmax'),
  summary: 'Logarithm of softmax, without overflow.',
  symbol: 'log softmax',
  formula: 'yᵢ = xᵢ − ln Σⱼ eˣʲ',
  vjp: {
    x: {
      formula: 'x̄ = ȳ − eʸ · Σ ȳ',
      rule: ({ y, dy }) => sub(dy, mul(exp(y), sum(dy, { axes: -1, keepDims: true }))),
    },
  },
  decompose: ({ x }) => {
    const shifted = sub(x, max(x, { axes: -1, keepDims: true }))
    return sub(shifted, log(sum(exp(shifted), { axes: -1, keepDims: true })))
  },
  lower: lowerRows('LogSoftmax'),
  reference: rows((x) => {
    const largest = Math.max(...x)
    const total = x.reduce((total, value) => total + Math.exp(value - largest), 0)
    return x.map((value) => value - largest - Math.log(total))
  }),
  onnx: 'LogSoftmax',
})

const rowPair = {
  domains: { logits: uniform(-3, 3), labels: uniform(0, 1) },
  cases: rowShapes.map((shape) => ({ shapes: { logits: shape, labels: shape } })),
}

/** Cross-entropy of each row's softmax against a row of probabilities, such as a one-hot label. */
export const softmaxCrossEntropyWithLogits: Op<['logits', 'labels']> = op('softmaxCrossEntropyWithLogits', {
  inputs: ['logits', 'labels'],
  summary: 'Cross-entropy of the softmax of logits against probabilities, along the last axis.',
  symbol: 'softmax CE',
  formula: 'y = −Σᵢ labelsᵢ · log softmax(logits)ᵢ',
  shape: ({ logits, labels }) => {
    if (!sameShape(logits, labels) || logits.length === 0)
      throw new ShapeError(
        `softmaxCrossEntropyWithLogits: logits are ${describeShape(logits)}, labels ${describeShape(labels)}; both must have the same shape. Class numbers become such rows by oneHot`,
      )
    return logits.slice(0, -1)
  },
  vjp: {
    logits: {
      formula: 'ȳ · (softmax(logits) · Σ labels − labels)',
      rule: ({ logits, labels, dy }) => softmaxCrossEntropyGrad(logits, labels, expandDims(dy, -1)),
    },
    labels: {
      formula: '−ȳ · log softmax(logits)',
      rule: ({ logits, dy }) => neg(mul(logSoftmax(logits), expandDims(dy, -1))),
    },
  },
  decompose: ({ logits, labels }) => neg(sum(mul(labels, logSoftmax(logits)), -1)),
  reference: ([logits, labels]) => {
    const n = logits!.shape[logits!.shape.length - 1]!
    const out = new Float64Array(n === 0 ? 0 : logits!.data.length / n)
    for (let row = 0; row < out.length; row++) {
      const x = [...logits!.data.subarray(row * n, (row + 1) * n)]
      const largest = Math.max(...x)
      const logTotal = Math.log(x.reduce((total, value) => total + Math.exp(value - largest), 0))
      for (let i = 0; i < n; i++) out[row]! -= labels!.data[row * n + i]! * (x[i]! - largest - logTotal)
    }
    return out
  },
  lower: lowerRows('SoftmaxCrossEntropy'),
  onnx: 'SoftmaxCrossEntropyLoss',
  ulp: ({ logits }) => 3 * logits[logits.length - 1]! + 3,
  sample: rowPair,
})

/** `upstream · (softmax(logits) · Σ labels − labels)`: what the cross-entropy passes back to the logits. */
export const softmaxCrossEntropyGrad: Op<['logits', 'labels', 'upstream']> = op('softmaxCrossEntropyGrad', {
  inputs: ['logits', 'labels', 'upstream'],
  summary:
    'What softmaxCrossEntropyWithLogits passes back to the logits; upstream has a last dimension of 1.',
  symbol: 'softmax CE′',
  formula: 'y = upstream · (softmax(logits) · Σ labels − labels)',
  shape: ({ logits, labels, upstream }) => {
    if (!sameShape(logits, labels) || !sameShape(upstream, [...logits.slice(0, -1), 1]))
      throw new ShapeError(
        `softmaxCrossEntropyGrad: logits ${describeShape(logits)}, labels ${describeShape(labels)}, upstream ${describeShape(upstream)}; labels must be like logits, upstream too but for a last dimension of 1`,
      )
    return logits
  },
  vjp: {
    logits: {
      formula: 'the derivative of the decomposition',
      rule: ({ logits, labels, upstream, dy }) => {
        const p = softmax(logits)
        const scaled = mul(mul(dy, upstream), sum(labels, { axes: -1, keepDims: true }))
        return mul(p, sub(scaled, sum(mul(scaled, p), { axes: -1, keepDims: true })))
      },
    },
    labels: {
      formula: 'Σ (ȳ · upstream · softmax) − ȳ · upstream',
      rule: ({ logits, upstream, dy }) => {
        const scaled = mul(dy, upstream)
        return sub(sum(mul(scaled, softmax(logits)), { axes: -1, keepDims: true }), scaled)
      },
    },
    upstream: {
      formula: 'Σ ȳ · (softmax · Σ labels − labels)',
      rule: ({ logits, labels, dy }) =>
        sum(mul(dy, sub(mul(softmax(logits), sum(labels, { axes: -1, keepDims: true })), labels)), {
          axes: -1,
          keepDims: true,
        }),
    },
  },
  decompose: ({ logits, labels, upstream }) =>
    mul(upstream, sub(mul(softmax(logits), sum(labels, { axes: -1, keepDims: true })), labels)),
  reference: ([logits, labels, upstream]) => {
    const n = logits!.shape[logits!.shape.length - 1]!
    const out = new Float64Array(logits!.data.length)
    for (let start = 0; start < out.length; start += n) {
      const x = logits!.data.subarray(start, start + n)
      const z = labels!.data.subarray(start, start + n)
      const largest = Math.max(...x)
      const total = x.reduce((total, value) => total + Math.exp(value - largest), 0)
      const mass = z.reduce((total, value) => total + value, 0)
      for (let i = 0; i < n; i++)
        out[start + i] = upstream!.data[start / n]! * ((Math.exp(x[i]! - largest) / total) * mass - z[i]!)
    }
    return out
  },
  lower: lowerRows('SoftmaxCrossEntropyGrad'),
  onnx: null,
  ulp: ({ logits }) => 3 * logits[logits.length - 1]! + 6,
  sample: {
    domains: { ...rowPair.domains, upstream: uniform(0.5, 2) },
    cases: rowShapes.map((shape) => ({
      shapes: { logits: shape, labels: shape, upstream: [...shape.slice(0, -1), 1] },
    })),
  },
})

/** Cross-entropy of `σ(logits)` against probabilities, element by element, finite for every logit. */
export const sigmoidCrossEntropyWithLogits: Elementwise<['logits', 'labels']> = op(
  'sigmoidCrossEntropyWithLogits',
  {
    inputs: ['logits', 'labels'],
    broadcasts: true,
    summary: 'Cross-entropy of the sigmoid of logits against probabilities, element by element.',
    symbol: 'σ CE',
    formula: 'y = max(x, 0) − x·z + ln(1 + e⁻|ˣ|), with x = logits and z = labels',
    shape: ({ logits, labels }) =>
      broadcastShapes('sigmoidCrossEntropyWithLogits', ['logits', 'labels'], [logits, labels]),
    vjp: {
      logits: {
        formula: 'ȳ · (σ(logits) − labels)',
        rule: ({ logits, labels, dy }) => sigmoidCrossEntropyGrad(logits, labels, dy),
      },
      labels: { formula: '−ȳ · logits', rule: ({ logits, dy }) => neg(mul(dy, logits)) },
    },
    decompose: ({ logits, labels }) =>
      add(sub(relu(logits), mul(logits, labels)), log1p(exp(neg(abs(logits))))),
    lower: binary('SigmoidCrossEntropy'),
    reference: elementwise((x, z) => Math.max(x!, 0) - x! * z! + Math.log1p(Math.exp(-Math.abs(x!)))),
    onnx: null,
    ulp: 8,
    sample: {
      domains: { logits: uniform(-4, 4, { avoid: { points: [0], distance: 0.01 } }), labels: uniform(0, 1) },
      cases: broadcastCases(['logits', 'labels']),
    },
  },
)

/** `upstream · (σ(logits) − labels)`: what `sigmoidCrossEntropyWithLogits` passes back to the logits. */
export const sigmoidCrossEntropyGrad: Elementwise<['logits', 'labels', 'upstream']> = op(
  'sigmoidCrossEntropyGrad',
  {
    inputs: ['logits', 'labels', 'upstream'],
    broadcasts: true,
    summary: 'What sigmoidCrossEntropyWithLogits passes back to the logits.',
    symbol: 'σ CE′',
    formula: 'y = upstream · (σ(logits) − labels)',
    shape: ({ logits, labels, upstream }) =>
      broadcastShapes(
        'sigmoidCrossEntropyGrad',
        ['logits', 'labels', 'upstream'],
        [logits, labels, upstream],
      ),
    vjp: {
      logits: {
        formula: 'ȳ · upstream · σ(logits) · (1 − σ(logits))',
        rule: ({ logits, upstream, dy }) => sigmoidGrad(sigmoid(logits), mul(dy, upstream)),
      },
      labels: { formula: '−ȳ · upstream', rule: ({ upstream, dy }) => neg(mul(dy, upstream)) },
      upstream: {
        formula: 'ȳ · (σ(logits) − labels)',
        rule: ({ logits, labels, dy }) => sigmoidCrossEntropyGrad(logits, labels, dy),
      },
    },
    decompose: ({ logits, labels, upstream }) => mul(upstream, sub(sigmoid(logits), labels)),
    lower: ternary('SigmoidCrossEntropyGrad'),
    reference: elementwise((x, z, upstream) => upstream! * (1 / (1 + Math.exp(-x!)) - z!)),
    onnx: null,
    // Of the sigmoid and the product; where labels come near the sigmoid the difference cancels.
    ulp: 5,
    sample: {
      domains: { logits: uniform(-4, 4), labels: uniform(-2, -1), upstream: uniform(0.5, 2) },
      cases: broadcastCases(['logits', 'labels', 'upstream']),
    },
  },
)

/** Rows of 0 with a 1 at the place that each class number names. */
export const oneHot: Op<['x'], { depth: number }, 'depth'> = op('oneHot', {
  inputs: ['x'],
  summary: 'Rows of 0 with a 1 at the place that each class number names.',
  symbol: 'one-hot',
  formula: 'y[i, j] = [x[i] = j]',
  attributes: { depth: 'How many classes there are.' },
  shorthand: 'depth',
  prepare: ({ depth }: { depth: number }) => {
    if (!Number.isInteger(depth) || depth < 1)
      throw new ValueError(`oneHot: depth must be a whole number from 1 up, got ${depth}`)
    return { depth }
  },
  shape: ({ x }, { depth }) => [...x, depth],
  vjp: { x: null },
  decompose: ({ x }, { depth }) =>
    equal(
      expandDims(x, -1),
      Array.from({ length: depth }, (_, index) => index),
    ),
  reference: ([x], shape, { depth }) => {
    const out = new Float64Array(sizeOf(shape))
    for (const [row, value] of x!.data.entries())
      if (value >= 0 && value < depth && Number.isInteger(value)) out[row * depth + value] = 1
    return out
  },
  onnx: 'OneHot',
  ulp: 0,
  sample: {
    domains: { x: uniform(0, 4, { whole: true }) },
    cases: ([[], [1], [5], [2, 3], [0]] as Shape[]).map((shape) => ({
      shapes: { x: shape },
      attributes: { depth: 4 },
    })),
  },
})

/** Lifts a function of one row to the last axis. */
function rows(f: (row: number[]) => number[]) {
  return ([x]: readonly Array64[], shape: Shape): Float64Array => {
    const n = shape[shape.length - 1]!
    const out = new Float64Array(sizeOf(shape))
    for (let start = 0; start < out.length; start += n)
      out.set(f([...x!.data.subarray(start, start + n)]), start)
    return out
  }
}
