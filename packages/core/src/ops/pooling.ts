// Pooling: maximum or mean of windows that move over an image, and their gradients.
//
// Channels are last, as in convolution.ts. Cells outside the image do not belong to any window.
import { checkFlag } from '../checks/check-options.js'
import { ShapeError, ValueError } from '../checks/errors.js'
import { lowerPooling } from '../compile/convolution.js'
import { type Op, op } from '../graph/op.js'
import { uniform } from '../graph/sample.js'
import { describeShape, type Shape, sameShape, sizeOf } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { mean } from './reductions.js'
import { asImageWindows, checkSequences, ofSequences, type SequenceWindows } from './sequences.js'
import { reshape } from './shape.js'
import { outputSize, type Padding, type Pair, paddingOf, pairOf, type Windows } from './windows.js'

interface PoolingOptions {
  /** Height and width of a window: a number for both, or [height, width]. */
  size: number | Pair
  /** Distance between windows; default size. */
  stride?: number | Pair
  /** Padding, less than the size on each side; default `valid`, none. */
  padding?: Padding
}

interface AverageOptions extends PoolingOptions {
  /** Whether padding counts as cells of 0, as in PyTorch; otherwise the mean is over the cells of the image. */
  countPadding?: boolean
}

const attributes = {
  size: 'Height and width of a window: a number for both, or [height, width].',
  stride: 'Distance between windows; default size.',
  padding:
    'Padding: "valid" (default), none; "same", which keeps the size at stride 1; a number for each side; or [[above, below], [left, right]]. Less than the size.',
} as const

const averageAttributes = {
  ...attributes,
  countPadding:
    'Whether padding counts as cells of 0, as in PyTorch; otherwise, as in TensorFlow, the mean is over the cells of the image.',
} as const

type Pooling = Windows & { readonly size: Pair }
type Average = Pooling & { readonly countPadding: boolean }

/** Options with defaults filled in, for images of `input` cells. */
function filled(
  name: string,
  { size, stride = size, padding = 'valid' }: PoolingOptions,
  input: Pair,
): Pooling {
  const sizes = pairOf(name, 'size', size, 1)
  const strides = pairOf(name, 'stride', stride, 1)
  const sides = paddingOf(name, padding, input, sizes, strides)
  if (sides.some((side, axis) => side.some((cells) => cells >= sizes[axis]!)))
    throw new ValueError(
      `${name}: padding must be less than the size, ${sizes.join('×')}, or a window would lie beyond the image; got ${JSON.stringify(padding)}`,
    )
  return { size: sizes, stride: strides, padding: sides }
}

const filledAverage = (
  name: string,
  { countPadding = false, ...given }: AverageOptions,
  input: Pair,
): Average => ({
  ...filled(name, given, input),
  countPadding: checkFlag(name, 'countPadding', countPadding),
})

function planeOf(name: string, label: string, shape: Shape): Pair {
  if (shape.length !== 4)
    throw new ShapeError(
      `${name}: ${label} is ${describeShape(shape)}; it must be [images, height, width, channels]. Use expandDims to turn one image into a batch`,
    )
  return [shape[1]!, shape[2]!]
}

function pooled(name: string, x: Shape, attributes: Pooling): Shape {
  return [x[0]!, ...outputSize(name, planeOf(name, 'x', x), attributes.size, attributes), x[3]!]
}

function checkUpstream(name: string, upstream: Shape, wanted: Shape): void {
  if (!sameShape(upstream, wanted))
    throw new ShapeError(
      `${name}: upstream is ${describeShape(upstream)}; expects ${describeShape(wanted)}, the shape of the output`,
    )
}

/** The maximum of each window; the derivative goes to the first of ties, as in PyTorch. */
export const maxPool2d: Op<['x'], PoolingOptions, 'size'> = op('maxPool2d', {
  inputs: ['x'],
  summary:
    'The maximum of each window of images, [images, height, width, channels]; the derivative goes to the first of ties.',
  symbol: 'max pool',
  formula: 'y[n, i, j, c] = max x[n, i·s + u − p, j·s + v − p, c] over u, v',
  attributes,
  shorthand: 'size',
  prepare: (given: PoolingOptions, { x }) => filled('maxPool2d', given, planeOf('maxPool2d', 'x', x)),
  shape: ({ x }, attributes) => pooled('maxPool2d', x, attributes),
  vjp: {
    x: { formula: 'maxPool2dGrad(x, ȳ)', rule: ({ x, dy }, attributes) => maxPool2dGrad(x, dy, attributes) },
  },
  lower: lowerPooling('MaxPool', ({ inputs: [x] }) => ({ x: x!.buffer })),
  reference: ([x], shape, attributes) => {
    const y = new Float64Array(sizeOf(shape))
    forEachWindow(x!.shape, shape, attributes, (cells, at) => {
      y[at] = x!.data[largest(x!.data, cells)]!
    })
    return y
  },
  ulp: 0,
  sample: {
    domains: { x: uniform(-3, 3, { distinct: 0.01 }) },
    cases: cases((x, _, options) => ({ shapes: { x }, attributes: options })),
  },
})

/** Gradient of `maxPool2d`: each element of `upstream` goes to the maximum of its window of `x`. */
export const maxPool2dGrad: Op<['x', 'upstream'], PoolingOptions, 'size'> = op('maxPool2dGrad', {
  inputs: ['x', 'upstream'],
  summary: 'Gradient of maxPool2d: upstream at the maximum of each window, the first of ties.',
  symbol: 'max pool′',
  formula: 'y[n, a, b, c] = Σ upstream[n, i, j, c] over the windows with maximum x[n, a, b, c]',
  attributes,
  shorthand: 'size',
  prepare: (given: PoolingOptions, { x }) => filled('maxPool2dGrad', given, planeOf('maxPool2dGrad', 'x', x)),
  shape: ({ x, upstream }, attributes) => {
    checkUpstream('maxPool2dGrad', upstream, pooled('maxPool2dGrad', x, attributes))
    return x
  },
  vjp: {
    // A small change of x does not move the maxima.
    x: null,
    upstream: {
      formula: 'maxPool2dPick(x, ȳ)',
      rule: ({ x, dy }, attributes) => maxPool2dPick(x, dy, attributes),
    },
  },
  lower: lowerPooling('MaxPoolGrad', ({ inputs: [x, dy] }) => ({ x: x!.buffer, dy: dy!.buffer })),
  reference: ([x, upstream], shape, attributes) => {
    const dx = new Float64Array(sizeOf(shape))
    forEachWindow(shape, upstream!.shape, attributes, (cells, at) => {
      dx[largest(x!.data, cells)]! += upstream!.data[at]!
    })
    return dx
  },
  // A cell may be the maximum of several windows.
  ulp: 4,
  sample: {
    domains: { x: uniform(-3, 3, { distinct: 0.01 }), upstream: uniform(0.1, 2) },
    cases: cases((x, y, options) => ({ shapes: { x, upstream: y }, attributes: options })),
  },
})

/** For each window the element of `values` where `x` is largest, the first of ties. */
export const maxPool2dPick: Op<['x', 'values'], PoolingOptions, 'size'> = op('maxPool2dPick', {
  inputs: ['x', 'values'],
  summary: 'For each window the element of values where x is largest, the first of ties.',
  symbol: 'pick max',
  formula: 'y[n, i, j, c] = values[n, a, b, c], where x[n, a, b, c] is the maximum of its window',
  attributes,
  shorthand: 'size',
  prepare: (given: PoolingOptions, { x }) => filled('maxPool2dPick', given, planeOf('maxPool2dPick', 'x', x)),
  shape: ({ x, values }, attributes) => {
    if (!sameShape(x, values))
      throw new ShapeError(
        `maxPool2dPick: x is ${describeShape(x)}, values are ${describeShape(values)}; both must have the same shape`,
      )
    return pooled('maxPool2dPick', x, attributes)
  },
  vjp: {
    x: null,
    values: {
      formula: 'maxPool2dGrad(x, ȳ)',
      rule: ({ x, dy }, attributes) => maxPool2dGrad(x, dy, attributes),
    },
  },
  lower: lowerPooling('MaxPoolPick', ({ inputs: [x, values] }) => ({
    x: x!.buffer,
    values: values!.buffer,
  })),
  reference: ([x, values], shape, attributes) => {
    const y = new Float64Array(sizeOf(shape))
    forEachWindow(x!.shape, shape, attributes, (cells, at) => {
      y[at] = values!.data[largest(x!.data, cells)]!
    })
    return y
  },
  ulp: 0,
  sample: {
    domains: { x: uniform(-3, 3, { distinct: 0.01 }), values: uniform(-3, 3) },
    cases: cases((x, _, options) => ({ shapes: { x, values: x }, attributes: options })),
  },
})

/** The mean of each window. */
export const avgPool2d: Op<['x'], AverageOptions, 'size'> = op('avgPool2d', {
  inputs: ['x'],
  summary: 'The mean of each window of images, [images, height, width, channels].',
  symbol: 'avg pool',
  formula: 'y[n, i, j, c] = mean of x[n, i·s + u − p, j·s + v − p, c] over u, v',
  attributes: averageAttributes,
  shorthand: 'size',
  prepare: (given: AverageOptions, { x }) => filledAverage('avgPool2d', given, planeOf('avgPool2d', 'x', x)),
  shape: ({ x }, attributes) => pooled('avgPool2d', x, attributes),
  vjp: {
    x: {
      formula: 'avgPool2dGrad(ȳ)',
      rule: ({ x, dy }, attributes) =>
        avgPool2dGrad(dy, { ...attributes, inputSize: planeOf('avgPool2d', 'x', x.shape) }),
    },
  },
  lower: lowerPooling('AveragePool', ({ inputs: [x], attributes }) => ({
    x: x!.buffer,
    countPadding: Number(attributes.countPadding),
  })),
  reference: ([x], shape, attributes) => {
    const y = new Float64Array(sizeOf(shape))
    forEachWindow(x!.shape, shape, attributes, (cells, at) => {
      y[at] = cells.reduce((total, cell) => total + x!.data[cell]!, 0) / counted(cells, attributes)
    })
    return y
  },
  ulp: 16,
  sample: {
    domains: { x: uniform(0.1, 2) },
    cases: averageCases((x, _, options) => ({ shapes: { x }, attributes: options })),
  },
})

type AverageGradOptions = AverageOptions & {
  /** Height and width of the images. */
  inputSize: Pair
}

/** Gradient of `avgPool2d`: each element of `upstream` is spread evenly over the cells of its window. */
export const avgPool2dGrad: Op<['upstream'], AverageGradOptions> = op('avgPool2dGrad', {
  inputs: ['upstream'],
  summary: 'Gradient of avgPool2d: upstream spread evenly over the cells of each window.',
  symbol: 'avg pool′',
  formula: 'y[n, a, b, c] = Σ upstream[n, i, j, c] / cells over the windows that x[n, a, b, c] is in',
  attributes: { ...averageAttributes, inputSize: 'Height and width of the images.' },
  prepare: ({ inputSize, ...given }: AverageGradOptions) => {
    const size = pairOf('avgPool2dGrad', 'inputSize', inputSize, 1)
    return { ...filledAverage('avgPool2dGrad', given, size), inputSize: size }
  },
  shape: ({ upstream }, attributes) => {
    planeOf('avgPool2dGrad', 'upstream', upstream)
    const x = [upstream[0]!, ...attributes.inputSize, upstream[3]!]
    checkUpstream('avgPool2dGrad', upstream, pooled('avgPool2dGrad', x, attributes))
    return x
  },
  vjp: {
    upstream: {
      formula: 'avgPool2d(ȳ)',
      rule: ({ dy }, { inputSize: _, ...attributes }) => avgPool2d(dy, attributes),
    },
  },
  lower: lowerPooling('AveragePoolGrad', ({ inputs: [dy], attributes }) => ({
    dy: dy!.buffer,
    countPadding: Number(attributes.countPadding),
  })),
  reference: ([upstream], shape, attributes) => {
    const dx = new Float64Array(sizeOf(shape))
    forEachWindow(shape, upstream!.shape, attributes, (cells, at) => {
      for (const cell of cells) dx[cell]! += upstream!.data[at]! / counted(cells, attributes)
    })
    return dx
  },
  ulp: 16,
  sample: {
    domains: { upstream: uniform(0.1, 2) },
    cases: averageCases((x, y, options) => ({
      shapes: { upstream: y },
      attributes: { ...options, inputSize: [x[1]!, x[2]!] as const },
    })),
  },
})

interface Pooling1dOptions extends SequenceWindows {
  /** Length of a window. */
  size: number
}

interface Average1dOptions extends Pooling1dOptions {
  /** Whether padding counts as steps of 0. */
  countPadding?: boolean
}

const attributes1d = {
  size: 'Length of a window.',
  stride: 'Distance between windows; default size.',
  padding:
    'Padding: "valid" (default), none; "same", which keeps the length at stride 1; a number for each end; or [before, after]. Less than the size.',
} as const

/** Options for sequences, as for images of height 1. */
const asImageOptions = ({ size, stride = size, padding }: Pooling1dOptions) => ({
  ...asImageWindows(padding === undefined ? { stride } : { stride, padding }),
  size: [1, size] as const,
})

const cases1d: readonly (readonly [x: Shape, options: Pooling1dOptions])[] = [
  [[1, 1, 1], { size: 1 }],
  [[1, 4, 1], { size: 2 }],
  [[2, 5, 3], { size: 2 }],
  [[1, 5, 4], { size: 3, stride: 1 }],
  [[1, 5, 2], { size: 3, padding: 'same' }],
  [[1, 7, 5], { size: 3, stride: 2, padding: 1 }],
  [[1, 3, 1], { size: 2, padding: [1, 0] }],
  [[0, 4, 2], { size: 2 }],
  [[1, 9, 9], { size: 4, stride: 3 }],
  [[3, 2, 2], { size: 2, stride: 5 }],
  [[1, 6, 1], { size: 6 }],
  [[1, 4, 3], { size: 1, stride: 2 }],
]

/** The maximum of each window along sequences; the derivative goes to the first of ties. */
export const maxPool1d: Op<['x'], Pooling1dOptions, 'size'> = op('maxPool1d', {
  inputs: ['x'],
  summary: 'The maximum of each window along sequences, [sequences, length, channels].',
  symbol: 'max pool',
  formula: 'y[n, i, c] = max x[n, i·s + u − p, c] over u',
  attributes: attributes1d,
  shorthand: 'size',
  prepare: (given: Pooling1dOptions, { x }) => {
    checkSequences('maxPool1d', x)
    return filled('maxPool1d', asImageOptions(given), [1, x[1]!])
  },
  ...ofSequences(maxPool2d as unknown as Op, { x: 1 }),
  ulp: 0,
  sample: {
    domains: { x: uniform(-3, 3, { distinct: 0.01 }) },
    cases: cases1d.map(([x, options]) => ({ shapes: { x }, attributes: options })),
  },
})

/** The mean of each window along sequences. */
export const avgPool1d: Op<['x'], Average1dOptions, 'size'> = op('avgPool1d', {
  inputs: ['x'],
  summary: 'The mean of each window along sequences, [sequences, length, channels].',
  symbol: 'avg pool',
  formula: 'y[n, i, c] = mean of x[n, i·s + u − p, c] over u',
  attributes: { ...attributes1d, countPadding: averageAttributes.countPadding },
  shorthand: 'size',
  prepare: ({ countPadding = false, ...given }: Average1dOptions, { x }) => {
    checkSequences('avgPool1d', x)
    return filledAverage('avgPool1d', { ...asImageOptions(given), countPadding }, [1, x[1]!])
  },
  ...ofSequences(avgPool2d as unknown as Op, { x: 1 }),
  ulp: 16,
  sample: {
    domains: { x: uniform(0.1, 2) },
    cases: [
      ...cases1d.map(([x, options]) => ({ shapes: { x }, attributes: options as Average1dOptions })),
      { shapes: { x: [1, 5, 2] }, attributes: { size: 3, padding: 1, countPadding: true } },
    ],
  },
})

/** Images, sequences or the like: batch, then any dimensions, then channels. */
function checkSpatial(name: string, x: Shape): void {
  if (x.length < 3 || sizeOf(x.slice(1)) === 0)
    throw new ShapeError(
      `${name}: x is ${describeShape(x)}; it must be [images, height, width, channels], or have other nonempty dimensions in between`,
    )
}

const globalCases: readonly Shape[] = [
  [1, 1, 1],
  [1, 4, 1],
  [2, 3, 3],
  [1, 1, 1, 1],
  [2, 2, 2, 1],
  [1, 2, 3, 4],
  [2, 3, 2, 5],
  [1, 3, 3, 8],
  [1, 2, 2, 9],
  [0, 2, 2, 3],
  [1, 2, 2, 2, 3],
  [1, 7, 5, 1],
]

/** The mean of each channel. */
export const globalAveragePool: Op<['x']> = op('globalAveragePool', {
  inputs: ['x'],
  summary: 'The mean of each channel: [images, height, width, channels] becomes [images, channels].',
  symbol: 'global avg',
  formula: 'y[n, c] = mean of x[n, i, j, c] over i, j',
  shape: ({ x }) => {
    checkSpatial('globalAveragePool', x)
    return [x[0]!, x[x.length - 1]!]
  },
  vjp: {
    x: {
      formula: 'x̄ = ȳ / cells, in the shape of x',
      rule: ({ x, dy }) => mean.definition.vjp.x!.rule!({ x, y: dy, dy }, between(x.shape), 0),
    },
  },
  decompose: ({ x }) => mean(x, between(x.shape)),
  reference: ([x], shape) => mean.definition.reference([x!], shape, between(x!.shape)),
  ulp: ({ x }) => sizeOf(x.slice(1, -1)) + 2,
  sample: { domains: { x: uniform(0.1, 2) }, cases: globalCases.map((x) => ({ shapes: { x } })) },
})

/** All axes except the first and the last. */
function between(shape: Shape) {
  return { axes: shape.map((_, axis) => axis).slice(1, -1), keepDims: false }
}

/** The maximum of each channel; the derivative goes to the first of ties. */
export const globalMaxPool: Op<['x']> = op('globalMaxPool', {
  inputs: ['x'],
  summary:
    'The maximum of each channel: [images, height, width, channels] becomes [images, channels]. The derivative goes to the first of ties.',
  symbol: 'global max',
  formula: 'y[n, c] = max x[n, i, j, c] over i, j',
  shape: ({ x }) => {
    checkSpatial('globalMaxPool', x)
    return [x[0]!, x[x.length - 1]!]
  },
  vjp: {
    x: {
      formula: 'as for maxPool1d with one window',
      rule: ({ x, dy }) => {
        const line = asLine(x)
        return reshape(
          maxPool2dGrad(line, reshape(dy, [x.shape[0]!, 1, 1, dy.shape[1]!]), [1, line.shape[2]!]),
          x.shape,
        )
      },
    },
  },
  decompose: ({ x }) =>
    reshape(maxPool2d(asLine(x), [1, asLine(x).shape[2]!]), [x.shape[0]!, x.shape[x.rank - 1]!]),
  reference: ([x], shape) => {
    const [images, channels] = shape as [number, number]
    const cells = sizeOf(x!.shape.slice(1, -1))
    return Float64Array.from({ length: images * channels }, (_, index) => {
      const first = Math.floor(index / channels) * cells * channels + (index % channels)
      let most = Number.NEGATIVE_INFINITY
      for (let cell = 0; cell < cells; cell++) most = Math.max(most, x!.data[first + cell * channels]!)
      return most
    })
  },
  ulp: 0,
  sample: {
    domains: { x: uniform(-3, 3, { distinct: 0.01 }) },
    cases: globalCases.map((x) => ({ shapes: { x } })),
  },
})

/** All cells of an image as a sequence. */
function asLine(x: Tensor): Tensor {
  return reshape(x, [x.shape[0]!, 1, sizeOf(x.shape.slice(1, -1)), x.shape[x.rank - 1]!])
}

/** Sample shapes, with the shape of their pooling. */
function cases<T>(make: (x: Shape, y: Shape, options: PoolingOptions) => T): T[] {
  const examples: readonly (readonly [x: Shape, options: PoolingOptions])[] = [
    [[1, 1, 1, 1], { size: 1 }],
    [[1, 2, 2, 1], { size: 2 }],
    [[2, 4, 4, 1], { size: 2 }],
    [[1, 5, 4, 3], { size: 2 }],
    [[1, 3, 3, 4], { size: 2, stride: 1 }],
    [[1, 3, 3, 5], { size: 3, stride: 2, padding: 'same' }],
    [
      [1, 4, 3, 2],
      {
        size: [2, 3],
        padding: [
          [1, 0],
          [0, 2],
        ],
      },
    ],
    [[1, 4, 4, 1], { size: 3, stride: [1, 2], padding: 1 }],
    [[0, 4, 4, 2], { size: 2 }],
    [[2, 2, 4, 9], { size: 2 }],
    [[1, 5, 5, 1], { size: 1, stride: 3 }],
    [[1, 4, 6, 8], { size: [4, 2] }],
  ]
  return examples.map(([x, options]) => {
    const name = 'maxPool2d'
    return make(x, pooled(name, x, filled(name, options, planeOf(name, 'x', x))), options)
  })
}

function averageCases<T>(make: (x: Shape, y: Shape, options: AverageOptions) => T): T[] {
  return [
    ...cases(make),
    ...cases((x, y, options) => make(x, y, { ...options, countPadding: true })).slice(5, 8),
  ]
}

/** Number of cells in a mean. */
const counted = (cells: readonly number[], { countPadding, size }: Average): number =>
  countPadding ? size[0] * size[1] : cells.length

/** Index of the maximum, the first of ties; of the last NaN if there is one, as in PyTorch. */
function largest(data: Float64Array, cells: readonly number[]): number {
  return cells.reduce((best, cell) => (data[cell]! > data[best]! || Number.isNaN(data[cell]) ? cell : best))
}

/** Calls `visit` with the indices of the cells of each window and of its element in the output. */
function forEachWindow(
  x: Shape,
  y: Shape,
  { size, stride, padding }: Pooling,
  visit: (cells: number[], at: number) => void,
): void {
  const [images, height, width, channels] = x as [number, number, number, number]
  const [, outHeight, outWidth] = y as [number, number, number]
  let at = 0
  for (let n = 0; n < images; n++)
    for (let i = 0; i < outHeight; i++)
      for (let j = 0; j < outWidth; j++)
        for (let c = 0; c < channels; c++) {
          const cells: number[] = []
          for (let u = 0; u < size[0]; u++)
            for (let v = 0; v < size[1]; v++) {
              const row = i * stride[0] + u - padding[0][0]
              const column = j * stride[1] + v - padding[1][0]
              if (row >= 0 && row < height && column >= 0 && column < width)
                cells.push(((n * height + row) * width + column) * channels + c)
            }
          visit(cells, at++)
        }
}
