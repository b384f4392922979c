// Inputs that hold indices: checks that they are in range.
import { IndexError } from '../checks/errors.js'
import { byName } from './input-names.js'
import type { Array64 } from './reference.js'
import type { Shape } from './shape.js'
import { describeNode, type Tensor } from './tensor.js'

/** The error for the first index of an input of `node` that is not an integer in [0, `limit`). */
export function indexError(node: Tensor, input: string, data: ArrayLike<number>, limit: number): IndexError {
  const place = Array.from(data).findIndex((value) => !isIndex(value, limit))
  const wanted =
    limit > 0 ? `must be an integer in [0, ${limit})` : 'is out of range: there is nothing to index'
  const shape = node.inputs[node.op!.definition.inputs.indexOf(input)]?.shape ?? []
  return new IndexError(
    `${node.op!.name}: ${input}${describePlace(place, shape)} is ${data[place]}, which ${wanted}; correct the indices, or make what they index larger (in ${describeNode(node)})`,
  )
}

/** The inputs of `node` that hold indices, each with its exclusive upper limit. */
function limitsOf({ op, attributes }: Tensor, shapes: readonly Shape[]): [input: string, limit: number][] {
  const { inputs, indices = {} } = op!.definition
  const byInput = byName(inputs, shapes)
  return Object.entries(indices).map(([input, limitOf]) => [input, limitOf!(byInput, attributes)])
}

/** Throws where an f32 index would have to exceed the integers that f32 represents. */
export function checkCountable(node: Tensor): void {
  if (!node.op!.definition.indices) return
  const shapes = node.inputs.map(({ shape }) => shape)
  for (const [input, limit] of limitsOf(node, shapes))
    if (limit > 2 ** 24)
      throw new IndexError(
        `${node.op!.name}: ${input} cannot index ${limit} elements, since f32 represents integers up to 2^24; split the tensor, or use f64`,
      )
}

/** Throws where an index among the inputs of `node` is out of range. */
export function checkIndices(node: Tensor, inputs: readonly Array64[]): void {
  const { inputs: names, indices } = node.op!.definition
  if (!indices) return
  const shapes = inputs.map(({ shape }) => shape)
  for (const [input, limit] of limitsOf(node, shapes)) {
    const { data } = inputs[names.indexOf(input)]!
    if (!data.every((value) => isIndex(value, limit))) throw indexError(node, input, data, limit)
  }
}

function isIndex(value: number, limit: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < limit
}

/** `[2, 0]` for element 6 of 3×3. */
function describePlace(place: number, shape: readonly number[]): string {
  if (shape.length === 0) return ''
  const position: number[] = []
  for (const size of [...shape].reverse()) {
    position.unshift(place % size)
    place = Math.floor(place / size)
  }
  return `[${position.join(', ')}]`
}
