// ONNX, the form in which other engines run models (onnx.ai): a graph, with the numbers of its variables in it.
import {
  BackpropagationError,
  type CompileOptions,
  Constant,
  simplify,
  type Tensor,
  topological,
  Variable,
} from '@bp/core'
import { bytesOfValues } from './elements.js'
import { checkedGraph } from './graph.js'
import { distinctNames, labelOf } from './names.js'
import { encodeModel, type Initializer, type Node } from './onnx/messages.js'
import { type GraphWriter, operators } from './onnx/operators.js'

/** A graph that cannot be written as ONNX; the message says which operation, and why. */
export class OnnxError extends BackpropagationError {
  override name = 'OnnxError'
}

/** The set of operators, and the form of files that goes with it; engines from 2022 on know both. */
const operatorSet = 17
const format = 8

/**
 * A graph as an ONNX model of float32, with what its variables hold now. Shapes are those of the inputs: for rows in
 * batches of 8 `x = input([8, 4])`, `writeOnnx({ inputs: { x }, outputs: { y: model.predictions(x) } })`, or `apply` for
 * plain outputs such as logits. Operations that ONNX does not have are written as what they decompose to.
 * @throws OnnxError for a graph in float64, an input that is missing, and an operation that has no operator and does
 * not decompose: random numbers, and some derivatives.
 */
export function writeOnnx(graph: CompileOptions): Uint8Array<ArrayBuffer> {
  const { inputs, outputs } = checkedGraph('writeOnnx', graph)
  for (const tensor of [...Object.values(inputs), ...Object.values(outputs)])
    if (tensor.dtype === 'f64')
      throw new OnnxError(`${tensor} is of float64, and float32 is written; make the graph in float32`)
  const nodes: Node[] = []
  const initializers: Initializer[] = []
  for (const name of Object.keys(inputs))
    if (Object.hasOwn(outputs, name))
      throw new OnnxError(`an input and an output are both called ${JSON.stringify(name)}; rename one`)
  const nameFor = distinctNames(new Set([...Object.keys(inputs), ...Object.keys(outputs)]))
  const initializer = (
    wanted: string,
    shape: readonly number[],
    type: Initializer['type'],
    bytes: Uint8Array,
  ) => {
    const name = nameFor(wanted)
    initializers.push({ name, shape, type, bytes })
    return name
  }
  const floats = (name: string, shape: readonly number[], values: Iterable<number>) =>
    initializer(name, shape, 'float', bytesOfValues(Float32Array.from(values)))
  const lengthOf = (values: readonly number[] | number) => (typeof values === 'number' ? [] : [values.length])
  /** The operation that is being written, whose name its nodes get. */
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
    // Of no numbers nothing is computed, and operators do not agree on what to do with them.
    if (tensor.size === 0) return floats(label, shape, [])
    const operator = operators.get(op.name)
    if (!operator)
      throw new OnnxError(
        `ONNX has no operator for ${tensor}, and it does not decompose into operations that have one; write a graph without it`,
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
