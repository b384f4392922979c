// Compares derivatives with central differences, in float64: for the tests of this library and for its users.
import { GradientError } from './errors.js'
import { formatShort } from './format.js'
import { gradients } from './gradients.js'
import { evaluateReference } from './reference.js'
import { constant, describeNode, type Tensor } from './tensor.js'

export interface CheckOptions {
  /** Half the distance of the two points of a difference; 1e-6 unless given. */
  epsilon?: number
  /** A difference up to `absolute + relative · |numeric|` passes; 1e-5 and 1e-3 unless given, as in PyTorch. */
  absolute?: number
  relative?: number
  /** 2 checks the derivatives of the derivatives instead; 1 unless given. */
  order?: 1 | 2
  /** Numbers for inputs, and in place of those of variables. */
  values?: ReadonlyMap<Tensor, ArrayLike<number>>
}

/** One element of one tensor: its derivative by rule and by differences. */
export interface GradientCheck {
  readonly tensor: Tensor
  readonly element: number
  readonly analytic: number
  readonly numeric: number
  readonly ok: boolean
}

/**
 * Checks the derivatives of `y` by every element of each of `xs`, all in float64. A `y` that is no scalar is
 * summed with fixed, uneven weights, so that errors of its elements cannot cancel.
 * @returns every comparison, worst first; all are fine when the first is.
 */
export function checkGradients(
  y: Tensor,
  xs: readonly Tensor[],
  options: CheckOptions = {},
): GradientCheck[] {
  const { epsilon = 1e-6, absolute = 1e-5, relative = 1e-3, order = 1 } = options
  const given = new Map<Tensor, Float64Array>()
  for (const [tensor, values] of options.values ?? []) given.set(tensor, Float64Array.from(values))
  for (const x of xs) if (!given.has(x)) given.set(x, evaluateReference([x]).get(x)!)

  const scalar = weightedSum(y)
  const first = gradients(scalar, xs)
  const value = order === 1 ? scalar : sumOf(first.map(weightedSum))
  const derivatives = order === 1 ? first : gradients(value, xs)
  const analytic = evaluateReference(derivatives, given)
  const again = evaluateReference(derivatives, given)

  const checks: (GradientCheck & { excess: number })[] = []
  for (const [index, x] of xs.entries()) {
    const point = given.get(x)!
    const expected = analytic.get(derivatives[index]!)!
    for (let element = 0; element < point.length; element++) {
      const at = (shift: number) => {
        const moved = point.slice()
        moved[element]! += shift
        return evaluateReference([value], new Map(given).set(x, moved)).get(value)![0]!
      }
      const numeric = (at(epsilon) - at(-epsilon)) / (2 * epsilon)
      const found = expected[element]!
      if (!Object.is(found, again.get(derivatives[index]!)![element]!))
        throw new GradientError(`checkGradients: two runs gave different derivatives of ${describeNode(x)}`)
      const excess = Math.abs(found - numeric) - absolute - relative * Math.abs(numeric)
      checks.push({
        tensor: x,
        element,
        analytic: found,
        numeric,
        ok: excess <= 0,
        excess: Number.isNaN(excess) ? Infinity : excess,
      })
    }
  }
  return checks.sort((a, b) => b.excess - a.excess).map(({ excess: _, ...check }) => check)
}

/** One line about a comparison, for messages. */
export function describeCheck({ tensor, element, analytic, numeric }: GradientCheck): string {
  return `${describeNode(tensor)}, element ${element}: by rule ${formatShort(analytic)}, by differences ${formatShort(numeric)}`
}

function weightedSum(y: Tensor): Tensor {
  if (y.rank === 0) return y
  // Fractional parts of multiples of the golden ratio: spread evenly, no two alike.
  const weights = Float64Array.from(
    { length: y.size },
    (_, index) => 0.5 + ((index * 0.6180339887498949) % 1),
  )
  return y.mul(constant(weights, { shape: y.shape })).sum()
}

function sumOf(terms: readonly Tensor[]): Tensor {
  return terms.reduce((total, term) => total.add(term))
}
