// Convolution of images and sequences, and its transpose. Three operations are each other's gradients: the
// convolution, and its gradients with respect to images and weights.
//
// Channels are last: images are [images, height, width, channels], weights [kernel height, kernel width, channels /
// groups, output channels], as in TensorFlow.js. docs/decisions/2026-11-24-convolution.md says why.
import { checkCount } from '../checks/check-options.js'
import { ShapeError, ValueError } from '../checks/errors.js'
import {
  lowerConvolution,
  lowerConvolutionInputGrad,
  lowerConvolutionWeightGrad,
} from '../compile/convolution.js'
import { type Op, op } from '../graph/op.js'
import { uniform } from '../graph/sample.js'
import { describeShape, type Shape, sameShape, sizeOf } from '../graph/shape.js'
import { asImageWindows, checkSequences, ofSequences, type SequenceWindows } from './sequences.js'
import { type Convolution, outputSize, type Padding, type Pair, paddingOf, pairOf } from './windows.js'

interface ConvolutionOptions {
  /** Distance between windows: a number, or [vertical, horizontal]; default 1. */
  stride?: number | Pair
  /** Zero padding; default `valid`, none. */
  padding?: Padding
  /** Distance between kernel elements, as for `stride`; default 1. */
  dilation?: number | Pair
  /** Groups that the channels are split into, each with its own weights; one group per channel is depthwise. */
  groups?: number
}

const attributes = {
  stride: 'Distance between windows: a number, or [vertical, horizontal]; default 1.',
  padding:
    'Padding: "valid" (default), none; "same", which keeps the size at stride 1; a number for each side; or [[above, below], [left, right]].',
  dilation: 'Distance between kernel elements, as for stride; default 1.',
  groups:
    'Groups that the channels are split into, each with its own weights; one group per channel is depthwise.',
} as const

/** Options with defaults filled in, for images of `input` cells and a kernel of `kernel`. */
function filled(
  name: string,
  { stride = 1, padding = 'valid', dilation = 1, groups = 1 }: ConvolutionOptions,
  input: Pair,
  kernel: Pair,
): Convolution {
  checkCount(name, 'groups', groups)
  const strides = pairOf(name, 'stride', stride, 1)
  const dilations = pairOf(name, 'dilation', dilation, 1)
  const sides = paddingOf(name, padding, input, reachOf(kernel, dilations), strides)
  return { stride: strides, padding: sides, dilation: dilations, groups }
}

/** Extent of the dilated kernel, in cells. */
function reachOf(kernel: Pair, dilation: Pair): Pair {
  return [(kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1]
}

function checkImages(name: string, label: string, shape: Shape): void {
  if (shape.length !== 4 || shape[3] === 0)
    throw new ShapeError(
      `${name}: ${label} is ${describeShape(shape)}; it must be [images, height, width, channels]. Use expandDims to turn one image into a batch`,
    )
}

function checkWeights(name: string, shape: Shape): void {
  if (shape.length !== 4 || sizeOf(shape) === 0)
    throw new ShapeError(
      `${name}: weights are ${describeShape(shape)}; they must be [kernel height, kernel width, channels / groups, output channels], each at least 1`,
    )
}

/** Height and width of images and kernels. */
const plane = (shape: Shape, from: number): Pair => [shape[from]!, shape[from + 1]!]

/** Shape of the convolution of x. */
function convolved(name: string, x: Shape, weights: Shape, attributes: Convolution): Shape {
  const { dilation, groups } = attributes
  const [, , depth, out] = weights as [number, number, number, number]
  if (x[3] !== depth * groups)
    throw new ShapeError(
      `${name}: x is ${describeShape(x)}, ${x[3]} channels, but weights, ${describeShape(weights)}, are for ${depth * groups}${groups > 1 ? `, ${depth} in each of ${groups} groups` : ''}`,
    )
  if (out % groups !== 0)
    throw new ShapeError(
      `${name}: the ${out} output channels of weights, ${describeShape(weights)}, cannot be split into ${groups} groups; expects a multiple of ${groups}`,
    )
  return [x[0]!, ...outputSize(name, plane(x, 1), reachOf(plane(weights, 0), dilation), attributes), out]
}

/** Throws unless `upstream` has the shape of the output. */
function checkUpstream(name: string, upstream: Shape, wanted: Shape): void {
  if (!sameShape(upstream, wanted))
    throw new ShapeError(
      `${name}: upstream is ${describeShape(upstream)}; expects ${describeShape(wanted)}, the shape of the output`,
    )
}

/** Convolution in the sense of neural networks: the kernel is not flipped (cross-correlation). */
export const conv2d: Op<['x', 'weights'], ConvolutionOptions, never, 'convolve'> = op('conv2d', {
  inputs: ['x', 'weights'],
  summary:
    'Convolution of images, [images, height, width, channels], with weights, [kernel height, kernel width, channels / groups, output channels].',
  symbol: '∗',
  formula: 'y[n, i, j, o] = Σ x[n, i·s + u·d − p, j·s + v·d − p, c] · w[u, v, c, o] over u, v, c',
  attributes,
  prepare: (given: ConvolutionOptions, { x, weights }) => {
    checkImages('conv2d', 'x', x)
    checkWeights('conv2d', weights)
    return filled('conv2d', given, plane(x, 1), plane(weights, 0))
  },
  shape: ({ x, weights }, attributes) => convolved('conv2d', x, weights, attributes),
  vjp: {
    x: {
      formula: 'conv2dInputGrad(ȳ, weights)',
      rule: ({ x, weights, dy }, attributes) =>
        conv2dInputGrad(dy, weights, { ...attributes, inputSize: plane(x.shape, 1) }),
    },
    weights: {
      formula: 'conv2dWeightGrad(x, ȳ)',
      rule: ({ x, weights, dy }, attributes) =>
        conv2dWeightGrad(x, dy, { ...attributes, kernelSize: plane(weights.shape, 0) }),
    },
  },
  lower: lowerConvolution,
  reference: ([x, weights], shape, attributes) => {
    const y = new Float64Array(sizeOf(shape))
    forEachProduct(x!.shape, weights!.shape, shape, attributes, (atX, atWeights, atY) => {
      y[atY]! += (x!.data[atX] ?? 0) * weights!.data[atWeights]!
    })
    return y
  },
  ulp: ({ weights: [height, width, depth] }) => 2 * height! * width! * depth!,
  sample: {
    domains: { x: uniform(0.1, 2), weights: uniform(0.1, 2) },
    cases: cases(({ x, weights, options }) => ({ shapes: { x, weights }, attributes: options })),
  },
})

type InputGradOptions = ConvolutionOptions & {
  /** Height and width of the images. */
  inputSize: Pair
}

/** Gradient of `conv2d` with respect to its images. */
export const conv2dInputGrad: Op<['upstream', 'weights'], InputGradOptions> = op('conv2dInputGrad', {
  inputs: ['upstream', 'weights'],
  summary: 'Gradient of conv2d with respect to its images: upstream scattered by the weights.',
  symbol: '∗ᵀ',
  formula:
    'y[n, i·s + u·d − p, j·s + v·d − p, c] = Σ upstream[n, i, j, o] · w[u, v, c, o] over i, j, u, v, o',
  attributes: { ...attributes, inputSize: 'Height and width of the images.' },
  prepare: (given: InputGradOptions, { weights }) => {
    checkWeights('conv2dInputGrad', weights)
    const inputSize = pairOf('conv2dInputGrad', 'inputSize', given.inputSize, 0)
    return { ...filled('conv2dInputGrad', given, inputSize, plane(weights, 0)), inputSize }
  },
  shape: ({ upstream, weights }, attributes) => {
    checkImages('conv2dInputGrad', 'upstream', upstream)
    const x = [upstream[0]!, ...attributes.inputSize, weights[2]! * attributes.groups]
    checkUpstream('conv2dInputGrad', upstream, convolved('conv2dInputGrad', x, weights, attributes))
    return x
  },
  vjp: {
    upstream: {
      formula: 'conv2d(ȳ, weights)',
      rule: ({ weights, dy }, { inputSize: _, ...attributes }) => conv2d(dy, weights, attributes),
    },
    weights: {
      formula: 'conv2dWeightGrad(ȳ, upstream)',
      rule: ({ upstream, weights, dy }, { inputSize: _, ...attributes }) =>
        conv2dWeightGrad(dy, upstream, { ...attributes, kernelSize: plane(weights.shape, 0) }),
    },
  },
  lower: lowerConvolutionInputGrad,
  reference: ([upstream, weights], shape, attributes) => {
    const dx = new Float64Array(sizeOf(shape))
    forEachProduct(shape, weights!.shape, upstream!.shape, attributes, (atX, atWeights, atY) => {
      if (atX >= 0) dx[atX]! += upstream!.data[atY]! * weights!.data[atWeights]!
    })
    return dx
  },
  ulp: ({ weights: [height, width, , out] }) => 2 * height! * width! * out!,
  sample: {
    domains: { upstream: uniform(0.1, 2), weights: uniform(0.1, 2) },
    cases: cases(({ x, weights, y, options }) => ({
      shapes: { upstream: y, weights },
      attributes: { ...options, inputSize: plane(x, 1) },
    })),
  },
})

type WeightGradOptions = ConvolutionOptions & {
  /** Height and width of the kernel. */
  kernelSize: Pair
}

/** Gradient of `conv2d` with respect to its weights. */
export const conv2dWeightGrad: Op<['x', 'upstream'], WeightGradOptions> = op('conv2dWeightGrad', {
  inputs: ['x', 'upstream'],
  summary:
    'Gradient of conv2d with respect to its weights: products of upstream and the inputs of each weight.',
  symbol: '∗ʷ',
  formula: 'y[u, v, c, o] = Σ x[n, i·s + u·d − p, j·s + v·d − p, c] · upstream[n, i, j, o] over n, i, j',
  attributes: { ...attributes, kernelSize: 'Height and width of the kernel.' },
  prepare: (given: WeightGradOptions, { x }) => {
    checkImages('conv2dWeightGrad', 'x', x)
    const kernelSize = pairOf('conv2dWeightGrad', 'kernelSize', given.kernelSize, 1)
    return { ...filled('conv2dWeightGrad', given, plane(x, 1), kernelSize), kernelSize }
  },
  shape: ({ x, upstream }, attributes) => {
    checkImages('conv2dWeightGrad', 'upstream', upstream)
    const weights = [...attributes.kernelSize, Math.floor(x[3]! / attributes.groups), upstream[3]!]
    checkUpstream('conv2dWeightGrad', upstream, convolved('conv2dWeightGrad', x, weights, attributes))
    return weights
  },
  vjp: {
    x: {
      formula: 'conv2dInputGrad(upstream, ȳ)',
      rule: ({ x, upstream, dy }, { kernelSize: _, ...attributes }) =>
        conv2dInputGrad(upstream, dy, { ...attributes, inputSize: plane(x.shape, 1) }),
    },
    upstream: {
      formula: 'conv2d(x, ȳ)',
      rule: ({ x, dy }, { kernelSize: _, ...attributes }) => conv2d(x, dy, attributes),
    },
  },
  lower: lowerConvolutionWeightGrad,
  reference: ([x, upstream], shape, attributes) => {
    const dw = new Float64Array(sizeOf(shape))
    forEachProduct(x!.shape, shape, upstream!.shape, attributes, (atX, atWeights, atY) => {
      dw[atWeights]! += (x!.data[atX] ?? 0) * upstream!.data[atY]!
    })
    return dw
  },
  ulp: ({ upstream: [images, height, width] }) => 2 * Math.max(1, images! * height! * width!),
  sample: {
    domains: { x: uniform(0.1, 2), upstream: uniform(0.1, 2) },
    cases: cases(({ x, weights, y, options }) => ({
      shapes: { x, upstream: y },
      attributes: { ...options, kernelSize: plane(weights, 0) },
    })),
  },
})

interface TransposeOptions extends Omit<ConvolutionOptions, 'padding'> {
  /** Padding of the convolution that it transposes, so it makes the output smaller. */
  padding?: Padding
  /** Extra rows at the bottom and columns at the right of the output, less than the stride; default 0. */
  outputPadding?: number | Pair
  /** Height and width of the output, instead of `outputPadding`. */
  outputSize?: Pair
}

type Transpose = Convolution & { readonly inputSize: Pair }

/** Options of a transposed convolution with defaults filled in; `inputSize` is that of its output. */
function filledTranspose(
  name: string,
  { outputPadding, outputSize, ...given }: TransposeOptions,
  size: Pair,
  kernel: Pair,
): Transpose {
  if (outputPadding !== undefined && outputSize !== undefined)
    throw new ValueError(`${name}: use either outputPadding or outputSize, not both`)
  const stride = pairOf(name, 'stride', given.stride ?? 1, 1)
  const more = pairOf(name, 'outputPadding', outputPadding ?? 0, 0)
  if (more[0] >= stride[0] || more[1] >= stride[1])
    throw new ValueError(
      `${name}: outputPadding must be less than the stride, ${stride.join('×')}; got ${more.join('×')}`,
    )
  // "same" refers to the convolution of an image `stride` times as large.
  const grown: Pair = [size[0] * stride[0], size[1] * stride[1]]
  const wanted = outputSize === undefined ? undefined : pairOf(name, 'outputSize', outputSize, 1)
  const options = filled(name, given, wanted ?? grown, kernel)
  if (wanted) return { ...options, inputSize: wanted }
  const reach = reachOf(kernel, options.dilation)
  const along = (axis: 0 | 1): number => {
    const [before, after] = options.padding[axis]
    const cells = (size[axis] - 1) * stride[axis] + reach[axis]
    return more[axis] + (given.padding === 'same' ? grown[axis] : cells - before - after)
  }
  const inputSize: Pair = [along(0), along(1)]
  if (inputSize[0] < 1 || inputSize[1] < 1)
    throw new ShapeError(
      `${name}: the output would be ${inputSize.join('×')} after removing the padding; use less padding, or an x larger than ${size.join('×')}`,
    )
  return { ...options, inputSize }
}

/** Shape of the transposed convolution of x. */
function transposed(name: string, x: Shape, weights: Shape, attributes: Transpose): Shape {
  const y = [x[0]!, ...attributes.inputSize, weights[2]! * attributes.groups]
  const back = convolved(name, y, weights, attributes)
  if (!sameShape(back, x))
    throw new ShapeError(
      `${name}: the convolution of an output ${describeShape(y)} with weights ${describeShape(weights)} is ${describeShape(back)}, which x must be; got ${describeShape(x)}`,
    )
  return y
}

/**
 * Transposed convolution, which makes images larger: the convolution with the same weights, [kernel height, kernel
 * width, output channels / groups, channels], maps its output to the shape of x.
 */
export const conv2dTranspose: Op<['x', 'weights'], TransposeOptions> = op('conv2dTranspose', {
  inputs: ['x', 'weights'],
  summary:
    'Transposed convolution, which makes images larger: the gradient of conv2d with the same weights, [kernel height, kernel width, output channels / groups, channels].',
  symbol: '∗ᵀ',
  formula: 'y[n, i·s + u·d − p, j·s + v·d − p, c] = Σ x[n, i, j, o] · w[u, v, c, o] over i, j, u, v, o',
  attributes: {
    ...attributes,
    padding:
      'Padding of the convolution that it transposes, so it makes the output smaller; "same" makes the output stride times as large as x.',
    outputPadding: 'Extra rows and columns of the output, less than the stride; default 0.',
    outputSize: 'Height and width of the output, instead of outputPadding.',
  },
  prepare: (given: TransposeOptions, { x, weights }) => {
    checkImages('conv2dTranspose', 'x', x)
    checkWeights('conv2dTranspose', weights)
    return filledTranspose('conv2dTranspose', given, plane(x, 1), plane(weights, 0))
  },
  shape: ({ x, weights }, attributes) => transposed('conv2dTranspose', x, weights, attributes),
  vjp: {
    x: {
      formula: 'conv2d(ȳ, weights)',
      rule: ({ weights, dy }, { inputSize: _, ...attributes }) => conv2d(dy, weights, attributes),
    },
    weights: {
      formula: 'conv2dWeightGrad(ȳ, x)',
      rule: ({ x, weights, dy }, { inputSize: _, ...attributes }) =>
        conv2dWeightGrad(dy, x, { ...attributes, kernelSize: plane(weights.shape, 0) }),
    },
  },
  decompose: ({ x, weights }, attributes) => conv2dInputGrad(x, weights, attributes),
  reference: (inputs, shape, attributes) => conv2dInputGrad.definition.reference(inputs, shape, attributes),
  ulp: ({ weights: [height, width, , out] }) => 2 * height! * width! * out!,
  sample: {
    domains: { x: uniform(0.1, 2), weights: uniform(0.1, 2) },
    cases: [
      ...cases(({ x, weights, y, options }) => ({
        shapes: { x: y, weights },
        attributes: { ...options, outputSize: plane(x, 1) } as TransposeOptions,
      })),
      { shapes: { x: [1, 2, 3, 2], weights: [3, 3, 1, 2] }, attributes: { stride: 2, padding: 'same' } },
      {
        shapes: { x: [1, 2, 3, 1], weights: [3, 2, 2, 1] },
        attributes: { stride: [2, 3], padding: 1, outputPadding: [1, 2] },
      },
    ],
  },
})

interface Convolution1dOptions extends SequenceWindows {
  /** Distance between kernel elements; default 1. */
  dilation?: number
  /** Groups that the channels are split into, each with its own weights. */
  groups?: number
}

const attributes1d = {
  stride: 'Distance between windows; default 1.',
  padding:
    'Padding: "valid" (default), none; "same", which keeps the length at stride 1; a number for each end; or [before, after].',
  dilation: 'Distance between kernel elements; default 1.',
  groups: 'Groups that the channels are split into, each with its own weights.',
} as const

/** The same for images of height 1. */
const asImageOptions = ({ dilation = 1, groups = 1, ...windows }: Convolution1dOptions) => ({
  ...asImageWindows(windows),
  dilation: [1, dilation] as const,
  groups,
})

function checkWeights1d(name: string, shape: Shape): void {
  if (shape.length !== 3 || sizeOf(shape) === 0)
    throw new ShapeError(
      `${name}: weights are ${describeShape(shape)}; they must be [kernel length, channels / groups, output channels], each at least 1`,
    )
}

/** Convolution of sequences; the kernel is not flipped. */
export const conv1d: Op<['x', 'weights'], Convolution1dOptions, never, 'convolve'> = op('conv1d', {
  inputs: ['x', 'weights'],
  summary:
    'Convolution of sequences, [sequences, length, channels], with weights, [kernel length, channels / groups, output channels].',
  symbol: '∗',
  formula: 'y[n, i, o] = Σ x[n, i·s + u·d − p, c] · w[u, c, o] over u, c',
  attributes: attributes1d,
  prepare: (given: Convolution1dOptions, { x, weights }) => {
    checkSequences('conv1d', x)
    checkWeights1d('conv1d', weights)
    return filled('conv1d', asImageOptions(given), [1, x[1]!], [1, weights[0]!])
  },
  ...ofSequences(conv2d as Op, { x: 1, weights: 0 }),
  ulp: ({ weights: [length, depth] }) => 2 * length! * depth!,
  sample: {
    domains: { x: uniform(0.1, 2), weights: uniform(0.1, 2) },
    cases: cases1d(({ x, weights, options }) => ({ shapes: { x, weights }, attributes: options })),
  },
})

interface Transpose1dOptions extends Convolution1dOptions {
  /** Extra steps at the end of the output, less than the stride; default 0. */
  outputPadding?: number
  /** Length of the output, instead of `outputPadding`. */
  outputSize?: number
}

/** Transposed convolution of sequences, which makes them longer; see `conv2dTranspose`. */
export const conv1dTranspose: Op<['x', 'weights'], Transpose1dOptions> = op('conv1dTranspose', {
  inputs: ['x', 'weights'],
  summary:
    'Transposed convolution, which makes sequences longer: the gradient of conv1d with the same weights, [kernel length, output channels / groups, channels].',
  symbol: '∗ᵀ',
  formula: 'y[n, i·s + u·d − p, c] = Σ x[n, i, o] · w[u, c, o] over i, u, o',
  attributes: {
    ...attributes1d,
    padding:
      'Padding of the convolution that it transposes, so it makes the output shorter; "same" makes the output stride times as long as x.',
    outputPadding: 'Extra steps of the output, less than the stride; default 0.',
    outputSize: 'Length of the output, instead of outputPadding.',
  },
  prepare: ({ outputPadding, outputSize, ...given }: Transpose1dOptions, { x, weights }) => {
    checkSequences('conv1dTranspose', x)
    checkWeights1d('conv1dTranspose', weights)
    return filledTranspose(
      'conv1dTranspose',
      {
        ...asImageOptions(given),
        ...(outputPadding === undefined ? {} : { outputPadding: [0, outputPadding] }),
        ...(outputSize === undefined ? {} : { outputSize: [1, outputSize] }),
      },
      [1, x[1]!],
      [1, weights[0]!],
    )
  },
  ...ofSequences(conv2dInputGrad as Op, { x: 1, weights: 0 }),
  ulp: ({ weights: [length, , out] }) => 2 * length! * out!,
  sample: {
    domains: { x: uniform(0.1, 2), weights: uniform(0.1, 2) },
    cases: [
      ...cases1d(({ x, weights, y, options }) => ({
        shapes: { x: y, weights },
        attributes: { ...options, outputSize: x[1]! } as Transpose1dOptions,
      })),
      { shapes: { x: [1, 3, 2], weights: [2, 3, 2] }, attributes: { stride: 3, outputPadding: 1 } },
      { shapes: { x: [1, 3, 1], weights: [3, 1, 1] }, attributes: { stride: 2, padding: 'same' } },
    ],
  },
})

/** Sample shapes, tiny since every element is checked by finite differences, with the shape of their convolution. */
function cases<T>(
  make: (example: { x: Shape; weights: Shape; y: Shape; options: ConvolutionOptions }) => T,
): T[] {
  const examples: readonly (readonly [x: Shape, weights: Shape, options?: ConvolutionOptions])[] = [
    [[1, 1, 1, 1], [1, 1, 1, 1], {}],
    [[1, 3, 3, 1], [2, 2, 1, 1], {}],
    [[2, 3, 4, 1], [3, 3, 1, 2], { padding: 'same' }],
    [[1, 5, 4, 2], [3, 2, 2, 3], { padding: 'same', stride: 2 }],
    [[2, 2, 3, 3], [1, 1, 3, 5], {}],
    [[1, 4, 4, 1], [2, 2, 1, 9], { dilation: 2 }],
    [[1, 3, 2, 4], [2, 2, 2, 4], { padding: 1, groups: 2 }],
    [[1, 3, 5, 3], [3, 3, 1, 3], { padding: 'same', groups: 3 }],
    [[1, 5, 4, 5], [2, 2, 1, 5], { stride: 2, dilation: [2, 1], groups: 5 }],
    [[1, 3, 3, 2], [2, 2, 1, 4], { groups: 2 }],
    [[0, 3, 3, 2], [2, 2, 2, 3], {}],
    [
      [1, 2, 6, 1],
      [2, 3, 1, 17],
      {
        stride: [1, 2],
        padding: [
          [1, 0],
          [2, 1],
        ],
      },
    ],
    [[1, 4, 4, 1], [1, 1, 1, 2], { stride: 3 }],
    [[1, 2, 2, 2], [3, 3, 2, 1], { padding: 2 }],
    [[1, 6, 5, 1], [2, 2, 1, 1], { stride: 3 }],
  ]
  return examples.map(([x, weights, options = {}]) => {
    const attributes = filled('conv2d', options, plane(x, 1), plane(weights, 0))
    return make({ x, weights, y: convolved('conv2d', x, weights, attributes), options })
  })
}

function cases1d<T>(
  make: (example: { x: Shape; weights: Shape; y: Shape; options: Convolution1dOptions }) => T,
): T[] {
  const examples: readonly (readonly [x: Shape, weights: Shape, options?: Convolution1dOptions])[] = [
    [[1, 1, 1], [1, 1, 1], {}],
    [[1, 4, 1], [2, 1, 1], {}],
    [[2, 5, 2], [3, 2, 3], { padding: 'same' }],
    [[1, 7, 1], [3, 1, 2], { stride: 2 }],
    [[1, 7, 2], [2, 2, 1], { dilation: 3 }],
    [[1, 4, 4], [2, 2, 2], { groups: 2 }],
    [[1, 4, 3], [3, 1, 3], { groups: 3, padding: 1 }],
    [[1, 3, 2], [1, 2, 9], {}],
    [[0, 3, 2], [2, 2, 1], {}],
    [[1, 5, 1], [4, 1, 1], { padding: [2, 0] }],
    [[2, 9, 1], [5, 1, 4], { padding: 'same', stride: 3 }],
    [[1, 2, 1], [3, 1, 1], { padding: 2 }],
  ]
  return examples.map(([x, weights, options = {}]) => {
    const [images, length, channels] = x
    const kernel = [1, ...weights]
    const attributes = filled('conv1d', asImageOptions(options), [1, length!], plane(kernel, 0))
    const y = convolved('conv1d', [images!, 1, length!, channels!], kernel, attributes)
    return make({ x, weights, y: y.toSpliced(1, 1), options })
  })
}

/**
 * Calls `visit` with the indices of each element of x (−1 in the padding), of its weight, and of the element of y that
 * their product is added to: the definition of convolution, as loops over images, y, x, kernel, channels and outputs.
 */
function forEachProduct(
  x: Shape,
  weights: Shape,
  y: Shape,
  { stride, padding, dilation, groups }: Convolution,
  visit: (x: number, weights: number, y: number) => void,
): void {
  const [images, height, width, channels] = x as [number, number, number, number]
  const [kernelHeight, kernelWidth, depth, outputs] = weights as [number, number, number, number]
  const [, outHeight, outWidth] = y as [number, number, number]
  for (let n = 0; n < images; n++)
    for (let i = 0; i < outHeight; i++)
      for (let j = 0; j < outWidth; j++)
        for (let u = 0; u < kernelHeight; u++)
          for (let v = 0; v < kernelWidth; v++) {
            const row = i * stride[0] + u * dilation[0] - padding[0][0]
            const column = j * stride[1] + v * dilation[1] - padding[1][0]
            const beyond = row < 0 || row >= height || column < 0 || column >= width
            for (let c = 0; c < depth; c++)
              for (let o = 0; o < outputs; o++) {
                const channel = Math.floor(o / (outputs / groups)) * depth + c
                visit(
                  beyond ? -1 : ((n * height + row) * width + column) * channels + channel,
                  ((u * kernelWidth + v) * depth + c) * outputs + o,
                  ((n * outHeight + i) * outWidth + j) * outputs + o,
                )
              }
          }
}
