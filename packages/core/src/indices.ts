// Inputs that pick places: what is said of a number in them that picks none.
import { IndexError } from './errors.js'
import { byName } from './input-names.js'
import type { Array64 } from './reference.js'
import { describeNode, type Tensor } from './tensor.js'

/** The error for the first number of an input of `node` that is not whole, or not from 0 up to but without `limit`. */
export function indexError(node: Tensor, input: string, data: ArrayLike<number>, limit: number): IndexError {
  const place = Array.from(data).findIndex((value) => !isIndex(value, limit))
  const wanted =
    limit > 0 ? `must be a whole number from 0 to ${limit - 1}` : 'cannot be: there is nothing to pick from'
  const shape = node.inputs[node.op!.definition.inputs.indexOf(input)]?.shape ?? []
  return new IndexError(
    `${node.op!.name}: ${input}${describePlace(place, shape)} is ${data[place]}, which ${wanted}; correct the indices, or make what they pick from larger (in ${describeNode(node)})`,
  )
}

/** Throws where an index among the inputs of `node` is out of range. */
export function checkIndices(node: Tensor, inputs: readonly Array64[]): void {
  const { inputs: names, indices } = node.op!.definition
  if (!indices) return
  const shapes = byName(
    names,
    inputs.map(({ shape }) => shape),
  )
  for (const [input, limitOf] of Object.entries(indices)) {
    const { data } = inputs[names.indexOf(input)]!
    const limit = limitOf!(shapes, node.attributes)
    if (!data.every((value) => isIndex(value, limit))) throw indexError(node, input, data, limit)
  }
}

function isIndex(value: number, limit: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < limit
}

/** `[2, 0]` for number 6 of 3×3. */
function describePlace(place: number, shape: readonly number[]): string {
  if (shape.length === 0) return ''
  const position: number[] = []
  for (const size of [...shape].reverse()) {
    position.unshift(place % size)
    place = Math.floor(place / size)
  }
  return `[${position.join(', ')}]`
}
