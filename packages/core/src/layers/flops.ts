// Counts the arithmetic of matrix products and convolutions, which is nearly all that a network costs.
import { simplify } from '../compile/simplify.js'
import type { Tensor } from '../tensor.js'
import { topological } from '../traverse.js'

/** Multiplications and additions, one each for each product that is summed. */
export function countFlops(output: Tensor): number {
  let total = 0
  for (const tensor of topological(simplify([output]))) {
    const name = tensor.op?.name
    const [a] = tensor.inputs
    if (name === 'matmul') {
      const { transposeA } = tensor.attributes as { transposeA: boolean }
      total += 2 * tensor.size * a!.shape.at(transposeA ? -2 : -1)!
    }
  }
  return total
}
