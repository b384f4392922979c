// Convolutional layers. Channels are last, as in the operations.
import { type Check, type Checked, checkCount, checkOptions, optional } from '../checks/check-options.js'
import { type Shape, sizeOf } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import * as ops from '../ops/index.js'
import { cellsFrom, checkPadding, checkPadding1d, type Padding, type Pair, pairFrom } from '../ops/windows.js'
import { activations } from './activation.js'
import { type WeightsOptions, weightsChecks, withWeights } from './dense.js'
import { checkRank, type LayerPlan, layer } from './layer.js'

interface ConvolutionOptions extends WeightsOptions {
  /** Number of output channels. */
  filters: number
  /** Groups that the channels are split into, each with its own filters; default 1. */
  groups?: number
}

/** Options of `conv1d`. */
export interface Conv1dOptions extends ConvolutionOptions {
  /** Length of the kernel. */
  kernelSize: number
  /** Distance between windows; default 1. */
  stride?: number
  /** Zero padding: `valid` (default), none; `same`; or the number on each side. */
  padding?: 'valid' | 'same' | number
  /** Distance between kernel elements; default 1. */
  dilation?: number
}

/** Options of `conv2d`. */
export interface Conv2dOptions extends ConvolutionOptions {
  /** Height and width of the kernel: one number for both, or two. */
  kernelSize: number | Pair
  /** Distance between windows, one number or [vertical, horizontal]; default 1. */
  stride?: number | Pair
  /** Zero padding: `valid` (default), none; `same`; or the number on each side. */
  padding?: Padding
  /** Distance between kernel elements; default 1. */
  dilation?: number | Pair
}

const checksOf = <S, P>(cells: Check<S>, padding: Check<P>) => ({
  ...weightsChecks,
  filters: checkCount,
  kernelSize: cells,
  stride: optional<S | number, 1>(cells, 1),
  padding: optional<P | 'valid', 'valid'>(padding, 'valid'),
  dilation: optional<S | number, 1>(cells, 1),
})

const checks1d = checksOf(cellsFrom(1), checkPadding1d)
const checks2d = checksOf(pairFrom(1), checkPadding)

const groups = optional(checkCount, 1)

/** Convolution of sequences: rows of [length, channels] become [length, filters]. */
export function conv1d(options: Conv1dOptions): LayerPlan {
  const checked = checkOptions('conv1d', options, { ...checks1d, groups })
  return convolution('conv1d', options, checked, 2, ([, channels]) => ({
    shape: [channels! / checked.groups, checked.filters],
    compute: (x, weights) => ops.conv1d(x, weights, { ...windowsOf(checked), groups: checked.groups }),
  }))
}

/** Convolution of images: rows of [height, width, channels] become [height, width, filters]. */
export function conv2d(options: Conv2dOptions): LayerPlan {
  const checked = checkOptions('conv2d', options, { ...checks2d, groups })
  return convolution('conv2d', options, checked, 3, ([, , channels]) => ({
    shape: [channels! / checked.groups, checked.filters],
    compute: (x, weights) => ops.conv2d(x, weights, { ...windowsOf(checked), groups: checked.groups }),
  }))
}

/** Options of `depthwiseConv2d`. */
export interface DepthwiseConv2dOptions extends Omit<Conv2dOptions, 'filters' | 'groups'> {
  /** Filters for each channel; default 1. */
  depthMultiplier?: number
}

/**
 * Depthwise convolution of images: rows of [height, width, channels] become [height, width, channels ·
 * depthMultiplier].
 */
export function depthwiseConv2d(options: DepthwiseConv2dOptions): LayerPlan {
  const { filters: _, ...checks } = checks2d
  const checked = checkOptions('depthwiseConv2d', options, {
    ...checks,
    depthMultiplier: optional(checkCount, 1),
  })
  return convolution('depthwiseConv2d', options, checked, 3, ([, , channels]) => {
    return {
      shape: [1, channels! * checked.depthMultiplier],
      compute: (x, weights) => ops.conv2d(x, weights, { ...windowsOf(checked), groups: channels! }),
    }
  })
}

/** Transposed convolution of sequences, which makes them longer: with padding `same`, `stride` times as long. */
export function conv1dTranspose(options: Omit<Conv1dOptions, 'groups'>): LayerPlan {
  const checked = checkOptions('conv1dTranspose', options, checks1d)
  return convolution('conv1dTranspose', options, checked, 2, ([, channels]) => ({
    shape: [checked.filters, channels!],
    compute: (x, weights) => ops.conv1dTranspose(x, weights, windowsOf(checked)),
  }))
}

/** Transposed convolution of images, which makes them larger: with padding `same`, `stride` times as large. */
export function conv2dTranspose(options: Omit<Conv2dOptions, 'groups'>): LayerPlan {
  const checked = checkOptions('conv2dTranspose', options, checks2d)
  return convolution('conv2dTranspose', options, checked, 3, ([, , channels]) => ({
    shape: [checked.filters, channels!],
    compute: (x, weights) => ops.conv2dTranspose(x, weights, windowsOf(checked)),
  }))
}

const windowsOf = <S, P, D>({ stride, padding, dilation }: { stride: S; padding: P; dilation: D }) => ({
  stride,
  padding,
  dilation,
})

/** Shared by all: weights of the size of the kernel and two kinds of channels, a bias, an activation. */
function convolution(
  kind: string,
  options: WeightsOptions,
  checked: Checked<WeightsOptions, typeof weightsChecks> & { kernelSize: number | Pair },
  rank: number,
  of: (shape: Shape) => { shape: Shape; compute: (x: Tensor, weights: Tensor) => Tensor },
): LayerPlan {
  const { weights, bias, activation, kernelSize } = withWeights(checked)
  const kernel =
    typeof kernelSize === 'object' ? kernelSize : rank === 2 ? [kernelSize] : [kernelSize, kernelSize]
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
      return activations[activation](b ? ops.add(products, b) : products)
    }
  })
}
