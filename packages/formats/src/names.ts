// Names of what stands in a file, each once.
import { Constant, type Tensor, Variable } from '@bp/core'

/** A tensor's own name, or what it is. */
export function labelOf(tensor: Tensor): string {
  if (tensor.name) return tensor.name
  if (tensor.op) return tensor.op.name
  return tensor instanceof Variable ? 'variable' : tensor instanceof Constant ? 'constant' : 'input'
}

/**
 * A function that gives a name as it is wanted the first time, then with a number: `add`, `add_2`, `add_3`. Names that
 * are taken are no longer given, and those that it gives are taken.
 */
export function distinctNames(taken: Set<string>, separator = '_'): (wanted: string) => string {
  /** The number that each name was last given with: to count from 2 each time would take the square of their number. */
  const counts = new Map<string, number>()
  return (wanted) => {
    let name = wanted
    let count = counts.get(wanted) ?? 1
    while (taken.has(name)) name = `${wanted}${separator}${++count}`
    counts.set(wanted, count)
    taken.add(name)
    return name
  }
}
