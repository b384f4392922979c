// Initial values of parameters.
import { checkFinite } from '../checks/check-options.js'
import { ShapeError } from '../checks/errors.js'
import { describeShape, type Shape, sizeOf } from '../graph/shape.js'
import { belowTwoDeviations, normalQuantile, type Random } from '../numbers/random.js'

/** Returns initial values for a parameter; `fanIn` and `fanOut` are its numbers of inputs and outputs. */
export type Initializer = (shape: Shape, fanIn: number, fanOut: number, random: Random) => Float32Array

function fill(shape: Shape, draw: (index: number) => number): Float32Array {
  const values = new Float32Array(sizeOf(shape))
  for (let index = 0; index < values.length; index++) values[index] = draw(index)
  return values
}

const uniform = (shape: Shape, limit: number, random: Random) =>
  fill(shape, (index) => (2 * random.uniform(index) - 1) * limit)

const normal = (shape: Shape, deviation: number, random: Random) =>
  fill(shape, (index) => random.normal(index) * deviation)

/** Gram–Schmidt on normally distributed vectors, which makes all directions equally likely. */
function orthogonal(shape: Shape, random: Random): Float32Array {
  const rows = shape[0] ?? 1
  const columns = sizeOf(shape.slice(1))
  const count = Math.min(rows, columns)
  const length = Math.max(rows, columns)
  const vectors = Array.from({ length: count }, (_, v) =>
    Float64Array.from({ length }, (_, i) => random.normal(v * length + i)),
  )
  for (const [v, vector] of vectors.entries()) {
    // Twice is enough for orthogonality to machine precision (Giraud, Langou and Rozložník 2005).
    for (let pass = 0; pass < 2; pass++)
      for (let earlier = 0; earlier < v; earlier++) {
        const other = vectors[earlier]!
        const share = dot(vector, other)
        for (let i = 0; i < length; i++) vector[i]! -= share * other[i]!
      }
    const norm = Math.sqrt(dot(vector, vector))
    for (let i = 0; i < length; i++) vector[i]! /= norm
  }
  return fill(shape, (index) => {
    const row = Math.floor(index / columns)
    const column = index % columns
    return rows <= columns ? vectors[row]![column]! : vectors[column]![row]!
  })
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/**
 * A constant.
 * @throws ValueError unless it is finite.
 */
export function constantInitializer(value: number): Initializer {
  checkFinite('constantInitializer', 'value', value)
  return (shape) => fill(shape, () => value)
}

/** @throws ShapeError unless the shape is that of a matrix. */
export function checkMatrix(shape: Shape): void {
  if (shape.length !== 2)
    throw new ShapeError(`identity: initializes matrices only, this parameter is ${describeShape(shape)}`)
}

/** Initializers by name. */
export const initializers = {
  zeros: (shape) => fill(shape, () => 0),
  ones: (shape) => fill(shape, () => 1),
  /** Uniform within ±√(6 / (fanIn + fanOut)) (Glorot and Bengio 2010). */
  glorotUniform: (shape, fanIn, fanOut, random) => uniform(shape, Math.sqrt(6 / (fanIn + fanOut)), random),
  /** Normal with variance 2 / (fanIn + fanOut) (Glorot and Bengio 2010). */
  glorotNormal: (shape, fanIn, fanOut, random) => normal(shape, Math.sqrt(2 / (fanIn + fanOut)), random),
  /** Uniform within ±√(6 / fanIn), for relu (He et al. 2015). */
  heUniform: (shape, fanIn, _, random) => uniform(shape, Math.sqrt(6 / fanIn), random),
  /** Normal with variance 2 / fanIn, for relu (He et al. 2015). */
  heNormal: (shape, fanIn, _, random) => normal(shape, Math.sqrt(2 / fanIn), random),
  /** Uniform within ±√(3 / fanIn), for selu, tanh and sigmoid (LeCun et al. 1998). */
  lecunUniform: (shape, fanIn, _, random) => uniform(shape, Math.sqrt(3 / fanIn), random),
  /** Normal with variance 1 / fanIn (LeCun et al. 1998). */
  lecunNormal: (shape, fanIn, _, random) => normal(shape, Math.sqrt(1 / fanIn), random),
  /**
   * Orthonormal rows, or columns where there are more rows. The first dimension is the rows, all others together are
   * the columns (Saxe, McClelland and Ganguli 2014).
   */
  orthogonal: (shape, _fanIn, _fanOut, random) => orthogonal(shape, random),
  /** The identity matrix. */
  identity: (shape) => {
    checkMatrix(shape)
    const [rows, columns] = shape
    return fill([rows!, columns!], (index) =>
      Number(index % (columns! + 1) === 0 && index < columns! * columns!),
    )
  },
  /** Uniform within ±1. */
  uniform: (shape, _fanIn, _fanOut, random) => uniform(shape, 1, random),
  /** Normal with variance 1. */
  normal: (shape, _fanIn, _fanOut, random) => normal(shape, 1, random),
  /** Standard normal, truncated to ±2. */
  truncatedNormal: (shape, _fanIn, _fanOut, random) =>
    fill(shape, (index) =>
      normalQuantile(belowTwoDeviations + (1 - 2 * belowTwoDeviations) * (random.uniform(index) + 2 ** -25)),
    ),
} satisfies Readonly<Record<string, Initializer>>

/** Name of an initializer. */
export type InitializerName = keyof typeof initializers
