// Convolutional layers. Channels are last, as in the operations that they are made of.
import { checkCount } from '../check-options.js'
import * as ops from '../ops/index.js'
import { type Shape, sizeOf } from '../shape.js'
import type { Tensor } from '../tensor.js'
import type { Padding, Pair } from '../windows.js'
import { activations } from './activation.js'
import { checkedWeights, type WeightsOptions } from './dense.js'
import { checkRank, type LayerPlan, layer } from './layer.js'

interface ConvolutionOptions extends WeightsOptions {
  /** How many channels it puts out. */
  filters: number
  /** Parts that the channels are cut into, each with filters of its own; 1 unless given. */
  groups?: number
}

/** Options of `conv1d`. */
export interface Conv1dOptions extends ConvolutionOptions {
  /** Steps of the sequence under the kernel. */
  kernelSize: number
  /** Steps from one window to the next; 1 unless given. */
  stride?: number
  /** Zeros around the sequence: `valid`, none, unless given; `same`; or how many on each side. */
  padding?: 'valid' | 'same' | number
  /** Steps from one number under the kernel to the next; 1 unless given. */
  dilation?: number
}

/** Options of `conv2d`. */
export interface Conv2dOptions extends ConvolutionOptions {
  /** Height and width under the kernel: one number for both, or two. */
  kernelSize: number | Pair
  /** Cells from one window to the next, one number or [vertical, horizontal]; 1 unless given. */
  stride?: number | Pair
  /** Zeros around the image: `valid`, none, unless given; `same`; or how many on each side. */
  padding?: Padding
  /** Cells from one number under the kernel to the next; 1 unless given. */
  dilation?: number | Pair
}

/** Convolution of sequences: rows of [length, channels] become [length, filters]. */
export function conv1d(options: Conv1dOptions): LayerPlan {
  const { kernelSize, filters, groups = 1 } = options
  const windows = windowsOf(options)
  return convolution('conv1d', options, 2, [kernelSize], ([, channels]) => ({
    shape: [channels! / groups, filters],
    compute: (x, weights) => ops.conv1d(x, weights, { ...windows, groups }),
  }))
}

/** Convolution of images: rows of [height, width, channels] become [height, width, filters]. */
export function conv2d(options: Conv2dOptions): LayerPlan {
  const { kernelSize, filters, groups = 1 } = options
  const windows = windowsOf(options)
  return convolution('conv2d', options, 3, both(kernelSize), ([, , channels]) => ({
    shape: [channels! / groups, filters],
    compute: (x, weights) => ops.conv2d(x, weights, { ...windows, groups }),
  }))
}

/** Options of `depthwiseConv2d`. */
export interface DepthwiseConv2dOptions extends Omit<Conv2dOptions, 'filters' | 'groups'> {
  /** Filters for each channel; 1 unless given. */
  multiplier?: number
}

/** Convolution of images channel by channel: rows of [height, width, channels] become [height, width, channels · multiplier]. */
export function depthwiseConv2d(options: DepthwiseConv2dOptions): LayerPlan {
  const { kernelSize, multiplier = 1 } = options
  const windows = windowsOf(options)
  return convolution('depthwiseConv2d', { ...options, filters: multiplier }, 3, both(kernelSize), (shape) => {
    const channels = shape[2]!
    return {
      shape: [1, channels * multiplier],
      compute: (x, weights) => ops.conv2d(x, weights, { ...windows, groups: channels }),
    }
  })
}

/** Transposed convolution of sequences, which makes them longer: with padding `same`, `stride` times as long. */
export function conv1dTranspose(options: Omit<Conv1dOptions, 'groups'>): LayerPlan {
  const { kernelSize, filters } = options
  const windows = windowsOf(options)
  return convolution('conv1dTranspose', options, 2, [kernelSize], ([, channels]) => ({
    shape: [filters, channels!],
    compute: (x, weights) => ops.conv1dTranspose(x, weights, windows),
  }))
}

/** Transposed convolution of images, which makes them larger: with padding `same`, `stride` times as large. */
export function conv2dTranspose(options: Omit<Conv2dOptions, 'groups'>): LayerPlan {
  const { kernelSize, filters } = options
  const windows = windowsOf(options)
  return convolution('conv2dTranspose', options, 3, both(kernelSize), ([, , channels]) => ({
    shape: [filters, channels!],
    compute: (x, weights) => ops.conv2dTranspose(x, weights, windows),
  }))
}

const both = (size: number | Pair): Pair => (typeof size === 'number' ? [size, size] : size)

/** Options of the windows that were given. */
function windowsOf<S, P, D>(options: { stride?: S; padding?: P; dilation?: D }) {
  const { stride, padding, dilation } = options
  return {
    ...(stride !== undefined && { stride }),
    ...(padding !== undefined && { padding }),
    ...(dilation !== undefined && { dilation }),
  }
}

/** What all of them do: weights of the kernel's size and two kinds of channels, a bias, an activation. */
function convolution(
  kind: string,
  options: WeightsOptions & { filters: number },
  rank: number,
  kernel: readonly number[],
  of: (shape: Shape) => { shape: Shape; compute: (x: Tensor, weights: Tensor) => Tensor },
): LayerPlan {
  checkCount(kind, 'filters', options.filters)
  for (const size of kernel) checkCount(kind, 'kernelSize', size)
  const { weights, bias, activation } = checkedWeights(kind, options)
  const window = sizeOf(kernel)
  return layer(kind, options, (builder, shape) => {
    checkRank(kind, shape, rank, rank === 2 ? '[length, channels]' : '[height, width, channels]')
    const { shape: channels, compute } = of(shape)
    const [inward, outward] = channels as [number, number]
    const transposed = kind.endsWith('Transpose')
    const fans = transposed ? [outward, inward] : [inward, outward]
    const [fanIn, fanOut] = fans.map((count) => count * window) as [number, number]
    const w = builder.parameter('weights', [...kernel, ...channels], weights, fanIn, fanOut)
    const b = bias && builder.parameter('bias', [transposed ? inward : outward], bias, fanIn, fanOut)
    return (_, x) => {
      const products = compute(x, w)
      return activations[activation](b ? products.add(b) : products)
    }
  })
}
