// Counts the arithmetic of matrix products and convolutions, which dominate the cost of a network.
import { simplify } from '../compile/simplify.js'
import { sizeOf } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { topological } from '../graph/traverse.js'

/** One multiplication and one addition for each product that is summed. */
export function countFlops(output: Tensor): number {
  let total = 0
  for (const tensor of topological(simplify([output]))) {
    const [a, b] = tensor.inputs
    switch (tensor.op?.name) {
      case 'matmul': {
        const { transposeA } = tensor.attributes as { transposeA: boolean }
        total += 2 * tensor.size * a!.shape.at(transposeA ? -2 : -1)!
        break
      }
      // Each output sums over the kernel and its channels; the transpose scatters each input over them.
      case 'conv2d':
        total += 2 * tensor.size * sizeOf(b!.shape.slice(0, 3))
        break
      case 'conv2dInputGrad':
        total += 2 * a!.size * sizeOf(b!.shape.slice(0, 3))
    }
  }
  return total
}
