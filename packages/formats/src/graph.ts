// Checks the argument of every function that writes a graph.
import { type CompileOptions, type Model, Tensor, ValueError } from '@bp/core/lean'

/** @throws ValueError unless inputs and outputs are tensors by name; for a model, it says how to get them. */
export function checkedGraph(caller: string, given: CompileOptions): CompileOptions {
  const refuse = (problem: string) =>
    new ValueError(`${caller} expects { inputs, outputs }, tensors by name; ${problem}`)
  const { apply, inputShape } = (given ?? {}) as unknown as Partial<Model>
  if (typeof apply === 'function')
    throw refuse(
      `for a model: x = input([1, ${Array.isArray(inputShape) ? inputShape.join(', ') : '…'}]), { inputs: { x }, outputs: { y: model.predictions(x) } }`,
    )
  for (const key of ['inputs', 'outputs'] as const) {
    const record: unknown = given?.[key]
    if (typeof record !== 'object' || record === null || record instanceof Tensor)
      throw refuse(`${key} is ${record instanceof Tensor ? 'a single tensor, name it: { x }' : 'missing'}`)
    for (const [name, tensor] of Object.entries(record))
      if (!(tensor instanceof Tensor)) throw refuse(`${key}.${name} is not a tensor`)
  }
  return given
}
