// ONNX, the format in which other engines run models (onnx.ai): a graph that contains the values of its variables.
import {
  BackpropagationError,
  type CompileOptions,
  Constant,
  simplify,
  type Tensor,
  topological,
  Variable,
} from '@bp/core/lean'
import { bytesOfValues } from './elements.js'
import { checkedGraph } from './graph.js'
import { distinctNames, labelOf } from './names.js'
import { encodeModel, type Initializer, type Node } from './onnx/messages.js'
import { type GraphWriter, operators } from './onnx/operators.js'

/** A graph that cannot be written as ONNX; the message says which operation, and why. */
export class OnnxError extends BackpropagationError {
  override name = 'OnnxError'
}

/** The operator set and the file format version that goes with it; engines since 2022 support both. */
const operatorSet = 17
const format = 8

/**
 * A graph as a float32 ONNX model, with the current values of its variables. Shapes are fixed by the inputs: for batches
 * of 8, `x = input([8, 4])`, `writeOnnx({ inputs: { x }, outputs: { y: model.predictions(x) } })`, or `apply` for plain
 * outputs such as logits. Operations that ONNX lacks are written as their decomposition.
 * @throws OnnxError for a float64 graph, a missing input, and an operation that has no operator and does not decompose:
 * random numbers, and some derivatives.
 */
export function writeOnnx(graph: CompileOptions): Uint8Array<ArrayBuffer> {
  const { inputs, outputs } = checkedGraph('writeOnnx', graph)
  for (const tensor of [...Object.values(inputs), ...Object.values(outputs)])
    if (tensor.dtype === 'f64')
      throw new OnnxError(`${tensor} is float64, but ONNX is written in float32; build the graph in float32`)
  const nodes: Node[] = []
  const initializers: Initializer[] = []
  for (const name of Object.keys(inputs))
    if (Object.hasOwn(outputs, name))
      throw new OnnxError(`an input and an output are both named ${JSON.stringify(name)}; rename one`)
  const nameFor = distinctNames(new Set([...Object.keys(inputs), ...Object.keys(outputs)]))
  const initializer = (
    label: string,
    shape: readonly number[],
    type: Initializer['type'],
    bytes: Uint8Array,
  ) => {
    const name = nameFor(label)
    initializers.push({ name, shape, type, bytes })
    return name
  }
  const floats = (name: string, shape: readonly number[], values: Iterable<number>) =>
    initializer(name, shape, 'float', bytesOfValues(Float32Array.from(values)))
  const lengthOf = (values: readonly number[] | number) => (typeof values === 'number' ? [] : [values.length])
  /** The label of the operation being written, after which its nodes are named. */
  let current = ''
  const writer: GraphWriter = {
    node: (operator, inputs, attributes = {}) => {
      const output = nameFor(current)
      nodes.push({ operator, inputs, output, attributes })
      return output
    },
    integers: (values) => {
      const { buffer } = BigInt64Array.from([values].flat(), BigInt)
      return initializer(`${current}_integers`, lengthOf(values), 'int64', new Uint8Array(buffer))
    },
    floats: (values) => floats(`${current}_numbers`, lengthOf(values), [values].flat()),
  }
  const values = new Map<Tensor, string>()
  for (const [name, input] of Object.entries(inputs)) values.set(input, name)
  const convert = (tensor: Tensor): string => {
    const { op, shape, attributes } = tensor
    const label = labelOf(tensor)
    if (tensor instanceof Variable || tensor instanceof Constant) return floats(label, shape, tensor.values)
    if (!op)
      throw new OnnxError(`the outputs depend on ${tensor}, which is not among the inputs; list it there`)
    // Nothing is computed from empty tensors, and engines disagree on how to handle them.
    if (tensor.size === 0) return floats(label, shape, [])
    const operator = operators.get(op.name)
    if (!operator)
      throw new OnnxError(
        `ONNX has no operator for ${tensor}, and it does not decompose into operations that have one; remove it from the graph`,
      )
    current = label
    return operator(
      writer,
      tensor.inputs.map((input) => values.get(input)!),
      attributes,
      tensor,
    )
  }
  const computed = simplify(Object.values(outputs), undefined, ({ name }) => operators.has(name))
  for (const tensor of topological(computed, (tensor) => values.has(tensor) || tensor.size === 0))
    if (!values.has(tensor)) values.set(tensor, convert(tensor))
  for (const [index, name] of Object.keys(outputs).entries())
    nodes.push({
      operator: 'Identity',
      inputs: [values.get(computed[index]!)!],
      output: name,
      attributes: {},
    })
  const ports = (tensors: Readonly<Record<string, Tensor>>) =>
    Object.entries(tensors).map(([name, { shape }]) => ({ name, shape }))
  return encodeModel(
    { nodes, initializers, inputs: ports(inputs), outputs: ports(outputs) },
    operatorSet,
    format,
  )
}
