// Token and positional embeddings.
import { checkCount, checkOptions, oneOf, optional } from '../checks/check-options.js'
import { ShapeError } from '../checks/errors.js'
import { describeShape } from '../graph/shape.js'
import { constant, type Tensor } from '../graph/tensor.js'
import { power, sineOfTurns } from '../numbers/elementary.js'
import * as ops from '../ops/index.js'
import type { Initializer, InitializerName } from './initializers.js'
import {
  type Apply,
  checkInitializer,
  checkRank,
  type LayerOptions,
  type LayerPlan,
  layer,
  layerChecks,
} from './layer.js'

export interface EmbeddingOptions extends LayerOptions {
  /** Number of tokens; inputs are integers in [0, vocabularySize). */
  vocabularySize: number
  /** Size of each vector. */
  units: number
  /** Initializer of the vectors; default `normal`, of variance 1. */
  weights?: InitializerName | Initializer
}

/** A vector for each token: rows of integers [...] become [..., units]. */
export function embedding(options: EmbeddingOptions): LayerPlan {
  const { vocabularySize, units, weights } = checkOptions('embedding', options, {
    ...layerChecks,
    vocabularySize: checkCount,
    units: checkCount,
    weights: optional<InitializerName | Initializer, 'normal'>(checkInitializer, 'normal'),
  })
  return layer('embedding', options, (builder) => {
    const table = builder.parameter('weights', [vocabularySize, units], weights, vocabularySize, units)
    return (_, x) => ops.embedding(table, x)
  })
}

export interface PositionalEmbeddingOptions extends LayerOptions {
  /**
   * `learned` (default): a trainable vector for each position. `sinusoidal`: fixed sines and cosines of the position
   * at wavelengths from 2π to 10,000 · 2π (Vaswani et al. 2017).
   */
  kind?: 'learned' | 'sinusoidal'
}

/** Adds a vector to each position: rows of [positions, units] keep their shape. */
export function positionalEmbedding(options: PositionalEmbeddingOptions = {}): LayerPlan {
  const { kind } = checkOptions('positionalEmbedding', options, {
    ...layerChecks,
    kind: optional(oneOf(['learned', 'sinusoidal']), 'learned'),
  })
  return layer('positionalEmbedding', options, (builder, shape) => {
    checkRank('positionalEmbedding', shape, 2, '[positions, units]')
    const [positions, units] = shape as [number, number]
    if (kind === 'sinusoidal' && positions * units > mostSinusoids)
      throw new ShapeError(
        `positionalEmbedding: rows of ${describeShape(shape)} need more than ${mostSinusoids} sines; use kind "learned", or split rows`,
      )
    if (kind === 'learned') {
      const vectors = builder.parameter('weights', shape, 'normal')
      return (_, x) => ops.add(x, vectors)
    }
    // Computed on first use, since it is slow, and a small model file may ask for many.
    let vectors: Tensor | undefined
    const apply: Apply = (_, x) => {
      vectors ??= constant(sinusoids(positions, units), { shape })
      return ops.add(x, vectors)
    }
    return Object.assign(apply, { outputInfo: { outputShape: shape, flops: 0 } })
  })
}

/** These take four seconds to compute. */
const mostSinusoids = 2 ** 24

/** Sines at even indices, cosines at odd ones, of position / 10,000^(2i / units) for pair i. */
function sinusoids(positions: number, units: number): Float64Array {
  return Float64Array.from({ length: positions * units }, (_, index) => {
    const place = index % units
    const angle = Math.floor(index / units) / power(10_000, (place - (place % 2)) / units)
    return sineOfTurns(angle / (2 * Math.PI) + (place % 2) / 4)
  })
}
