// Numbers that parameters begin with.
import type { Random } from './random.js'
import { type Shape, sizeOf } from './shape.js'

/** Numbers for a parameter of some shape; `fanIn` and `fanOut` are the units before and behind it. */
export type Initializer = (shape: Shape, fanIn: number, fanOut: number, random: Random) => Float32Array

const fill = (shape: Shape, draw: (index: number) => number) =>
  Float32Array.from({ length: sizeOf(shape) }, (_, index) => draw(index))

const uniform = (shape: Shape, limit: number, random: Random) =>
  fill(shape, (index) => (2 * random.uniform(index) - 1) * limit)

const normal = (shape: Shape, deviation: number, random: Random) =>
  fill(shape, (index) => random.normal(index) * deviation)

export const initializers = {
  zeros: (shape) => fill(shape, () => 0),
  ones: (shape) => fill(shape, () => 1),
  /** Uniform within ±√(6 / (fanIn + fanOut)) (Glorot and Bengio 2010). */
  glorotUniform: (shape, fanIn, fanOut, random) => uniform(shape, Math.sqrt(6 / (fanIn + fanOut)), random),
  /** Normal with variance 2 / (fanIn + fanOut) (Glorot and Bengio 2010). */
  glorotNormal: (shape, fanIn, fanOut, random) => normal(shape, Math.sqrt(2 / (fanIn + fanOut)), random),
  /** Uniform within ±√(6 / fanIn), for rectifiers (He et al. 2015). */
  heUniform: (shape, fanIn, _, random) => uniform(shape, Math.sqrt(6 / fanIn), random),
  /** Normal with variance 2 / fanIn, for rectifiers (He et al. 2015). */
  heNormal: (shape, fanIn, _, random) => normal(shape, Math.sqrt(2 / fanIn), random),
  /** Uniform within ±1. */
  uniform: (shape, _fanIn, _fanOut, random) => uniform(shape, 1, random),
  /** Normal with variance 1. */
  normal: (shape, _fanIn, _fanOut, random) => normal(shape, 1, random),
} satisfies Readonly<Record<string, Initializer>>

export type InitializerName = keyof typeof initializers
