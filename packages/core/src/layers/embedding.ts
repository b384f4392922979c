// Layers that turn numbers of words into vectors, and tell positions apart.
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
  /** How many different words there are, numbered from 0. */
  vocabularySize: number
  /** Numbers for each word. */
  units: number
  /** Beginning of the vectors: `normal`, of variance 1, unless given. */
  weights?: InitializerName | Initializer
}

/** A vector for each word: rows of whole numbers [...] become [..., units]. */
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
   * `learned`, unless given: a vector for each position. `sinusoidal`: the sines and cosines of the position at
   * wavelengths from 2π to 10,000 · 2π (Vaswani et al. 2017), which are not learned.
   */
  kind?: 'learned' | 'sinusoidal'
}

/** Adds a vector to each position: rows of [positions, units] stay so. */
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
        `positionalEmbedding: rows of ${describeShape(shape)} want more than ${mostSinusoids} sines; learn them, or cut rows into pieces`,
      )
    if (kind === 'learned') {
      const vectors = builder.parameter('weights', shape, 'normal')
      return (_, x) => x.add(vectors)
    }
    // Computed when they are needed, since they take long, and a file of a few bytes may ask for them.
    let vectors: Tensor | undefined
    const apply: Apply = (_, x) => {
      vectors ??= constant(sinusoids(positions, units), { shape })
      return x.add(vectors)
    }
    return Object.assign(apply, { foreseen: { outputShape: shape, flops: 0 } })
  })
}

/** Four seconds' work. */
const mostSinusoids = 2 ** 24

/** Sines in even places, cosines in odd ones, of position / 10,000^(2i / units) for the pair i. */
function sinusoids(positions: number, units: number): Float64Array {
  return Float64Array.from({ length: positions * units }, (_, index) => {
    const place = index % units
    const angle = Math.floor(index / units) / power(10_000, (place - (place % 2)) / units)
    return sineOfTurns(angle / (2 * Math.PI) + (place % 2) / 4)
  })
}
