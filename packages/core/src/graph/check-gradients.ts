// Compares derivatives with central differences, in float64: for the tests of this library and for its users.
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
import { formatShort } from '../checks/format.js'
import { type Like, unpack } from '../transforms/nested.js'
import { traced } from '../transforms/tracing.js'
import { passBack } from './gradients.js'
import { evaluateReference } from './reference.js'
import { stridesOf } from './shape.js'
import { Constant, checkTensor, checkTensors, constant, describeNode, Tensor } from './tensor.js'

/** How finely derivatives are compared, and where. */
export interface CheckOptions {
  /** Half the distance of the two points of a difference; 1e-6 unless given. */
  epsilon?: number
  /** A difference up to `absoluteTolerance + relativeTolerance · |numeric|` passes; 1e-5 unless given, as in PyTorch. */
  absoluteTolerance?: number
  /** The part that grows with the derivative; 1e-3 unless given, as in PyTorch. */
  relativeTolerance?: number
  /** 2 checks the derivatives of the derivatives instead; 1 unless given. */
  order?: 1 | 2
  /** Numbers for inputs, and in place of those of variables. */
  values?: ReadonlyMap<Tensor, ArrayLike<number>>
}

/** One element of one tensor: its derivative by rule and by differences. */
export interface GradientCheck {
  readonly tensor: Tensor
  /** Position of the element, row by row. */
  readonly element: number
  /** By the rules of the operations. */
  readonly analytic: number
  /** By a central difference. */
  readonly numeric: number
  /** How far apart the two may be. */
  readonly allowed: number
  readonly ok: boolean
}

/** What `checkGradients` found; as text, for people, `String(report)`. */
export interface GradientReport {
  /** Every derivative is right. */
  readonly ok: boolean
  /** Every comparison, the worst first. */
  readonly checks: readonly GradientCheck[]
  /** The one that is furthest off for what is allowed; undefined when there was nothing to compare. */
  readonly worst: GradientCheck | undefined
  /** A line with the verdict, and one for each of the worst. */
  toString(): string
}

/**
 * Checks the derivatives of `y` by every element of each of `xs`, all in float64, whatever precision the graph
 * has. A `y` that is no scalar is summed with fixed, uneven weights, so that errors of its elements cannot cancel.
 *
 * ```ts
 * const report = checkGradients(loss, [w, b])
 * if (!report.ok) console.log(String(report))
 * ```
 * @throws GradientError when two computations of a derivative give different bits.
 */
export function checkGradients(y: Tensor, xs: readonly Tensor[], options?: CheckOptions): GradientReport
/**
 * Checks the derivatives of a function at a point: numbers for a tensor, or an array or record of these for a
 * function of several, `checkGradients(({ w, b }) => …, { w: [1, 2], b: 0 })`.
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
  const y = traced(given, pack(xs) as never)
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
        `checkGradients: ${describeNode(tensor)} holds ${tensor.size} numbers, values gives ${numbers.length}`,
      )
    given.set(tensor, Float64Array.from(numbers))
  }
  for (const x of xs) if (!given.has(x)) given.set(x, numbersOf(x))

  const scalar = weightedSum(y)
  const first = passBack([scalar], xs)
  const value = order === 1 ? scalar : sumOf(first.map(weightedSum))
  const derivatives = order === 1 ? first : passBack([value], xs)
  const analytic = evaluateReference(derivatives, given)
  const again = evaluateReference(derivatives, given)

  const checks: GradientCheck[] = []
  for (const [index, x] of xs.entries()) {
    const point = given.get(x)!
    const expected = analytic.get(derivatives[index]!)!
    for (let element = 0; element < point.length; element++) {
      const shifted = (shift: number) => {
        const moved = point.slice()
        moved[element]! += shift
        return evaluateReference([value], new Map(given).set(x, moved)).get(value)![0]!
      }
      const numeric = (shifted(epsilon) - shifted(-epsilon)) / (2 * epsilon)
      const found = expected[element]!
      if (!Object.is(found, again.get(derivatives[index]!)![element]!))
        throw new GradientError(`checkGradients: two runs gave different derivatives of ${describeNode(x)}`)
      const allowed = absoluteTolerance + relativeTolerance * Math.abs(numeric)
      const ok = Math.abs(found - numeric) <= allowed
      checks.push({ tensor: x, element, analytic: found, numeric, allowed, ok })
    }
  }
  return report(checks.sort((a, b) => excess(b) - excess(a)))
}

/** Distance from what is allowed, in units of that; NaN is the furthest. */
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
        return `all ${checks.length} derivatives are right; the worst: ${describeCheck(worst)}`
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
  return `${describeNode(tensor)}${tensor.rank > 0 ? `, element [${position.join(', ')}]` : ''}: by rule ${formatShort(analytic)}, by differences ${formatShort(numeric)}, ${formatShort(Math.abs(analytic - numeric))} apart where ${formatShort(allowed)} is allowed`
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
