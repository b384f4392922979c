// Makes a graph smaller without changing a bit of what it computes: folds constants, merges equal nodes, drops no-ops.
import { checkFunction } from '../checks/check-options.js'
import { byName } from '../graph/input-names.js'
import type { Op } from '../graph/op.js'
import { applyReference } from '../graph/reference.js'
import { broadcastShapes, sameShape, sizeOf } from '../graph/shape.js'
import { Constant, checkTensors, type Dtype, Tensor } from '../graph/tensor.js'
import { topological } from '../graph/traverse.js'
import * as ops from '../ops/index.js'

/** Constants up to this many elements are folded when compiling; larger ones are computed at each run. */
const foldedSize = 4096

/**
 * Tensors of the same values in a graph of fewer and simpler operations: what depends on constants alone is computed,
 * equal nodes are merged, and an operation that is not `basic` (by default: has no kernel) is replaced by its
 * decomposition, if it has one. Tensors for which `keep` is true stay as they are. `precision` is that in which the graph
 * will be computed.
 */
export function simplify(
  outputs: readonly Tensor[],
  keep: (tensor: Tensor) => boolean = () => false,
  basic: (op: Op) => boolean = ({ definition }) => definition.lower !== undefined,
  precision: Dtype = 'f32',
): Tensor[] {
  checkFunction('simplify', 'keep', keep)
  checkFunction('simplify', 'basic', basic)
  const replaced = new Map<Tensor, Tensor>()
  const known = new Map<string, Tensor>()

  const simplified = (root: Tensor): Tensor => {
    for (const tensor of topological([root], (node) => replaced.has(node) || keep(node)))
      if (!replaced.has(tensor)) replaced.set(tensor, keep(tensor) ? tensor : simplifyOne(tensor))
    return replaced.get(root)!
  }

  const simplifyOne = (tensor: Tensor): Tensor => {
    if (tensor instanceof Constant) return merged(constantKey(tensor, precision), tensor)
    if (!tensor.op) return tensor
    const { definition } = tensor.op
    let inputs = tensor.inputs.map((input) => replaced.get(input)!)
    const folded = fold(tensor, inputs, precision)
    if (folded) return merged(constantKey(folded, precision), folded)
    if (definition.broadcasts)
      inputs = withoutRepeats(tensor, inputs, keep, (source) =>
        merged(constantKey(source, precision), source),
      )
    const same = noOp(tensor, inputs)
    if (same) return same
    const rebuilt = inputs.every((input, index) => input === tensor.inputs[index])
      ? tensor
      : new Tensor({
          op: tensor.op,
          inputs,
          attributes: tensor.attributes,
          shape: tensor.shape,
          name: tensor.name,
        })
    if (definition.decompose && !basic(tensor.op))
      return simplified(definition.decompose(byName(definition.inputs, inputs), tensor.attributes))
    const key = `${tensor.op.name}(${inputs.map(({ id }) => id).join()})${JSON.stringify(tensor.attributes, distinctly)}`
    return merged(key, rebuilt)
  }

  const merged = (key: string | undefined, tensor: Tensor): Tensor => {
    if (key === undefined) return tensor
    const before = known.get(key)
    if (before) return before
    known.set(key, tensor)
    return tensor
  }

  return checkTensors('simplify', 'outputs', outputs).map(simplified)
}

/**
 * The value of an operation on constants, if it has the bits that would be computed. In f32 it has where the operation is
 * correctly rounded, with an error of at most half a unit in the last place: then float64, rounded, has the bits of the
 * kernel.
 */
function fold(tensor: Tensor, inputs: readonly Tensor[], precision: Dtype): Constant | undefined {
  const { ulp } = tensor.op!.definition
  const constants = inputs.filter((input) => input instanceof Constant)
  const exact = precision === 'f64' || (ulp as number) <= 0.5
  if (!exact || tensor.size > foldedSize || constants.length < inputs.length) return undefined
  const arrays = constants.map(({ values, shape }) => ({
    data: inPrecision(values, precision),
    shape,
  }))
  return new Constant(inPrecision(applyReference(tensor, arrays), precision), tensor.shape)
}

function inPrecision(values: Float32Array | Float64Array, precision: Dtype): Float64Array {
  return Float64Array.from(precision === 'f32' ? Float32Array.from(values) : values)
}

/** JSON has no infinities and only one 0, so different attributes would look the same: numbers become text. */
function distinctly(_: string, value: unknown): unknown {
  return typeof value === 'number' ? (Object.is(value, -0) ? '-0' : `${value}`) : value
}

function constantKey({ values, shape }: Constant, precision: Dtype): string | undefined {
  if (values.length > 16) return undefined
  const numbers = Array.from(inPrecision(values, precision), (value) => (Object.is(value, -0) ? '-0' : value))
  return `constant [${shape}] ${numbers.join()}`
}

/** Elementwise operations broadcast their inputs themselves, so they need no `broadcastTo` before them. */
function withoutRepeats(
  tensor: Tensor,
  inputs: Tensor[],
  keep: (tensor: Tensor) => boolean,
  merged: (source: Constant) => Tensor,
): Tensor[] {
  const name = tensor.op!.name
  let result = inputs
  for (const [index, input] of inputs.entries()) {
    const source = keep(input) ? undefined : smallerSource(input)
    if (!source) continue
    const smaller = source instanceof Constant ? merged(source) : source
    const tried = result.with(index, smaller)
    const shapes = tried.map(({ shape }) => shape)
    if (sameShape(broadcastShapes(name, tensor.op!.definition.inputs, shapes), tensor.shape)) result = tried
  }
  return result
}

function smallerSource(tensor: Tensor): Tensor | undefined {
  if (tensor.op === ops.broadcastTo) return tensor.inputs[0]
  if (
    tensor instanceof Constant &&
    tensor.size > 1 &&
    tensor.values.every((value) => Object.is(value, tensor.values[0]))
  )
    return new Constant(tensor.values.slice(0, 1), [])
  return undefined
}

/** The input that an operation returns unchanged, if it does. */
function noOp({ op, shape }: Tensor, inputs: readonly Tensor[]): Tensor | undefined {
  const [a, b, c] = inputs
  const keeps = (candidate: Tensor | undefined) =>
    candidate && sameShape(candidate.shape, shape) ? candidate : undefined
  if (op === ops.reshape || op === ops.broadcastTo || op === ops.sumTo || op === ops.stopGradient)
    return keeps(a)
  if (op === ops.mul) return isConstant(b, 1) ? keeps(a) : isConstant(a, 1) ? keeps(b) : undefined
  if (op === ops.div) return isConstant(b, 1) ? keeps(a) : undefined
  if (op === ops.where && a instanceof Constant && a.size > 0)
    return a.values.every((own) => Math.fround(own) !== 0)
      ? keeps(b)
      : isConstant(a, 0)
        ? keeps(c)
        : undefined
  return undefined
}

function isConstant(tensor: Tensor | undefined, value: number): boolean {
  return tensor instanceof Constant && sizeOf(tensor.shape) > 0 && tensor.values.every((own) => own === value)
}
