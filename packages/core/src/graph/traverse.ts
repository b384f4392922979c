// Graph traversal.

/** A node of a graph, which depends on its inputs. */
interface Node<T> {
  readonly inputs: readonly T[]
}

/**
 * The tensors that `outputs` depend on, themselves included, in topological order; does not go past a tensor for which
 * `stop` is true. Iterative, so that deep graphs do not overflow the stack.
 */
export function topological<T extends Node<T>>(
  outputs: readonly T[],
  stop: (tensor: T) => boolean = () => false,
): T[] {
  const order: T[] = []
  const entered = new Set<T>()
  const stack: { tensor: T; next: number }[] = []
  for (const output of outputs) {
    if (entered.has(output)) continue
    entered.add(output)
    stack.push({ tensor: output, next: 0 })
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!
      const inputs = stop(top.tensor) ? [] : top.tensor.inputs
      if (top.next === inputs.length) {
        order.push(top.tensor)
        stack.pop()
      } else {
        const tensor = inputs[top.next++]!
        if (!entered.has(tensor)) {
          entered.add(tensor)
          stack.push({ tensor, next: 0 })
        }
      }
    }
  }
  return order
}
