// Layers that take the largest or the mean of windows, or of all cells.
import * as ops from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import type { Padding, Pair } from '../windows.js'
import { checkRank, type LayerOptions, type LayerPlan, layer } from './layer.js'

export interface Pool1dOptions extends LayerOptions {
  /** Length of a window. */
  size: number
  /** Steps from one window to the next; the size unless given. */
  stride?: number
  /** `valid`, none, unless given; `same`; or how many steps on each side, which do not count. */
  padding?: 'valid' | 'same' | number
}

export interface Pool2dOptions extends LayerOptions {
  /** Height and width of a window: one number for both, or two. */
  size: number | Pair
  /** Cells from one window to the next; the size unless given. */
  stride?: number | Pair
  /** `valid`, none, unless given; `same`; or how many cells on each side, which do not count. */
  padding?: Padding
}

const sequences = '[length, channels]'
const images = '[height, width, channels]'

/** The largest number of each channel in each window of a sequence. */
export const maxPool1d = (options: Pool1dOptions): LayerPlan =>
  pooling('maxPool1d', options, 2, sequences, (x, windows) => ops.maxPool1d(x, windows))

/** The mean of each channel in each window of a sequence. */
export const avgPool1d = (options: Pool1dOptions): LayerPlan =>
  pooling('avgPool1d', options, 2, sequences, (x, windows) => ops.avgPool1d(x, windows))

/** The largest number of each channel in each window of an image. */
export const maxPool2d = (options: Pool2dOptions): LayerPlan =>
  pooling('maxPool2d', options, 3, images, (x, windows) => ops.maxPool2d(x, windows))

/** The mean of each channel in each window of an image. */
export const avgPool2d = (options: Pool2dOptions): LayerPlan =>
  pooling('avgPool2d', options, 3, images, (x, windows) => ops.avgPool2d(x, windows))

/** The mean of each channel: rows of [..., channels] become [channels]. */
export const globalAveragePool = (options: LayerOptions = {}): LayerPlan =>
  layer('globalAveragePool', options, () => (_, x) => ops.globalAveragePool(x))

/** The largest number of each channel: rows of [..., channels] become [channels]. */
export const globalMaxPool = (options: LayerOptions = {}): LayerPlan =>
  layer('globalMaxPool', options, () => (_, x) => ops.globalMaxPool(x))

function pooling<O extends LayerOptions>(
  kind: string,
  options: O,
  rank: number,
  rows: string,
  compute: (x: Tensor, windows: Omit<O, keyof LayerOptions>) => Tensor,
): LayerPlan {
  const { name: _, trainable: __, ...windows } = options
  return layer(kind, options, (_, shape) => {
    checkRank(kind, shape, rank, rows)
    return (_, x) => compute(x, windows)
  })
}
