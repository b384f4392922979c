// A single value, or several by name: inputs and outputs of models, and whatever belongs to each.
import { isRecord } from '../checks/check-options.js'
import { describeShape, type Shape, sameShape } from '../graph/shape.js'

/** A single value, or several by name. */
export type Named<T> = T | Readonly<Record<string, T>>

/** Each value with its name; a single one has the empty name. */
export function listed<T>(named: Named<T>): [name: string, T][] {
  return isRecord(named) ? (Object.entries(named) as [string, T][]) : [['', named as T]]
}

/** The single value for the empty name, or the value of that name, if any. */
export function pick<T>(named: Named<T>, name: string): T | undefined {
  if (name === '') return named as T
  return isRecord(named) && Object.hasOwn(named, name) ? (named[name] as T) : undefined
}

/** Applies `f` to each, under the same names. */
export function mapNamed<T, R>(named: Named<T>, f: (one: T, name: string) => R): Named<R> {
  const made = listed(named).map(([name, one]) => [name, f(one, name)] as const)
  return isRecord(named) ? Object.fromEntries(made) : made[0]![1]
}

/** Whether names, in any order, and shapes agree. */
export function sameShapes(a: Named<Shape>, b: Named<Shape>): boolean {
  return (
    isRecord(a) === isRecord(b) &&
    listed(a).length === listed(b).length &&
    listed(a).every(([name, shape]) => sameShape(shape, pick(b, name) ?? [Number.NaN]))
  )
}

/** `[2]`, or `left [2], right 3×3`. */
export function describeShapes(shapes: Named<Shape>): string {
  return listed(shapes)
    .map(([name, shape]) => `${name}${name && ' '}${describeShape(shape)}`)
    .join(', ')
}
