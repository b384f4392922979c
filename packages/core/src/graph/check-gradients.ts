// Checks derivatives against central differences, in float64.
import {
  check,
  checkFunction,
  checkNotNegative,
  checkNumbers,
  checkOptions,
  checkPositive,
  optional,
} from '../checks/check-options.js'
import { blamingCaller, GradientError, ShapeError } from '../checks/errors.js'
import { fourDigits } from '../checks/format.js'
import { add, mul } from '../ops/arithmetic.js'
import { sum } from '../ops/reductions.js'
import { type Like, renewed, unpack } from '../transforms/nested.js'
import { traced } from '../transforms/tracing.js'
import { passBack } from './gradients.js'
import { applyReference, arraysOf, evaluateReference } from './reference.js'
import { stridesOf } from './shape.js'
import { Constant, checkTensor, checkTensors, constant, describeNode, Tensor } from './tensor.js'
import { topological } from './traverse.js'

/** Options of `checkGradients`. */
export interface CheckOptions {
  /** Step of the central difference, half the distance of its two points; default 1e-6. */
  epsilon?: number
  /** Deviations up to `absoluteTolerance + relativeTolerance · |numeric|` pass; default 1e-5, as in PyTorch. */
  absoluteTolerance?: number
  /** See `absoluteTolerance`; default 1e-3, as in PyTorch. */
  relativeTolerance?: number
  /** 2 checks second derivatives; default 1. */
  order?: 1 | 2
  /** Values for inputs, or to replace those of variables. */
  values?: ReadonlyMap<Tensor, ArrayLike<number>>
}

/** The derivative with respect to one element of one tensor. */
export interface GradientCheck {
  readonly tensor: Tensor
  /** Row-major index of the element. */
  readonly element: number
  /** By the gradient rules. */
  readonly analytic: number
  /** By central difference. */
  readonly numeric: number
  /** Largest deviation that passes. */
  readonly allowed: number
  readonly ok: boolean
}

/** What `checkGradients` found; `String(report)` is a readable summary. */
export interface GradientReport {
  /** Whether every derivative is correct. */
  readonly ok: boolean
  /** All comparisons, worst first. */
  readonly checks: readonly GradientCheck[]
  /** The largest deviation relative to what is allowed; undefined when there was nothing to compare. */
  readonly worst: GradientCheck | undefined
  /** A line with the verdict, then the worst deviations. */
  toString(): string
}

/**
 * Checks the derivatives of `y` with respect to every element of each of `xs`, in float64 whatever the dtype of the
 * graph. A `y` that is not a scalar is summed with fixed, uneven weights, so that errors of its elements cannot
 * cancel.
 *
 * ```ts
 * const report = checkGradients(loss, [w, b])
 * if (!report.ok) console.log(String(report))
 * ```
 * @throws GradientError when computing a derivative twice gives different bits.
 */
export function checkGradients(y: Tensor, xs: readonly Tensor[], options?: CheckOptions): GradientReport
/**
 * Checks the derivatives of a function at a point: numbers for a tensor, or an array or record of these for several
 * arguments, `checkGradients(({ w, b }) => …, { w: [1, 2], b: 0 })`.
 */
export function checkGradients<P = Tensor>(
  f: (x: P) => Tensor,
  point: Like<NoInfer<P>>,
  options?: CheckOptions,
): GradientReport
export function checkGradients(
  given: Tensor | ((x: never) => Tensor),
  at: unknown,
  options: CheckOptions = {},
): GradientReport {
  if (given instanceof Tensor)
    return blamingCaller(checkGradients, () =>
      compare(given, checkTensors('checkGradients', 'xs', at), options),
    )
  blamingCaller(checkGradients, () => checkFunction('checkGradients', 'f', given))
  const { tensors, paths, pack } = blamingCaller(checkGradients, () => unpack('checkGradients', at))
  const xs = tensors.map(
    (tensor, index) => new Constant(numbersOf(tensor), tensor.shape, { name: paths[index] || 'x' }),
  )
  const y = traced(given, pack(renewed(xs)) as never)
  return blamingCaller(checkGradients, () =>
    compare(checkTensor('checkGradients', 'the result of f', y), xs, options),
  )
}

const checkValues = check<NonNullable<CheckOptions['values']>>('a Map', (value) => value instanceof Map)

function numbersOf(tensor: Tensor): Float64Array {
  return evaluateReference([tensor]).get(tensor)!
}

function compare(y: Tensor, xs: readonly Tensor[], options: CheckOptions): GradientReport {
  const { epsilon, absoluteTolerance, relativeTolerance, order, values } = checkOptions(
    'checkGradients',
    options,
    {
      epsilon: optional(checkPositive, 1e-6),
      absoluteTolerance: optional(checkNotNegative, 1e-5),
      relativeTolerance: optional(checkNotNegative, 1e-3),
      order: optional(
        check<1 | 2>('1 or 2', (value) => value === 1 || value === 2),
        1,
      ),
      values: optional(checkValues, new Map()),
    },
  )
  const given = new Map<Tensor, Float64Array>()
  for (const [tensor, numbers] of values) {
    checkTensor('checkGradients', 'a key of values', tensor)
    checkNumbers('checkGradients', 'values', numbers)
    if (numbers.length !== tensor.size)
      throw new ShapeError(
        `checkGradients: ${describeNode(tensor)} holds ${tensor.size} numbers, but values gives ${numbers.length}`,
      )
    given.set(tensor, Float64Array.from(numbers))
  }
  for (const x of xs) if (!given.has(x)) given.set(x, numbersOf(x))

  const scalar = weightedSum(y)
  const first = passBack([scalar], xs)
  const value = order === 1 ? scalar : sumOf(first.map(weightedSum))
  const derivatives = order === 1 ? first : passBack([value], xs)
  const analytic = evaluateReference([value, ...derivatives], given)
  const again = evaluateReference(derivatives, given)

  const checks: GradientCheck[] = []
  for (const [index, x] of xs.entries()) {
    const point = given.get(x)!
    const expected = analytic.get(derivatives[index]!)!
    const valueAt = reevaluating(value, x, given, analytic)
    for (let element = 0; element < point.length; element++) {
      const shifted = (shift: number) => {
        const moved = point.slice()
        moved[element]! += shift
        return valueAt(moved)
      }
      const numeric = (shifted(epsilon) - shifted(-epsilon)) / (2 * epsilon)
      const found = expected[element]!
      if (!Object.is(found, again.get(derivatives[index]!)![element]!))
        throw new GradientError(
          `checkGradients: two evaluations gave different derivatives with respect to ${describeNode(x)}`,
        )
      const allowed = absoluteTolerance + relativeTolerance * Math.abs(numeric)
      const ok = Math.abs(found - numeric) <= allowed
      checks.push({ tensor: x, element, analytic: found, numeric, allowed, ok })
    }
  }
  return report(checks.sort((a, b) => excess(b) - excess(a)))
}

/** Evaluates `y` with other values of `x`: recomputes only what depends on it. */
function reevaluating(
  y: Tensor,
  x: Tensor,
  given: ReadonlyMap<Tensor, Float64Array>,
  values: ReadonlyMap<Tensor, Float64Array>,
): (moved: Float64Array) => number {
  const current = new Map(values)
  const dependent = new Set([x])
  for (const tensor of topological([y], (node) => given.has(node)))
    if (!given.has(tensor) && tensor.inputs.some((input) => dependent.has(input))) dependent.add(tensor)
  return (moved) => {
    for (const tensor of dependent)
      current.set(tensor, tensor === x ? moved : applyReference(tensor, arraysOf(tensor.inputs, current)))
    return current.get(y)![0]!
  }
}

/** Deviation in units of what is allowed; NaN is the largest. */
function excess({ analytic, numeric, allowed }: GradientCheck): number {
  const distance = Math.abs(analytic - numeric) / allowed
  return Number.isNaN(distance) ? Number.MAX_VALUE : distance
}

const mostLines = 5

function report(checks: readonly GradientCheck[]): GradientReport {
  const [worst] = checks
  const wrong = checks.filter(({ ok }) => !ok)
  return {
    ok: wrong.length === 0,
    checks,
    worst,
    toString() {
      if (!worst) return 'nothing to compare: there are no elements'
      if (wrong.length === 0)
        return `all ${checks.length} derivatives are correct; worst: ${describeCheck(worst)}`
      const more = wrong.length > mostLines ? [`… and ${wrong.length - mostLines} more`] : []
      const lines = [...wrong.slice(0, mostLines).map(describeCheck), ...more].map((line) => `  ${line}`)
      return [`${wrong.length} of ${checks.length} derivatives are wrong:`, ...lines].join('\n')
    },
  }
}

function describeCheck({ tensor, element, analytic, numeric, allowed }: GradientCheck): string {
  const position = stridesOf(tensor.shape).map(
    (stride, axis) => Math.floor(element / stride) % tensor.shape[axis]!,
  )
  return `${describeNode(tensor)}${tensor.rank > 0 ? `, element [${position.join(', ')}]` : ''}: by rule ${fourDigits(analytic)}, by differences ${fourDigits(numeric)}, ${fourDigits(Math.abs(analytic - numeric))} apart where ${fourDigits(allowed)} is allowed`
}

function weightedSum(y: Tensor): Tensor {
  if (y.rank === 0) return y
  // Fractional parts of multiples of the golden ratio: evenly spread, all distinct.
  const weights = Float64Array.from(
    { length: y.size },
    (_, index) => 0.5 + ((index * 0.6180339887498949) % 1),
  )
  return sum(mul(y, constant(weights, { shape: y.shape })))
}

function sumOf(terms: readonly Tensor[]): Tensor {
  return terms.reduce((total, term) => add(total, term))
}
