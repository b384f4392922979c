// TensorFlow's GraphDef, the graph format TensorBoard displays; field numbers are those of graph.proto, node_def.proto,
// attr_value.proto and tensor_shape.proto (github.com/tensorflow/tensorflow). For viewing only: the operations are ours
// in TensorFlow's style of naming, and TensorFlow cannot run them.
import { type CompileOptions, Constant, type Tensor, topological, Variable } from '@bp/core'
import { PbfWriter } from 'pbf'
import { checkedGraph } from './graph.js'
import { distinctNames, labelOf } from './names.js'

type Message = readonly Field[]
type Field =
  | readonly [number: number, name: string, kind: 'string', value: string]
  | readonly [number: number, name: string, kind: 'integer' | 'float', value: number]
  | readonly [number: number, name: string, kind: 'integers', value: number[]]
  | readonly [number: number, name: string, kind: 'boolean', value: boolean]
  | readonly [number: number, name: string, kind: 'message', value: Message]

type Attribute = number | boolean | string | Integers
/** Sizes, axes, paddings. */
type Integers = readonly (number | Integers)[]
type Attributes = Readonly<Record<string, Attribute>>

/**
 * A graph as text, for a file `graph.pbtxt` that TensorBoard opens under "Graphs", "Upload file". It takes what
 * `compile` takes, in either precision. `layer1/weights` is drawn inside `layer1`, edges are as thick as their tensors
 * are large, a node shows the attributes of its operation, and a scalar constant its value. The graph is drawn as
 * built; pass the outputs through `simplify` to see what compiling leaves of them.
 */
export function graphDefText(graph: CompileOptions): string {
  return textOf(graphDef('graphDefText', graph))
}

/** The same as bytes, `graph.pb`. */
export function graphDefBytes(graph: CompileOptions): Uint8Array<ArrayBuffer> {
  const pbf = new PbfWriter()
  writeMessage(graphDef('graphDefBytes', graph), pbf)
  return Uint8Array.from(pbf.finish())
}

function graphDef(caller: string, graph: CompileOptions): Message {
  const { inputs, outputs } = checkedGraph(caller, graph)
  const distinct = distinctNames(new Set())
  // `^a` would be a control dependency, `a:1` the second output of `a`.
  const nameFor = (name: string) => distinct(name.replace(/[\^:]/g, '_'))
  const names = new Map<Tensor, string>()
  for (const [name, input] of Object.entries(inputs)) names.set(input, nameFor(name))
  // Before all others, which then get suffixes.
  const results = Object.entries(outputs).map(([name, tensor]) => [nameFor(name), tensor] as const)
  for (const tensor of topological(Object.values(outputs)))
    if (!names.has(tensor)) names.set(tensor, nameFor(labelOf(tensor)))
  const nameOf = (tensor: Tensor) => names.get(tensor)!
  return [
    ...Array.from(names, ([tensor, name]) =>
      node(name, operationOf(tensor), tensor.inputs.map(nameOf), tensor, attributesOf(tensor)),
    ),
    ...results.map(([name, tensor]) => node(name, 'Identity', [nameOf(tensor)], tensor)),
  ]
}

function operationOf(tensor: Tensor): string {
  if (tensor instanceof Variable) return 'VariableV2'
  if (tensor instanceof Constant) return 'Const'
  if (!tensor.op) return 'Placeholder'
  const { name } = tensor.op
  return name === 'matmul' ? 'MatMul' : name[0]!.toUpperCase() + name.slice(1).replace(/([12])d/, '$1D')
}

function attributesOf(tensor: Tensor): Attributes {
  if (tensor instanceof Constant && tensor.rank === 0) return { value: tensor.values[0]! }
  return tensor.attributes as Attributes
}

function node(
  name: string,
  operation: string,
  inputs: readonly string[],
  { shape }: Tensor,
  attributes: Attributes = {},
): Field {
  const dimensions = shape.map((size): Field => [2, 'dim', 'message', [[1, 'size', 'integer', size]]])
  const fields: Message = [
    [1, 'name', 'string', name],
    [2, 'op', 'string', operation],
    ...inputs.map((input): Field => [3, 'input', 'string', input]),
    attribute('_output_shapes', [1, 'list', 'message', [[7, 'shape', 'message', dimensions]]]),
    // Maps are written in key order, as in TensorFlow.
    ...Object.keys(attributes)
      .sort()
      .map((key) => attribute(key, attributeValue(attributes[key]!))),
  ]
  return [1, 'node', 'message', fields]
}

function attribute(key: string, value: Field): Field {
  return [
    5,
    'attr',
    'message',
    [
      [1, 'key', 'string', key],
      [2, 'value', 'message', [value]],
    ],
  ]
}

function attributeValue(value: Attribute): Field {
  if (typeof value === 'object') return [1, 'list', 'message', [[3, 'i', 'integers', flat(value)]]]
  if (typeof value === 'string') return [2, 's', 'string', value]
  if (typeof value === 'boolean') return [5, 'b', 'boolean', value]
  return Number.isSafeInteger(value) ? [3, 'i', 'integer', value] : [4, 'f', 'float', value]
}

/** Flattened, as in TensorFlow's paddings. */
function flat(list: Integers): number[] {
  return list.flatMap((value) => (typeof value === 'number' ? value : flat(value)))
}

function textOf(message: Message, indentation = ''): string {
  return message
    .flatMap(([, name, kind, value]) => {
      if (kind === 'message') return `${name} {\n${textOf(value, `${indentation}  `)}${indentation}}`
      if (kind === 'integers') return value.map((one) => `${name}: ${one}`)
      return `${name}: ${kind === 'string' ? JSON.stringify(value) : value}`
    })
    .map((line) => `${indentation}${line}\n`)
    .join('')
}

function writeMessage(message: Message, pbf: PbfWriter): void {
  for (const [number, , kind, value] of message)
    if (kind === 'message') pbf.writeMessage(number, writeMessage, value)
    else if (kind === 'string') pbf.writeStringField(number, value)
    else if (kind === 'boolean') pbf.writeBooleanField(number, value)
    else if (kind === 'integer') pbf.writeVarintField(number, value)
    else if (kind === 'integers') pbf.writePackedVarint(number, value)
    else pbf.writeFloatField(number, value)
}
