// Functions of a graph, compiled to one program.
import { blamingCaller, ShapeError, ValueError } from '../errors.js'
import { evaluate, type Given } from '../evaluate.js'
import { describeShape, sameShape } from '../shape.js'
import { describeNode, flatten, Input, type Tensor, type Values, Variable } from '../tensor.js'
import { topological } from '../traverse.js'
import type { Buffer } from './lowering.js'
import { addressOf, settle } from './parameters.js'
import { plan } from './plan.js'
import { Program } from './program.js'

export type Inputs = Readonly<Record<string, Input>>
export type Outputs = Readonly<Record<string, Tensor>>
type Result<O> = { [K in keyof O]: Float32Array | Float64Array }

export interface CompileOptions<I extends Inputs, O extends Outputs> {
  /** The inputs, by the names under which their numbers will be given. */
  inputs: I
  /** What to compute, by the names under which it will be returned. */
  outputs: O
}

/**
 * A compiled function. It returns an array for each output, row by row: a new one, or for those named in `into`
 * the given one, which saves making arrays that are large.
 */
export type CompiledFunction<I extends Inputs, O extends Outputs> = (
  values: { readonly [K in keyof I]: Values },
  into?: { readonly [K in keyof O]?: Float32Array | Float64Array },
) => Result<O>

/**
 * Compiles a function of numbers for each input, computed with what the variables hold at the time of the call.
 * Graphs in f64 run in plain TypeScript.
 * @throws ValueError when an input is missing, here from the list or later from a call.
 */
export function compile<I extends Inputs, O extends Outputs>({
  inputs,
  outputs,
}: CompileOptions<I, O>): CompiledFunction<I, O> {
  const names = Object.keys(outputs)
  const tensors = Object.values(outputs)
  blamingCaller(compile, () => checkInputs('compile', inputs, tensors))
  const execute = tensors.some(({ dtype }) => dtype === 'f64')
    ? (given: Given) => evaluate(tensors, given)
    : onKernel(tensors)
  const call: CompiledFunction<I, O> = (values, into = {}) =>
    blamingCaller(call, () => {
      const views = execute(checkedValues('the compiled function', inputs, values))
      const results = names.map((name, index) => [name, copied(name, views[index]!, into[name])])
      return Object.fromEntries(results) as Result<O>
    })
  return call
}

function copied(
  name: string,
  view: Float32Array | Float64Array,
  into: Float32Array | Float64Array | undefined,
) {
  if (!into) return view.slice()
  if (into.length !== view.length)
    throw new ShapeError(
      `the compiled function: "${name}" has ${view.length} numbers, the array to write into ${into.length}`,
    )
  into.set(view)
  return into
}

/** Returns views of the outputs, which are good until the next call. */
function onKernel(tensors: readonly Tensor[]): (given: Given) => Float32Array[] {
  const { instructions, outputs, leaves } = plan(tensors)
  const variables = [...leaves.keys()].filter((leaf) => leaf instanceof Variable)
  const program = new Program({ instructions, placed: placeVariables(leaves), leaves, kept: outputs })
  return (given) => {
    for (const [leaf, values] of given) {
      const buffer = leaves.get(leaf)
      if (buffer) program.floats(buffer).set(values)
    }
    program.run(1)
    return outputs.map((buffer) => {
      const variable = variables.find((leaf) => leaves.get(leaf) === buffer)
      return (variable?.values as Float32Array | undefined) ?? program.floats(buffer)
    })
  }
}

/** Settles the variables of a plan; returns the addresses of their buffers. */
export function placeVariables(leaves: ReadonlyMap<Tensor, Buffer>): Map<Buffer, number> {
  const variables = [...leaves.keys()].filter((leaf) => leaf instanceof Variable)
  settle(variables)
  return new Map(variables.map((variable) => [leaves.get(variable)!, addressOf(variable)]))
}

/** Throws when the tensors depend on an input that is not in the list. */
export function checkInputs(caller: string, inputs: Inputs, tensors: readonly Tensor[]): void {
  const listed = new Set<Tensor>(Object.values(inputs))
  for (const tensor of listed)
    if (!(tensor instanceof Input))
      throw new ValueError(
        `${caller}: inputs must be made by input(); got ${tensor instanceof Object ? describeNode(tensor) : typeof tensor}`,
      )
  for (const tensor of topological(tensors))
    if (tensor instanceof Input && !listed.has(tensor))
      throw new ValueError(
        `${caller}: ${describeNode(tensor)} is used but not listed in inputs; add it there`,
      )
}

/** Numbers by input, each as many as its input has. */
export function checkedValues(
  caller: string,
  inputs: Inputs,
  values: Readonly<Record<string, Values>>,
): Map<Tensor, ArrayLike<number>> {
  for (const name of Object.keys(values))
    if (!Object.hasOwn(inputs, name))
      throw new ValueError(
        `${caller}: has no input "${name}"; its inputs are ${Object.keys(inputs).join(', ')}`,
      )
  return new Map(
    Object.entries(inputs).map(([name, tensor]) => {
      const given = values[name]
      if (given === undefined) throw new ValueError(`${caller}: input "${name}" was not given`)
      const { flat, shape } = flatten(`${caller}, input "${name}"`, given)
      const nested = typeof given !== 'number' && !ArrayBuffer.isView(given)
      if (flat.length !== tensor.size || (nested && !sameShape(shape, tensor.shape)))
        throw new ShapeError(
          `${caller}: input "${name}" is ${describeShape(tensor.shape)}, ${tensor.size} numbers; got ${describeShape(shape)}`,
        )
      return [tensor, flat]
    }),
  )
}
