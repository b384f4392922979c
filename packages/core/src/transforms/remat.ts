// Rematerialization: trades time for memory by recomputing intermediate results when derivatives need them.
import { checkFunction } from '../checks/check-options.js'
import { blamingCaller } from '../checks/errors.js'
import { passBack } from '../graph/gradients.js'
import { op } from '../graph/op.js'
import { uniform } from '../graph/sample.js'
import { type Tensor, type TensorLike, toTensor } from '../graph/tensor.js'
import { topological } from '../graph/traverse.js'
import { withRule } from './custom-gradient.js'
import { renewed } from './nested.js'
import { traced } from './tracing.js'

/**
 * The function `f`, with intermediate results recomputed in the backward pass instead of stored (Griewank and Walther,
 * "Algorithm 799: revolve", 2000; Chen et al., "Training deep nets with sublinear memory cost", 2016). Values and
 * derivatives are bit-identical. Wrap each block of a deep network: memory then grows with the number of blocks plus
 * the largest block, not with the whole network.
 */
export function remat(f: (...inputs: Tensor[]) => Tensor): (...inputs: TensorLike[]) => Tensor {
  blamingCaller(remat, () => checkFunction('remat', 'f', f))
  const call = (...given: TensorLike[]) => {
    const inputs = blamingCaller(call, () => renewed(given.map((value) => toTensor(value))))
    const before = inputs[0]?.id ?? Number.POSITIVE_INFINITY
    const value = traced(f, ...inputs)
    // Captured tensors, such as parameters, are older than the inputs.
    const stop = (tensor: Tensor) => tensor.id < before || inputs.includes(tensor)
    const outside = topological([value], stop).filter(({ id, isConstant }) => id < before && !isConstant)
    return withRule('remat', value, [...inputs, ...outside], (dy) => {
      const again = inputs.map((input) => after(input, dy))
      return passBack([traced(f, ...again)], [...again, ...outside], [dy])
    })
  }
  return call
}

/**
 * `x`, computed after `order`. It keeps the recomputation from being merged with the first computation, and from being
 * scheduled too early.
 */
const after = op('after', {
  inputs: ['x', 'order'],
  summary: 'The first tensor, computed after the second.',
  symbol: 'after',
  formula: 'y = x',
  shape: ({ x }) => x,
  vjp: { x: { formula: 'x̄ = ȳ', rule: ({ dy }) => dy }, order: null },
  lower: ({ alias }) => alias(),
  reference: ([x]) => x!.data,
  ulp: 0,
  sample: { domains: { x: uniform(0, 1), order: uniform(0, 1) }, cases: [] },
})
