// Softmax, and the losses that are computed from logits directly.

import { ShapeError } from '../checks/errors.js'
import type { Buffer } from '../compile/instruction.js'
import { binary, type Lowering, sizesAlong, sizesOfRows, ternary } from '../compile/lowering.js'
import { type Elementwise, type Op, op } from '../graph/op.js'
import { elementwise, type Reference } from '../graph/reference.js'
import { broadcastCases, unaryCases, uniform } from '../graph/sample.js'
import {
  broadcastShapes,
  describeShape,
  normalizeAxis,
  type Shape,
  sameShape,
  sizeOf,
} from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { exponential, logarithm, logarithmOfOnePlus } from '../numbers/elementary.js'
import { relu, sigmoid, sigmoidGrad } from './activations.js'
import { add, mul, sub } from './arithmetic.js'
import { abs, exp, log, log1p, neg } from './elementwise.js'
import { oneHot } from './indexing.js'
import { max, sum } from './reductions.js'
import { expandDims } from './shape.js'

const rowShapes: readonly Shape[] = [
  [1],
  [3],
  [4],
  [5],
  [7],
  [8],
  [9],
  [129],
  [2, 3],
  [3, 10],
  [1, 17],
  [2, 3, 5],
  [0, 3],
]

/** Options of softmax. */
export interface SoftmaxOptions {
  /** The axis; default −1, the last. */
  axis?: number
}
interface Axis {
  readonly axis: number
}

const alongCases: readonly { readonly shape: Shape; readonly attributes?: SoftmaxOptions }[] = [
  ...rowShapes.map((shape) => ({ shape })),
  { shape: [5, 3], attributes: { axis: 0 } },
  { shape: [3, 4], attributes: { axis: 0 } },
  { shape: [2, 5, 6], attributes: { axis: 1 } },
  { shape: [4, 9], attributes: { axis: -2 } },
  { shape: [2, 0], attributes: { axis: 0 } },
]
const alongCasesOf = <Name extends string>(...names: Name[]) =>
  alongCases.map(({ shape, attributes }) => ({
    shapes: Object.fromEntries(names.map((name) => [name, shape])) as { [K in Name]: Shape },
    ...(attributes && { attributes }),
  }))

const along = (name: string) =>
  ({
    attributes: { axis: 'The axis; default −1, the last.' },
    shorthand: 'axis',
    prepare: ({ axis = -1 }: SoftmaxOptions, shapes: Readonly<Record<string, Shape>>): Axis => {
      const [shape] = Object.values(shapes)
      if (shape!.length === 0) throw new ShapeError(`${name}: expects at least one dimension, got a scalar`)
      return { axis: normalizeAxis(name, axis, shape!.length) }
    },
  }) as const

/** Shared by softmax and its logarithm. */
const alongOf = (name: string) =>
  ({
    ...along(name),
    inputs: ['x'],
    shape: ({ x }: { x: Shape }, { axis }: Axis) => {
      if (x[axis] === 0)
        throw new ShapeError(
          `${name}: x is ${describeShape(x)}; the dimension of the axis must be at least 1`,
        )
      return x
    },
    // The budget for n elements: n additions, an exponential each, a division.
    ulp: ({ x }: { x: Shape }) => 3 * Math.max(...x, 1) + 3,
    sample: { domains: { x: uniform(-3, 3) }, cases: alongCasesOf('x') },
  }) as const

/** Shared by their fused gradients, which take the output and the upstream derivative. */
const alongOutput = (name: string) =>
  ({
    ...along(name),
    inputs: ['output', 'upstream'],
    shape: ({ output, upstream }: { output: Shape; upstream: Shape }) => {
      if (!sameShape(output, upstream))
        throw new ShapeError(
          `${name}: output is ${describeShape(output)}, upstream ${describeShape(upstream)}; both must have the same shape`,
        )
      return output
    },
  }) as const

const lowerSoftmax =
  (opcode: 'Softmax' | 'LogSoftmax'): Lowering<{ readonly axis: number }> =>
  ({ inputs: [x], shape, attributes: { axis }, output, emit }) => {
    emit(opcode, { out: output(), x: x!.buffer, ...sizesAlong(shape, axis) })
  }

const lowerSoftmaxGrad =
  (opcode: 'SoftmaxGrad' | 'LogSoftmaxGrad'): Lowering<{ readonly axis: number }> =>
  ({ inputs: [y, dy], shape, attributes: { axis }, output, emit }) => {
    emit(opcode, { out: output(), y: y!.buffer, dy: dy!.buffer, ...sizesAlong(shape, axis) })
  }

/** Exponentials along an axis, divided by their sum; the maximum is subtracted first. */
export const softmax: Op<['x'], SoftmaxOptions, 'axis'> = op('softmax', {
  ...alongOf('softmax'),
  summary: 'Exponentials along an axis, divided by their sum.',
  symbol: 'softmax',
  formula: 'yᵢ = eˣⁱ / Σⱼ eˣʲ',
  vjp: {
    x: {
      formula: 'x̄ = y · (ȳ − Σ ȳ · y)',
      rule: ({ y, dy }, { axis }) => softmaxGrad(y, dy, { axis }),
    },
  },
  decompose: ({ x }, { axis }) => exp(logSoftmax(x, { axis })),
  lower: lowerSoftmax('Softmax'),
  reference: lines(([x]) => softmaxOf(x!)),
})

/** `output · (upstream − Σ upstream · output)`: the gradient of `softmax`. */
export const softmaxGrad: Op<['output', 'upstream'], SoftmaxOptions, 'axis'> = op('softmaxGrad', {
  ...alongOutput('softmaxGrad'),
  summary: 'Gradient of softmax, from its output and the upstream derivative.',
  symbol: 'softmax′',
  formula: 'y = output · (upstream − Σ upstream · output)',
  vjp: {
    output: {
      formula: 'ȳ · (upstream − Σ upstream · output) − upstream · Σ ȳ · output',
      rule: ({ output, upstream, dy }, { axis }) => {
        const mean = (values: Tensor) => sum(mul(values, output), { axes: axis, keepDims: true })
        return sub(mul(dy, sub(upstream, mean(upstream))), mul(upstream, mean(dy)))
      },
    },
    upstream: {
      formula: 'output · (ȳ − Σ ȳ · output)',
      rule: ({ output, dy }, { axis }) => softmaxGrad(output, dy, { axis }),
    },
  },
  decompose: ({ output, upstream }, { axis }) =>
    mul(output, sub(upstream, sum(mul(upstream, output), { axes: axis, keepDims: true }))),
  lower: lowerSoftmaxGrad('SoftmaxGrad'),
  reference: lines(([output, upstream]) => {
    const mean = output!.reduce((total, value, index) => total + value * upstream![index]!, 0)
    return output!.map((value, index) => value * (upstream![index]! - mean))
  }),
  // For the sum and a difference that is far from 0 in the samples; elsewhere it cancels.
  ulp: ({ output }) => 3 * Math.max(...output, 1) + 3,
  sample: {
    domains: { output: uniform(0.01, 0.02), upstream: uniform(4, 5) },
    cases: alongCasesOf('output', 'upstream'),
  },
})

/** Logarithm of `softmax`, without overflow or underflow. */
export const logSoftmax: Op<['x'], SoftmaxOptions, 'axis'> = op('logSoftmax', {
  ...alongOf('logSoftmax'),
  summary: 'Logarithm of softmax, without overflow.',
  symbol: 'log softmax',
  formula: 'yᵢ = xᵢ − ln Σⱼ eˣʲ',
  vjp: {
    x: {
      formula: 'x̄ = ȳ − eʸ · Σ ȳ',
      rule: ({ y, dy }, { axis }) => logSoftmaxGrad(y, dy, { axis }),
    },
  },
  decompose: ({ x }, { axis }) => {
    const shifted = sub(x, max(x, { axes: axis, keepDims: true }))
    return sub(shifted, log(sum(exp(shifted), { axes: axis, keepDims: true })))
  },
  lower: lowerSoftmax('LogSoftmax'),
  reference: lines(([x]) => logSoftmaxOf(x!)),
})

/** `upstream − e^output · Σ upstream`: the gradient of `logSoftmax`. */
export const logSoftmaxGrad: Op<['output', 'upstream'], SoftmaxOptions, 'axis'> = op('logSoftmaxGrad', {
  ...alongOutput('logSoftmaxGrad'),
  summary: 'Gradient of logSoftmax, from its output and the upstream derivative.',
  symbol: 'log softmax′',
  formula: 'y = upstream − e^output · Σ upstream',
  vjp: {
    output: {
      formula: '−ȳ · e^output · Σ upstream',
      rule: ({ output, upstream, dy }, { axis }) =>
        neg(mul(mul(dy, exp(output)), sum(upstream, { axes: axis, keepDims: true }))),
    },
    upstream: {
      formula: 'ȳ − Σ ȳ · e^output',
      rule: ({ output, dy }, { axis }) => sub(dy, sum(mul(dy, exp(output)), { axes: axis, keepDims: true })),
    },
  },
  decompose: ({ output, upstream }, { axis }) =>
    sub(upstream, mul(exp(output), sum(upstream, { axes: axis, keepDims: true }))),
  lower: lowerSoftmaxGrad('LogSoftmaxGrad'),
  reference: lines(([output, upstream]) => {
    const total = upstream!.reduce((total, value) => total + value, 0)
    return upstream!.map((value, index) => value - exponential(output![index]!) * total)
  }),
  ulp: ({ output }) => 3 * Math.max(...output, 1) + 3,
  sample: {
    // Far from where the difference cancels.
    domains: { output: uniform(-7, -6), upstream: uniform(-1, -0.8) },
    cases: alongCasesOf('output', 'upstream'),
  },
})

/** Number of rows, and of elements in each. */
const rowPair = {
  domains: { logits: uniform(-3, 3), labels: uniform(0, 1) },
  cases: rowShapes.map((shape) => ({ shapes: { logits: shape, labels: shape } })),
}

/** Cross-entropy of the row-wise softmax against rows of probabilities, such as one-hot labels. */
export const softmaxCrossEntropyWithLogits: Op<['logits', 'labels']> = op('softmaxCrossEntropyWithLogits', {
  inputs: ['logits', 'labels'],
  summary: 'Cross-entropy of the softmax of logits against probabilities, along the last axis.',
  symbol: 'softmax CE',
  formula: 'y = −Σᵢ labelsᵢ · log softmax(logits)ᵢ',
  shape: ({ logits, labels }) => {
    if (!sameShape(logits, labels) || logits.length === 0)
      throw new ShapeError(
        `softmaxCrossEntropyWithLogits: logits are ${describeShape(logits)}, labels ${describeShape(labels)}; both must have the same shape. Use oneHot to turn class indices into such rows`,
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
      const logarithms = logSoftmaxOf([...logits!.data.subarray(row * n, (row + 1) * n)])
      for (let i = 0; i < n; i++) {
        const label = labels!.data[row * n + i]!
        // A label of 0 with a logit of −∞ adds nothing, not 0 · ∞.
        if (label !== 0) out[row]! -= label * logarithms[i]!
      }
    }
    return out
  },
  lower: ({ inputs, output, emit }) => {
    const [logits, labels] = inputs.map(({ buffer }) => buffer) as [Buffer, Buffer]
    emit('SoftmaxCrossEntropy', { losses: output(), logits, labels, ...sizesOfRows(inputs[0]!.shape) })
  },
  ulp: ({ logits }) => 3 * logits[logits.length - 1]! + 3,
  sample: rowPair,
})

/** `upstream · (softmax(logits) · Σ labels − labels)`: its gradient with respect to the logits. */
export const softmaxCrossEntropyGrad: Op<['logits', 'labels', 'upstream']> = op('softmaxCrossEntropyGrad', {
  inputs: ['logits', 'labels', 'upstream'],
  summary:
    'Gradient of softmaxCrossEntropyWithLogits with respect to the logits; upstream has a last dimension of 1.',
  symbol: 'softmax CE′',
  formula: 'y = upstream · (softmax(logits) · Σ labels − labels)',
  shape: ({ logits, labels, upstream }) => {
    if (!sameShape(logits, labels) || !sameShape(upstream, [...logits.slice(0, -1), 1]))
      throw new ShapeError(
        `softmaxCrossEntropyGrad: logits ${describeShape(logits)}, labels ${describeShape(labels)}, upstream ${describeShape(upstream)}; labels must have the shape of logits, upstream too except for a last dimension of 1`,
      )
    return logits
  },
  vjp: {
    logits: {
      formula: 'the derivative of the decomposition',
      rule: ({ logits, labels, upstream, dy }) => {
        const scaled = mul(mul(dy, upstream), sum(labels, { axes: -1, keepDims: true }))
        return softmaxGrad(softmax(logits), scaled)
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
      const p = softmaxOf([...logits!.data.subarray(start, start + n)])
      const z = labels!.data.subarray(start, start + n)
      const mass = z.reduce((total, value) => total + value, 0)
      for (let i = 0; i < n; i++) out[start + i] = upstream!.data[start / n]! * (p[i]! * mass - z[i]!)
    }
    return out
  },
  lower: ({ inputs, output, emit }) => {
    const [logits, labels, upstream] = inputs.map(({ buffer }) => buffer) as [Buffer, Buffer, Buffer]
    const sizes = sizesOfRows(inputs[0]!.shape)
    emit('SoftmaxCrossEntropy', { gradient: output(), logits, labels, upstream, ...sizes })
  },
  ulp: ({ logits }) => 3 * logits[logits.length - 1]! + 6,
  sample: {
    // Labels far from the probabilities, where the difference does not cancel.
    domains: {
      logits: uniform(-0.1, 0.1),
      labels: uniform(0, 1, { avoid: { points: [0.5], distance: 0.4 } }),
      upstream: uniform(0.5, 2),
    },
    cases: rowShapes.map((shape) => ({
      shapes: { logits: shape, labels: shape, upstream: [...shape.slice(0, -1), 1] },
    })),
  },
})

const classShapes = rowShapes.filter((shape) => shape[shape.length - 1]! >= 3)
const classDomain = uniform(0, 3, { whole: true })

/** The exclusive upper limit of class indices. */
const indices = { classes: ({ logits }: { logits: Shape }) => logits[logits.length - 1]! }

function checkClasses(
  name: string,
  { logits, ...others }: Readonly<Record<'logits' | 'classes', Shape>>,
): void {
  for (const [input, shape] of Object.entries(others))
    if (logits.length === 0 || !sameShape(shape, logits.slice(0, -1)))
      throw new ShapeError(
        `${name}: logits are ${describeShape(logits)}, ${input} ${describeShape(shape)}; there must be one for each row of logits`,
      )
}

/** Cross-entropy of the row-wise softmax against class indices. */
export const sparseSoftmaxCrossEntropyWithLogits: Op<['logits', 'classes']> = op(
  'sparseSoftmaxCrossEntropyWithLogits',
  {
    inputs: ['logits', 'classes'],
    indices,
    summary:
      'Cross-entropy of the softmax of logits, along the last axis, against one class index for each row.',
    symbol: 'softmax CE',
    formula: 'y = −log softmax(logits)[classes]',
    shape: ({ logits, classes }) => {
      checkClasses('sparseSoftmaxCrossEntropyWithLogits', { logits, classes })
      return classes
    },
    vjp: {
      logits: {
        formula: 'ȳ · (softmax(logits) − oneHot(classes))',
        rule: ({ logits, classes, dy }) => sparseSoftmaxCrossEntropyGrad(logits, dy, classes),
      },
      classes: null,
    },
    decompose: ({ logits, classes }) =>
      neg(sum(mul(oneHot(classes, logits.shape[logits.rank - 1]!), logSoftmax(logits)), -1)),
    reference: ([logits, classes]) => {
      const n = logits!.shape[logits!.shape.length - 1]!
      const out = new Float64Array(classes!.data.length)
      for (const [row, place] of classes!.data.entries())
        out[row]! -= logSoftmaxOf([...logits!.data.subarray(row * n, (row + 1) * n)])[place]!
      return out
    },
    lower: ({ inputs, output, emit }) => {
      const [logits, indices] = inputs.map(({ buffer }) => buffer) as [Buffer, Buffer]
      const { rows: count, columns: limit } = sizesOfRows(inputs[0]!.shape)
      emit('SparseSoftmaxCrossEntropy', { losses: output(), logits, indices, count, limit })
    },
    ulp: ({ logits }) => 3 * logits[logits.length - 1]! + 3,
    sample: {
      // Not so far apart that a class is nearly certain: its loss would be the logarithm of a sum that rounds near 1.
      domains: { logits: uniform(-1, 1), classes: classDomain },
      cases: classShapes.map((shape) => ({ shapes: { logits: shape, classes: shape.slice(0, -1) } })),
    },
  },
)

/** `upstream · (softmax(logits) − oneHot(classes))`: the gradient with respect to the logits. */
export const sparseSoftmaxCrossEntropyGrad: Op<['logits', 'upstream', 'classes']> = op(
  'sparseSoftmaxCrossEntropyGrad',
  {
    inputs: ['logits', 'upstream', 'classes'],
    indices,
    summary: 'Gradient of sparseSoftmaxCrossEntropyWithLogits with respect to the logits.',
    symbol: 'softmax CE′',
    formula: 'y = upstream · (softmax(logits) − oneHot(classes))',
    shape: (shapes) => {
      checkClasses('sparseSoftmaxCrossEntropyGrad', shapes)
      return shapes.logits
    },
    vjp: {
      logits: {
        formula: 'the gradient of softmax, for ȳ · upstream',
        rule: ({ logits, upstream, dy }) => softmaxGrad(softmax(logits), mul(dy, expandDims(upstream, -1))),
      },
      upstream: {
        formula: 'Σ ȳ · (softmax(logits) − oneHot(classes))',
        rule: ({ logits, classes, dy }) => sum(mul(dy, lessOneHot(logits, classes)), -1),
      },
      classes: null,
    },
    decompose: ({ logits, upstream, classes }) => mul(expandDims(upstream, -1), lessOneHot(logits, classes)),
    reference: ([logits, upstream, classes]) => {
      const n = logits!.shape[logits!.shape.length - 1]!
      const out = new Float64Array(logits!.data.length)
      for (const [row, place] of classes!.data.entries())
        for (const [i, p] of softmaxOf([...logits!.data.subarray(row * n, (row + 1) * n)]).entries())
          out[row * n + i] = upstream!.data[row]! * (p - Number(i === place))
      return out
    },
    lower: ({ inputs, output, emit }) => {
      const [logits, upstream, indices] = inputs.map(({ buffer }) => buffer) as [Buffer, Buffer, Buffer]
      const { rows: count, columns: limit } = sizesOfRows(inputs[0]!.shape)
      emit('SparseSoftmaxCrossEntropy', { gradient: output(), logits, indices, count, limit, upstream })
    },
    ulp: ({ logits }) => 3 * logits[logits.length - 1]! + 6,
    sample: {
      domains: { logits: uniform(-1, 1), upstream: uniform(0.5, 2), classes: classDomain },
      cases: classShapes.map((shape) => ({
        shapes: { logits: shape, upstream: shape.slice(0, -1), classes: shape.slice(0, -1) },
      })),
    },
  },
)

/** softmax(logits) − oneHot(classes). */
function lessOneHot(logits: Tensor, classes: Tensor): Tensor {
  return sub(softmax(logits), oneHot(classes, logits.shape[logits.rank - 1]!))
}

/** Cross-entropy of `σ(logits)` against probabilities, elementwise, finite for every logit. */
export const sigmoidCrossEntropyWithLogits: Elementwise<['logits', 'labels']> = op(
  'sigmoidCrossEntropyWithLogits',
  {
    inputs: ['logits', 'labels'],
    summary: 'Cross-entropy of the sigmoid of logits against probabilities of the same shape, elementwise.',
    symbol: 'σ CE',
    formula: 'y = max(x, 0) − x·z + ln(1 + e⁻|ˣ|), with x = logits and z = labels',
    shape: ({ logits, labels }) => {
      if (!sameShape(logits, labels))
        throw new ShapeError(
          `sigmoidCrossEntropyWithLogits: logits are ${describeShape(logits)}, labels ${describeShape(labels)}; both must have the same shape`,
        )
      return logits
    },
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
    // Like the decomposition, but without a difference of two infinities.
    reference: elementwise(
      (x, z) => Math.abs(x!) * (x! > 0 ? 1 - z! : z!) + logarithmOfOnePlus(exponential(-Math.abs(x!))),
    ),
    ulp: 8,
    sample: {
      domains: { logits: uniform(-4, 4, { avoid: { points: [0], distance: 0.01 } }), labels: uniform(0, 1) },
      cases: unaryCases.map(({ shapes: { x } }) => ({ shapes: { logits: x, labels: x } })),
    },
  },
)

/** `upstream · (σ(logits) − labels)`: the gradient of `sigmoidCrossEntropyWithLogits` with respect to the logits. */
export const sigmoidCrossEntropyGrad: Elementwise<['logits', 'labels', 'upstream']> = op(
  'sigmoidCrossEntropyGrad',
  {
    inputs: ['logits', 'labels', 'upstream'],
    broadcasts: true,
    summary: 'Gradient of sigmoidCrossEntropyWithLogits with respect to the logits.',
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
    reference: elementwise((x, z, upstream) => upstream! * (1 / (1 + exponential(-x!)) - z!)),
    // For the sigmoid and the product; where labels are close to the sigmoid the difference cancels.
    ulp: 5,
    sample: {
      domains: { logits: uniform(-4, 4), labels: uniform(-2, -1), upstream: uniform(0.5, 2) },
      cases: broadcastCases(['logits', 'labels', 'upstream']),
    },
  },
)

/** Lifts a function of the elements of each input along the axis. */
function lines(f: (values: readonly number[][]) => number[]): Reference<Axis> {
  return (inputs, shape, { axis }) => {
    const length = shape[axis]!
    const inner = sizeOf(shape.slice(axis + 1))
    const out = new Float64Array(sizeOf(shape))
    for (let line = 0; line < out.length / length; line++) {
      const at = (index: number) => (Math.floor(line / inner) * length + index) * inner + (line % inner)
      const values = inputs.map(({ data }) => Array.from({ length }, (_, index) => data[at(index)]!))
      for (const [index, value] of f(values).entries()) out[at(index)] = value
    }
    return out
  }
}

/** The softmax of one row. */
function softmaxOf(x: readonly number[]): number[] {
  const { shifted, total } = exponentials(x)
  return shifted.map((value) => exponential(value) / total)
}

/** Its logarithm. */
function logSoftmaxOf(x: readonly number[]): number[] {
  const { shifted, total } = exponentials(x)
  const logTotal = logarithm(total)
  return shifted.map((value) => value - logTotal)
}

/** The elements minus their maximum, so that no exponential overflows, and the sum of their exponentials. */
function exponentials(x: readonly number[]) {
  // Not by spreading: a list of arguments has a limit.
  const largest = x.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  const shifted = x.map((value) => value - largest)
  return { shifted, total: shifted.reduce((total, value) => total + exponential(value), 0) }
}
