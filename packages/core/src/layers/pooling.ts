// Pooling layers: maximum or mean of windows, or of all cells.
import { type Checks, checkOptions, optional } from '../checks/check-options.js'
import type { Tensor } from '../graph/tensor.js'
import * as ops from '../ops/index.js'
import { cellsFrom, checkPadding, checkPadding1d, type Padding, type Pair, pairFrom } from '../ops/windows.js'
import { checkRank, type LayerOptions, type LayerPlan, layer, layerChecks } from './layer.js'

export interface Pool1dOptions extends LayerOptions {
  /** Length of a window. */
  size: number
  /** Distance between windows; default `size`. */
  stride?: number
  /** Padding: `valid` (default), none; `same`; or the number on each side. It does not count in the result. */
  padding?: 'valid' | 'same' | number
}

export interface Pool2dOptions extends LayerOptions {
  /** Height and width of a window: one number for both, or two. */
  size: number | Pair
  /** Distance between windows; default `size`. */
  stride?: number | Pair
  /** Padding: `valid` (default), none; `same`; or the number on each side. It does not count in the result. */
  padding?: Padding
}

const checks1d = {
  ...layerChecks,
  size: cellsFrom(1),
  stride: optional(cellsFrom(1)),
  padding: optional(checkPadding1d, 'valid'),
}

const checks2d = {
  ...layerChecks,
  size: pairFrom(1),
  stride: optional(pairFrom(1)),
  padding: optional(checkPadding, 'valid'),
}

/** The maximum of each channel in each window of a sequence. */
export const maxPool1d = (options: Pool1dOptions): LayerPlan =>
  pooling('maxPool1d', options, checks1d, 2, ops.maxPool1d)

/** The mean of each channel in each window of a sequence. */
export const avgPool1d = (options: Pool1dOptions): LayerPlan =>
  pooling('avgPool1d', options, checks1d, 2, ops.avgPool1d)

/** The maximum of each channel in each window of an image. */
export const maxPool2d = (options: Pool2dOptions): LayerPlan =>
  pooling('maxPool2d', options, checks2d, 3, ops.maxPool2d)

/** The mean of each channel in each window of an image. */
export const avgPool2d = (options: Pool2dOptions): LayerPlan =>
  pooling('avgPool2d', options, checks2d, 3, ops.avgPool2d)

/** The mean of each channel: rows of [..., channels] become [channels]. */
export const globalAveragePool = (options: LayerOptions = {}): LayerPlan =>
  globalPooling('globalAveragePool', options, ops.globalAveragePool)

/** The maximum of each channel: rows of [..., channels] become [channels]. */
export const globalMaxPool = (options: LayerOptions = {}): LayerPlan =>
  globalPooling('globalMaxPool', options, ops.globalMaxPool)

function pooling<O extends Pool1dOptions | Pool2dOptions>(
  kind: string,
  options: O,
  checks: Checks<O>,
  rank: number,
  compute: (x: Tensor, windows: Omit<O, keyof LayerOptions>) => Tensor,
): LayerPlan {
  const { size, stride = size, padding } = checkOptions(kind, options, checks)
  return layer(kind, options, (_, shape) => {
    checkRank(kind, shape, rank, rank === 2 ? '[length, channels]' : '[height, width, channels]')
    return (_, x) => compute(x, { size, stride, padding } as never)
  })
}

function globalPooling(kind: string, options: LayerOptions, compute: (x: Tensor) => Tensor): LayerPlan {
  checkOptions(kind, options, layerChecks)
  return layer(kind, options, () => (_, x) => compute(x))
}
