// Unique names for the entries of a file.
import { Constant, type Tensor, Variable } from '@bp/core/lean'

/** A tensor's own name, or its kind. */
export function labelOf(tensor: Tensor): string {
  if (tensor.name) return tensor.name
  if (tensor.op) return tensor.op.name
  return tensor instanceof Variable ? 'variable' : tensor instanceof Constant ? 'constant' : 'input'
}

/**
 * A function that returns a name unchanged the first time, then with a number: `add`, `add_2`, `add_3`. It avoids names
 * in `taken`, and adds those it returns.
 */
export function distinctNames(taken: Set<string>, separator = '_'): (name: string) => string {
  /** The last number used for each name: counting from 2 each time would take quadratic time. */
  const counts = new Map<string, number>()
  return (requested) => {
    let name = requested
    let count = counts.get(requested) ?? 1
    while (taken.has(name)) name = `${requested}${separator}${++count}`
    counts.set(requested, count)
    taken.add(name)
    return name
  }
}
