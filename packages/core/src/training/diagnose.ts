// Finds the node that produced the first non-finite number.

import { fourDigits } from '../checks/format.js'
import { evaluate, type Given } from '../graph/evaluate.js'
import { inputAt } from '../graph/input-names.js'
import { describeNode, type Tensor, Variable } from '../graph/tensor.js'
import { topological } from '../graph/traverse.js'
import { findNonFinite } from '../numbers/finite.js'

/** Summary of the values of a node. */
interface Summary {
  readonly low: number
  readonly high: number
  /** The first non-finite value and its index; −1 where all are finite. */
  readonly bad: number
  readonly at: number
}

/** What a training step computes. */
interface Step {
  readonly loss: Tensor
  readonly gradients: readonly Tensor[]
  /** The values assigned to variables that are not trained. */
  readonly assigned: readonly Tensor[]
}

/**
 * One sentence about the node that produced the first NaN or infinity that reaches the results of a step. Infinities
 * that lead to finite results, such as those of a mask, do not count.
 */
export function describeFirstNonFinite({ loss, gradients, assigned }: Step, given: Given): string {
  const outputs = [loss, ...gradients, ...assigned]
  const summaries = summarized(outputs, given)
  const isBad = (tensor: Tensor) => summaries.get(tensor)!.at >= 0
  const origins = topological(outputs.filter(isBad), (tensor) => !isBad(tensor)).filter(
    (tensor) => isBad(tensor) && !tensor.inputs.some(isBad),
  )
  // A leaf may hold an infinity on purpose, so operations are reported first.
  const origin = origins.find(({ op }) => op) ?? origins[0]
  if (!origin)
    return `every node is finite, so the update overflowed; derivatives from ${range(gradients.map((gradient) => summaries.get(gradient)!))}`
  const { bad, at } = summaries.get(origin)!
  const where = origin.size > 1 ? `, element ${at}` : ''
  if (!origin.op)
    return `${describeNode(origin)} holds ${bad}${where}${origin instanceof Variable ? ', from before this step' : ''}`
  const inputs = origin.inputs.map((input, index) => {
    const { label } = inputAt(origin.op!.definition.inputs, index)
    return `${label} from ${input.size === 0 ? 'nothing' : range([summaries.get(input)!])}`
  })
  return `${describeNode(origin)} was the first to produce ${bad}${where}; its inputs: ${inputs.join(', ')}`
}

/** Evaluates node by node, and keeps values only until their last use: all of them may not fit into memory. */
function summarized(outputs: readonly Tensor[], given: Given): ReadonlyMap<Tensor, Summary> {
  const order = topological(outputs)
  const lastUse = new Map<Tensor, Tensor>()
  for (const tensor of order) for (const input of tensor.inputs) lastUse.set(input, tensor)
  const numbers = new Map<Tensor, ArrayLike<number>>()
  const summaries = new Map<Tensor, Summary>()
  for (const tensor of order) {
    const own = given.get(tensor)
    const known: Given = own
      ? new Map([[tensor, own]])
      : new Map(tensor.inputs.map((input) => [input, numbers.get(input)!]))
    const [values] = evaluate([tensor], known)
    summaries.set(tensor, summaryOf(values!))
    numbers.set(tensor, values!)
    for (const input of tensor.inputs) if (lastUse.get(input) === tensor) numbers.delete(input)
  }
  return summaries
}

function summaryOf(values: Float32Array | Float64Array): Summary {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  const at = findNonFinite(values)
  return { low, high, at, bad: values[at] ?? 0 }
}

function range(summaries: readonly Summary[]): string {
  const low = Math.min(...summaries.map((summary) => summary.low))
  const high = Math.max(...summaries.map((summary) => summary.high))
  return `${fourDigits(low)} to ${fourDigits(high)}`
}
