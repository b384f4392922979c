// Less memory for more time: what a function computes on the way is computed again when derivatives need it.
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
 * The function `f`, whose intermediate results are not kept for the way back but computed a second time there
 * (Griewank and Walther, "Algorithm 799: revolve", 2000; Chen et al., "Training deep nets with sublinear memory
 * cost", 2016). Values and derivatives are the same to the bit. Put the blocks of a deep network into one each:
 * memory then grows with the number of blocks and with the largest, no longer with all that is computed.
 */
export function remat(f: (...inputs: Tensor[]) => Tensor): (...inputs: TensorLike[]) => Tensor {
  blamingCaller(remat, () => checkFunction('remat', 'f', f))
  const call = (...given: TensorLike[]) => {
    const inputs = blamingCaller(call, () => renewed(given.map((value) => toTensor(value))))
    const before = inputs[0]?.id ?? Number.POSITIVE_INFINITY
    const value = traced(f, ...inputs)
    // What f uses from outside, such as parameters, is older than its inputs.
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
 * `x`, but only once `order` has been computed. It keeps the second computation from being merged with the first,
 * and from being done before its turn.
 */
const after = op('after', {
  inputs: ['x', 'order'],
  summary: 'The first tensor, once the second has been computed.',
  symbol: 'after',
  formula: 'y = x',
  shape: ({ x }) => x,
  vjp: { x: { formula: 'x̄ = ȳ', rule: ({ dy }) => dy }, order: null },
  lower: ({ alias }) => alias(),
  reference: ([x]) => x!.data,
  ulp: 0,
  sample: { domains: { x: uniform(0, 1), order: uniform(0, 1) }, cases: [] },
})
