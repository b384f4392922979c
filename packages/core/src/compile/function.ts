// Functions of a graph, compiled to one program.
import { check, checkOptions, describeValue, isRecord, optional } from '../checks/check-options.js'
import { blamingCaller, ShapeError, ValueError } from '../checks/errors.js'
import { computed, originOf } from '../graph/computed.js'
import { evaluate, type Given, precision } from '../graph/evaluate.js'
import { describeShape, sameShape } from '../graph/shape.js'
import { describeNode, Input, input, Tensor, Variable } from '../graph/tensor.js'
import { topological } from '../graph/traverse.js'
import { flatten, type Values } from '../graph/values.js'
import { type Like, type Tensors, type Unpacked, unpack } from '../transforms/nested.js'
import { isTracing, traced } from '../transforms/tracing.js'
import { type DescribeOptions, describePlan } from './describe.js'
import type { Buffer } from './instruction.js'
import { addressOf, moveToKernel } from './parameters.js'
import { plan } from './plan.js'
import { Program } from './program.js'

export type Inputs = Readonly<Record<string, Input>>
export type Outputs = Readonly<Record<string, Tensor>>
type Result<O> = { [K in keyof O]: Float32Array | Float64Array }

/** A graph to compile, its inputs and outputs by name. */
export interface CompileOptions<I extends Inputs = Inputs, O extends Outputs = Outputs> {
  /** The inputs, by the names under which their numbers will be given. */
  inputs: I
  /** What to compute, by the names under which it will be returned. */
  outputs: O
}

/**
 * A compiled function. It returns an array for each output, row by row: a new one, or the one in `into`, which saves
 * allocating large arrays.
 */
export interface CompiledFunction<I extends Inputs, O extends Outputs> extends Describable {
  (
    values: { readonly [K in keyof I]: Values },
    into?: { readonly [K in keyof O]?: Float32Array | Float64Array },
  ): Result<O>
}

/** A compiled function's program, to be printed. */
export interface Describable {
  /**
   * The program as a table: each instruction with its operations, bytes, operands and the nodes that it computes. Of a
   * function of tensors there is one for each list of shapes that it was called with.
   * @throws DtypeError for a function in f64, which has no program.
   */
  describe(options?: DescribeOptions): string
}

/**
 * Compiles a function of numbers for each input, computed with the variables' values at the time of the call.
 * Outputs in f64 are computed in plain TypeScript.
 * @throws ValueError when an input is missing, here from the list or later from a call.
 */
export function compile<I extends Inputs, O extends Outputs>(
  options: CompileOptions<I, O>,
): CompiledFunction<I, O>
/**
 * Compiles a function of tensors, or of arrays and records of tensors, to one with the same results: numbers and arrays
 * may stand for tensors, and the results are constants. It is planned once for each list of shapes; the last 16 plans are
 * kept. Side effects of the function happen when it is planned. Take derivatives inside, `compile(grad(loss))`; those
 * through its results are refused. Called on inputs, or in a function that is itself differentiated or compiled, it is `f`.
 */
export function compile<Parameters extends readonly unknown[] = Tensor[], R = Tensor>(
  f: (...parameters: Parameters) => R,
): ((...args: { [K in keyof Parameters]: Like<Parameters[K]> }) => Tensors<R>) & Describable
export function compile(given: CompileOptions | ((...parameters: never[]) => unknown)): unknown {
  return typeof given === 'function' ? compileByShape(given) : compileGraph(given)
}

const checkTarget = optional(
  check<Float32Array | Float64Array>(
    'a Float32Array or a Float64Array',
    (value) => value instanceof Float32Array || value instanceof Float64Array,
  ),
)
export const checkRecord = check<Readonly<Record<string, never>>>('a record of tensors by name', isRecord)

function compileGraph(options: CompileOptions) {
  const { inputs, outputs } = blamingCaller(compile, () =>
    checkOptions('compile', options, { inputs: checkRecord, outputs: checkRecord }),
  )
  const names = Object.keys(outputs)
  const tensors = Object.values(outputs)
  blamingCaller(compile, () => checkInputs('compile', inputs, tensors))
  const execute = executor(tensors)
  const checks = Object.fromEntries(names.map((name) => [name, checkTarget]))
  const call = (
    values: { readonly [name: string]: Values },
    given?: Readonly<Record<string, Float32Array | Float64Array | undefined>>,
  ) =>
    blamingCaller(call, () => {
      const into = given ? checkOptions('the compiled function', given, checks) : {}
      if (isTracing())
        throw new ValueError(
          'the compiled function: gives numbers, which a function that is differentiated or compiled cannot follow; use tensors there, or a function of tensors compiled by compile(f)',
        )
      const views = execute(checkedValues('the compiled function', inputs, values))
      return Object.fromEntries(names.map((name, index) => [name, copied(name, views[index]!, into[name])]))
    })
  const describe = (options?: DescribeOptions) =>
    blamingCaller(describe, () => describePlan('describe', tensors, options))
  return Object.assign(call, { describe })
}

/** Most plans that are kept for one function. */
const mostPlans = 16

function compileByShape(f: (...parameters: never[]) => unknown) {
  interface Plan {
    readonly run: (values: readonly ArrayLike<number>[], given: readonly Tensor[]) => unknown
    readonly tensors: readonly Tensor[]
  }
  const plans = new Map<string, Plan>()

  const planned = ({ tensors, paths, pack }: Unpacked): Plan => {
    const inputs = tensors.map(({ shape, dtype }, index) =>
      input(shape, { name: `argument ${paths[index]}`, dtype: dtype ?? precision(tensors) }),
    )
    // Outside of what blames the caller: an error in f is at the user's line already.
    const value = traced(f, ...argumentsOf(pack(inputs)))
    return blamingCaller(call, () => {
      const results = unpack('compile', value)
      checkInputs('compile', Object.fromEntries(inputs.entries()), results.tensors)
      const execute = executor(results.tensors)
      const { variables } = originOf(results.tensors, '')
      const run: Plan['run'] = (values, given) => {
        const origin = originOf(
          [...given, ...variables],
          'the result of a compiled function, which is numbers; take the derivative inside, as in compile(grad(f)), or say by stopGradient() that there is none',
        )
        const views = execute(new Map(inputs.map((tensor, index) => [tensor, values[index]!])))
        return results.pack(
          results.tensors.map((tensor, index) => computed(views[index]!.slice(), tensor, origin)),
        )
      }
      return { run, tensors: results.tensors }
    })
  }

  const call = (...args: unknown[]) => {
    if (args.length < f.length)
      blamingCaller(call, () => {
        throw new ValueError(
          `the compiled function: expects ${f.length} arguments, as the function that was compiled does; got ${args.length}`,
        )
      })
    // As a record, since an array of numbers alone would be one tensor.
    const unpacked = blamingCaller(call, () => unpack('the compiled function', { ...args }))
    const { tensors, paths, pack } = unpacked
    if (isTracing() || topological(tensors).some((tensor) => tensor instanceof Input)) {
      const value = f(...argumentsOf(pack(tensors)))
      const results = blamingCaller(call, () => unpack('compile', value))
      return results.pack(results.tensors)
    }
    const key = tensors
      .map(({ shape, dtype }, index) => `${paths[index]} ${dtype ?? precision(tensors)} [${shape}]`)
      .join()
    const plan = plans.get(key) ?? planned(unpacked)
    // A map keeps the order of insertion, so the first is the one whose last use is the longest ago.
    plans.delete(key)
    plans.set(key, plan)
    if (plans.size > mostPlans) plans.delete(plans.keys().next().value!)
    return blamingCaller(call, () => plan.run(evaluate(tensors), tensors))
  }
  const describe = (options?: DescribeOptions) =>
    blamingCaller(describe, () => {
      if (plans.size === 0)
        throw new ValueError('describe: nothing is planned yet; call the compiled function first')
      return [...plans]
        .map(([key, { tensors }]) => `${key}:\n${describePlan('describe', tensors, options)}`)
        .join('\n\n')
    })
  return Object.assign(call, { describe })
}

/** The arguments of a call, which were packed as a record. */
function argumentsOf(record: unknown): never[] {
  return Object.values(record as object) as never[]
}

/** Returns views of the tensors, which are valid until the next call. */
function executor(tensors: readonly Tensor[]): (given: Given) => readonly (Float32Array | Float64Array)[] {
  return precision(tensors) === 'f64' ? (given) => evaluate(tensors, given) : onKernel(tensors)
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

function onKernel(tensors: readonly Tensor[]): (given: Given) => Float32Array[] {
  const { instructions, outputs, leaves } = plan(tensors)
  const variables = [...leaves.keys()].filter((leaf) => leaf instanceof Variable)
  const program = new Program({ instructions, placed: placeVariables(leaves), leaves, kept: outputs })
  // An output that is a variable is read from the variable.
  const sources = new Map(variables.map((variable) => [leaves.get(variable)!, variable]))
  return (given) => {
    for (const [leaf, values] of given) {
      const buffer = leaves.get(leaf)
      if (buffer) program.floats(buffer).set(values)
    }
    program.run(1)
    return outputs.map(
      (buffer) => (sources.get(buffer)?.values as Float32Array | undefined) ?? program.floats(buffer),
    )
  }
}

/** Moves the variables of a plan to kernel memory; returns the addresses of their buffers. */
export function placeVariables(leaves: ReadonlyMap<Tensor, Buffer>): Map<Buffer, number> {
  const variables = [...leaves.keys()].filter((leaf) => leaf instanceof Variable)
  moveToKernel(variables)
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
  for (const tensor of tensors)
    if (!(tensor instanceof Tensor))
      throw new ValueError(`${caller}: expects tensors to compute; got ${describeValue(tensor)}`)
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
  if (!isRecord(values))
    throw new ValueError(
      `${caller}: expects numbers by input, { ${Object.keys(inputs).join(', ')} }; got ${describeValue(values)}`,
    )
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
