// Finds where the first number that is not finite came from.
import { evaluate, type Given } from '../evaluate.js'
import { formatShort } from '../format.js'
import { inputAt } from '../input-names.js'
import { describeNode, type Tensor } from '../tensor.js'
import { topological } from '../traverse.js'

/** One sentence about the first node, inputs before what uses them, that holds a NaN or an infinity. */
export function describeFirstNonFinite(outputs: readonly Tensor[], given: Given): string {
  const order = topological(outputs)
  const values = evaluate(order, given)
  const numbers = new Map(order.map((tensor, index) => [tensor, values[index]!]))
  for (const tensor of order) {
    const at = numbers.get(tensor)!.findIndex((value) => !Number.isFinite(value))
    if (at < 0) continue
    const value = numbers.get(tensor)![at]!
    const where = tensor.size > 1 ? `, element ${at}` : ''
    if (!tensor.op) return `${describeNode(tensor)} holds ${value}${where}`
    const inputs = tensor.inputs.map((input, index) => {
      const { label } = inputAt(tensor.op!.definition.inputs, index)
      const data = numbers.get(input)!
      const range =
        data.length === 0
          ? 'nothing'
          : `${formatShort(Math.min(...take(data)))} to ${formatShort(Math.max(...take(data)))}`
      return `${label} from ${range}`
    })
    return `${describeNode(tensor)} was the first to give ${value}${where}; its inputs: ${inputs.join(', ')}`
  }
  return 'every node is finite, so it is the update that went too far'
}

/** At most as many as may be spread over the arguments of one call. */
function take(data: Float32Array | Float64Array): Float32Array | Float64Array {
  return data.length > 10_000 ? data.subarray(0, 10_000) : data
}
