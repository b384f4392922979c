// Changes one variable and looks at what the target does: a nudge, the curve around the value, the check of a derivative.
import { evaluate, gradients, type Tensor, ValueError, type Variable } from '@bp/core/lean'
import type { Graph } from '@bp/expression'
import type { OpenedGraph } from './composite.js'
import { identify, targetOf } from './names.js'

export interface Nudge {
  /** The target. */
  readonly before: number
  /** The target with the variable changed. */
  readonly after: number
  /** `after − before`. */
  readonly change: number
  /** Derivative times delta; equal to `change` where the target is linear in the variable. */
  readonly predicted: number
}

/** A number that depends on a variable. */
interface Dependence {
  readonly target: Tensor
  readonly variable: Variable
  /** The target with these values of the variable. */
  readonly at: (values: Float64Array) => number
}

function dependence(
  caller: string,
  graph: Graph | OpenedGraph,
  name: string,
  targetId: string | null,
): Dependence {
  const variable = graph.variables.get(name)
  if (!variable)
    throw new ValueError(
      `${caller}: there is no variable ${name}; the variables are ${[...graph.variables.keys()].join(', ')}`,
    )
  const target = targetOf(caller, graph, targetId)
  if (target.size !== 1) {
    const { name: title } = identify(graph).get(target)!
    throw new ValueError(
      `${caller}: ${title} is an array of ${target.shape.join('×')}, not a single number; take sum(${title}) or mean(${title})`,
    )
  }
  return { target, variable, at: (values) => evaluate([target], new Map([[variable, values]]))[0]![0]! }
}

/**
 * What happens to the target, by default the output, if `delta` is added to the variable `name`, to every element if
 * it is an array. The graph is not modified.
 * @throws ValueError for an unknown variable, a delta that is not finite, or a target that is not a single number.
 */
export function nudge(
  graph: Graph | OpenedGraph,
  name: string,
  delta: number,
  targetId: string | null = null,
): Nudge {
  const { target, variable, at } = dependence('nudge', graph, name, targetId)
  if (!Number.isFinite(delta)) throw new ValueError(`nudge: delta must be a finite number, got ${delta}`)
  const [derivative, now] = evaluate([gradients(target, [variable])[0]!, target])
  const before = now![0]!
  const after = at(Float64Array.from(variable.values, (value) => value + delta))
  const slope = Array.from(derivative!).reduce((total, element) => total + element, 0)
  return { before, after, change: after - before, predicted: slope * delta }
}

export interface CurvePoint {
  /** The variable. */
  readonly x: number
  /** The target. */
  readonly y: number
}

export interface CurveOptions {
  readonly low: number
  readonly high: number
  /** Default 97: with both ends, and the middle among them. */
  readonly count?: number
  /** Row-major index of the element that moves, if the variable is an array; default 0. */
  readonly element?: number
  readonly target?: string | null
}

/**
 * The target at evenly spaced values of the variable from `low` to `high`. Where it is not finite, y is not either.
 * @throws ValueError for an unknown variable or element, a range that is empty, or a target that is not a single number.
 */
export function curve(
  graph: Graph | OpenedGraph,
  name: string,
  { low, high, count = 97, element = 0, target = null }: CurveOptions,
): CurvePoint[] {
  const { variable, at } = dependence('curve', graph, name, target)
  if (!(low < high) || !Number.isFinite(high - low))
    throw new ValueError(`curve: low and high must be finite and low < high, got ${low} and ${high}`)
  if (!Number.isInteger(count) || count < 2)
    throw new ValueError(`curve: count must be an integer of at least 2, got ${count}`)
  if (!(element in variable.values))
    throw new ValueError(`curve: ${name} has ${variable.size} elements, none at ${element}`)
  const values = Float64Array.from(variable.values)
  return Array.from({ length: count }, (_, index) => {
    const share = index / (count - 1)
    const x = low * (1 - share) + high * share
    values[element] = x
    return { x, y: at(values) }
  })
}

/** Steps of the central differences: 1e-1 to 1e-12. */
const steps = Array.from({ length: 12 }, (_, index) => Number(`1e-${index + 1}`))

/** A deviation up to this, relative to the derivative, is one of rounding. */
const tolerance = 1e-6

export interface DerivativeCheck {
  readonly name: string
  /** Row-major index of the element that was checked: of an array, that with the largest derivative. */
  readonly element: number
  /** By the rules of the operations. */
  readonly derivative: number
  /**
   * By central differences, (f(x + h) − f(x − h)) / 2h, and how far each is from the derivative, relative to it, or
   * absolute where it is 0. Large h: the curve bends. Small h: the difference of two rounded numbers.
   */
  readonly estimates: readonly { readonly h: number; readonly estimate: number; readonly error: number }[]
  /** The h with the smallest error; the largest such. */
  readonly best: { readonly h: number; readonly error: number }
  readonly passes: boolean
}

/**
 * Checks the derivative of the target, by default the output, with respect to one variable. It computes the target 24
 * times; a page calls it variable by variable.
 * @throws ValueError for an unknown variable or a target that is not a single number.
 */
export function checkDerivative(
  graph: Graph | OpenedGraph,
  name: string,
  targetId: string | null = null,
): DerivativeCheck {
  const { target, variable, at } = dependence('checkDerivative', graph, name, targetId)
  const derivatives = Array.from(evaluate([gradients(target, [variable])[0]!])[0]!)
  const element = derivatives.reduce(
    (best, value, index) => (Math.abs(value) > Math.abs(derivatives[best]!) ? index : best),
    0,
  )
  const derivative = derivatives[element]!
  const values = Float64Array.from(variable.values)
  const value = values[element]!
  const valueAt = (x: number) => {
    values[element] = x
    return at(values)
  }
  const estimates = steps.map((h) => {
    const estimate = (valueAt(value + h) - valueAt(value - h)) / (2 * h)
    return { h, estimate, error: Math.abs(estimate - derivative) / (Math.abs(derivative) || 1) }
  })
  const { h, error } = estimates.reduce((best, one) => (one.error < best.error ? one : best))
  return { name, element, derivative, estimates, best: { h, error }, passes: error <= tolerance }
}
