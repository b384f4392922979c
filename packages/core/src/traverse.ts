// Walks over the graph.
import type { Tensor } from './tensor.js'

/**
 * The tensors that `outputs` depend on and themselves, inputs before what uses them; the walk does not go
 * behind a tensor for which `stop` is true. Without recursion, so a graph may be as deep as it likes.
 */
export function topological(
  outputs: readonly Tensor[],
  stop: (tensor: Tensor) => boolean = () => false,
): Tensor[] {
  const order: Tensor[] = []
  const entered = new Set<Tensor>()
  const stack: { tensor: Tensor; next: number }[] = []
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
