// How a cost bends at a point: the eigenvalues of its second derivatives, and what kind of place that makes it.

/** Second derivatives, row by row: one number for one parameter, four for two. */
export type Hessian = readonly number[]

export interface Curvature {
  readonly hessian: Hessian
  /** Eigenvalues of the Hessian in ascending order: the curvature along each direction. */
  readonly values: readonly number[]
  /** A unit vector for each. */
  readonly directions: readonly (readonly number[])[]
}

/** The eigenvalues and eigenvectors of a symmetric matrix of one or two rows. */
export function curvatureOf(hessian: Hessian): Curvature {
  if (hessian.length === 1) return { hessian, values: [hessian[0]!], directions: [[1]] }
  const [a, b, , d] = hessian as [number, number, number, number]
  const middle = (a + d) / 2
  const half = (a - d) / 2
  const radius = lengthOf(half, b)
  const high = middle + radius
  // The product of the eigenvalues is the determinant: their difference would cancel where one is much the smaller.
  const far = middle >= 0 ? high : middle - radius
  const near = far === 0 ? 0 : (a * d - b * b) / far
  const values = middle >= 0 ? [near, far] : [far, near]
  // Of two ways to write the eigenvector, the one whose parts do not cancel.
  const steep =
    radius === 0 ? [1, 0] : half >= 0 ? unit(half + radius, b) : unit(Math.abs(b), signed(radius - half, b))
  return { hessian, values, directions: [[-steep[1]!, steep[0]!], steep] }
}

/** What kind of place a point with slope 0 is, by its curvature. */
export type Stationary = 'minimum' | 'saddle' | 'maximum' | 'valley' | 'flat'

/**
 * `valley`: it bends upwards in one direction and not at all in the other. `flat`: no direction bends, so that second
 * derivatives do not tell.
 */
export function stationary({ values }: Curvature): Stationary {
  const largest = Math.max(...values.map(Math.abs))
  const flat = Math.max(1e-9 * largest, 1e-6)
  const up = values.filter((value) => value > flat).length
  const down = values.filter((value) => value < -flat).length
  if (up === values.length) return 'minimum'
  if (down === values.length) return 'maximum'
  if (up > 0 && down > 0) return 'saddle'
  return up > 0 ? 'valley' : down > 0 ? 'maximum' : 'flat'
}

/** The length of a vector, with the same bits everywhere, which `Math.hypot` does not promise. */
function lengthOf(x: number, y: number): number {
  const scale = Math.max(Math.abs(x), Math.abs(y))
  if (scale === 0 || !Number.isFinite(scale)) return scale
  return scale * Math.sqrt((x / scale) ** 2 + (y / scale) ** 2)
}

function unit(x: number, y: number): number[] {
  const length = lengthOf(x, y)
  return [x / length, y / length]
}

function signed(size: number, sign: number): number {
  return sign < 0 ? -size : size
}
