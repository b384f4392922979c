// Walks over graphs.

/** What stands in a graph: it depends on its inputs. */
interface Node<T> {
  readonly inputs: readonly T[]
}

/**
 * The tensors that `outputs` depend on and themselves, inputs before what uses them; the walk does not go
 * behind a tensor for which `stop` is true. Without recursion, so a graph may be as deep as it likes.
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
