// Normalization layers.
import { checkCount, checkOptions, checkPositive, checkShare, optional } from '../checks/check-options.js'
import { ShapeError } from '../checks/errors.js'
import { type Shape, sizeOf } from '../graph/shape.js'
import * as ops from '../ops/index.js'
import { type LayerOptions, type LayerPlan, layer, layerChecks } from './layer.js'

export interface NormalizationOptions extends LayerOptions {
  /** Added to the variance for numerical stability; default 1e-5. */
  epsilon?: number
}

const normalizationChecks = { ...layerChecks, epsilon: optional(checkPositive, 1e-5) }

export interface BatchNormOptions extends NormalizationOptions {
  /** Decay of the running mean and variance; default 0.9. */
  momentum?: number
}

/**
 * Normalizes each channel, the last dimension, to mean 0 and variance 1 over the batch, then scales and shifts it
 * (Ioffe and Szegedy 2015). In evaluation, and while frozen, it uses running statistics instead: r = momentum · r + (1
 * − momentum) · that of the batch, with the biased variance (divided by n).
 * @throws ShapeError in training for a batch with one value per channel.
 */
export function batchNorm(options: BatchNormOptions = {}): LayerPlan {
  const { momentum, epsilon } = checkOptions('batchNorm', options, {
    ...normalizationChecks,
    momentum: optional(checkShare, 0.9),
  })
  return layer('batchNorm', options, (builder, shape) => {
    const channels = [channelsOf('batchNorm', shape)]
    const gamma = builder.parameter('gamma', channels, 'ones')
    const beta = builder.parameter('beta', channels, 'zeros')
    const mean = builder.state('mean', channels, 'zeros')
    const variance = builder.state('variance', channels, 'ones')
    return (context, x) => {
      if (!context.training || !gamma.trainable)
        return ops.batchNormInference(x, gamma, beta, mean, variance, { epsilon })
      checkSeveral(
        `batchNorm: in a batch of ${x.shape[0]} row`,
        x.size / channels[0]!,
        'channel',
        'use batches of at least 2 rows',
      )
      const batchMean = ops.mean(
        x,
        x.shape.slice(0, -1).map((_, axis) => axis),
      )
      const batchVariance = ops.channelVariance(x, batchMean)
      for (const [running, found] of [
        [mean, batchMean],
        [variance, batchVariance],
      ] as const) {
        // A layer that is called twice includes both batches.
        const before = context.assignments.get(running) ?? running
        context.assign(running, ops.add(ops.mul(before, momentum), ops.mul(found, 1 - momentum)))
      }
      return ops.batchNorm(x, gamma, beta, { epsilon })
    }
  })
}

/** Normalizes the last dimension of each row to mean 0 and variance 1, then scales and shifts it (Ba et al. 2016). */
export function layerNorm(options: NormalizationOptions = {}): LayerPlan {
  const { epsilon } = checkOptions('layerNorm', options, normalizationChecks)
  return layer('layerNorm', options, (builder, shape) => {
    const features = [channelsOf('layerNorm', shape)]
    checkSeveral('layerNorm:', features[0]!, 'row', 'normalize at least 2 features')
    const gamma = builder.parameter('gamma', features, 'ones')
    const beta = builder.parameter('beta', features, 'zeros')
    return (_, x) => ops.layerNorm(x, gamma, beta, { epsilon })
  })
}

/** Divides the last dimension of each row by its root mean square, then scales it (Zhang and Sennrich 2019). */
export function rmsNorm(options: NormalizationOptions = {}): LayerPlan {
  const { epsilon } = checkOptions('rmsNorm', options, normalizationChecks)
  return layer('rmsNorm', options, (builder, shape) => {
    const features = [channelsOf('rmsNorm', shape)]
    checkSeveral('rmsNorm:', features[0]!, 'row', 'normalize at least 2 features')
    const gamma = builder.parameter('gamma', features, 'ones')
    return (_, x) => ops.rmsNorm(x, gamma, { epsilon })
  })
}

export interface GroupNormOptions extends NormalizationOptions {
  /** Number of groups that the channels are split into. */
  groups: number
}

/**
 * Normalizes each group of channels of each row to mean 0 and variance 1, then scales and shifts it (Wu and He 2018).
 */
export function groupNorm(options: GroupNormOptions): LayerPlan {
  const { groups, epsilon } = checkOptions('groupNorm', options, {
    ...normalizationChecks,
    groups: checkCount,
  })
  return layer('groupNorm', options, (builder, shape) => {
    const channels = [channelsOf('groupNorm', shape)]
    checkSeveral('groupNorm:', sizeOf(shape) / groups, 'group', 'use fewer groups')
    const gamma = builder.parameter('gamma', channels, 'ones')
    const beta = builder.parameter('beta', channels, 'zeros')
    return (_, x) => ops.groupNorm(x, gamma, beta, { groups, epsilon })
  })
}

/** @throws ShapeError where a statistic is over a single value, which normalization would make constant. */
function checkSeveral(what: string, values: number, each: string, cure: string): void {
  if (values === 1)
    throw new ShapeError(
      `${what} each ${each} has one value, which normalization would make constant; ${cure}`,
    )
}

/** Size of the last dimension of a row. */
function channelsOf(kind: string, shape: Shape): number {
  const channels = shape.at(-1)
  if (channels === undefined)
    throw new ShapeError(`${kind}: expects rows of at least one dimension, got scalar rows`)
  return channels
}
