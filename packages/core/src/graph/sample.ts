// Samples for the tests of the op table: the values and shapes to test each op with.
import { type ByInput, type InputName, inputAt, isList } from './input-names.js'
import type { Shape } from './shape.js'

/** The domain of an input, from which its values are drawn uniformly. */
export interface Domain {
  readonly low: number
  readonly high: number
  /** Distance to keep from points where the derivative jumps or a value does not exist. */
  readonly avoid?: { readonly points: readonly number[]; readonly distance: number }
  /** Integers in [`low`, `high`). */
  readonly whole?: boolean
  /** Smallest difference between any two elements, so that the maximum is never a tie. */
  readonly distinct?: number
}

interface Case<Names extends readonly string[], Given> {
  readonly shapes: ByInput<Names[number], Shape>
  readonly attributes?: Given
}

export interface Sampler<Names extends readonly string[], Given> {
  /** For `...xs`: of each of them. */
  readonly domains: { readonly [K in InputName<Names[number]>]: Domain }
  readonly cases: readonly Case<Names, Given>[]
}

/** The tensors of a case, in order: the input's name, its label, and the shape. */
export function caseInputs(
  names: readonly string[],
  shapes: Readonly<Record<string, Shape | readonly Shape[]>>,
): { readonly name: string; readonly label: string; readonly shape: Shape }[] {
  return names
    .flatMap((input, index) => {
      const given = shapes[inputAt(names, index).name]
      return (isList(input) ? given : [given]) as Shape[]
    })
    .map((shape, index) => ({ ...inputAt(names, index), shape }))
}

export function uniform(low: number, high: number, more: Omit<Domain, 'low' | 'high'> = {}): Domain {
  return { low, high, ...more }
}

/** Scalars, empty tensors, single elements, and lengths around the four lanes of a SIMD vector. */
const shapes: readonly Shape[] = [
  [],
  [1],
  [0],
  [3],
  [4],
  [5],
  [7],
  [8],
  [9],
  [3, 5],
  [2, 3, 4],
  [4, 0],
  [1, 1],
  [129],
]

export const unaryCases = shapes.map((shape) => ({ shapes: { x: shape } }))

const pair = (a: Shape, b: Shape) => [a, b] as const

/** Equal shapes, and each way to broadcast one side. */
const pairs = [
  ...shapes.map((shape) => pair(shape, shape)),
  pair([], [5]),
  pair([7], []),
  pair([3, 5], [5]),
  pair([5], [3, 5]),
  pair([3, 5], [3, 1]),
  pair([3, 1], [1, 5]),
  pair([4, 8], [8]),
  pair([2, 3, 4], [3, 1]),
  pair([2, 1, 4], [3, 1]),
  pair([1], [2, 2]),
  pair([0], [1]),
  pair([6, 4], [6, 1]),
]

/** All pairs for two inputs; any further inputs have the shape of the second. */
export function broadcastCases<const Names extends readonly string[]>(names: Names) {
  return pairs.map(([first, second]) => ({
    shapes: Object.fromEntries(names.map((name, index) => [name, index === 0 ? first : second])) as {
      [K in Names[number]]: Shape
    },
  }))
}
