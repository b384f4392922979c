// TensorFlow's GraphDef, the graph format TensorBoard displays, written and read; field numbers are those of graph.proto, node_def.proto,
// attr_value.proto and tensor_shape.proto (github.com/tensorflow/tensorflow). For viewing only: the operations are ours
// in TensorFlow's style of naming, and TensorFlow cannot run them.
import {
  BackpropagationError,
  type CompileOptions,
  Constant,
  check,
  isRecord,
  type Tensor,
  topological,
  Variable,
} from '@bp/core/lean'
import { PbfWriter } from 'pbf'
import { type Bytes, bytesOfFile, textOfFile } from './bytes.js'
import { checkedGraph } from './graph.js'
import { distinctNames, labelOf } from './names.js'
import { fieldsOf, type Message as Part, textOf as textOfField } from './protobuf.js'
import { type Entry, entriesOf } from './text-proto.js'
import { decode } from './utf8.js'

/** Text or bytes that are not a graph; the message says where, and what is wrong. */
export class GraphDefError extends BackpropagationError {
  override name = 'GraphDefError'
}

/** A node of a graph as TensorBoard shows it. */
export interface GraphNode {
  /** Its scopes are in front, as in `layer1/weights`. */
  readonly name: string
  readonly op: string
  /** Names of nodes; `a:1` is the second output of `a`, `^a` only has to come first. */
  readonly inputs: readonly string[]
  /** Of its first output, with −1 for a size that is not known; `null` where the file does not say. */
  readonly shape: readonly number[] | null
}

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
 * `compile` takes, in either precision, or nodes. `layer1/weights` is drawn inside `layer1`, edges are as thick as their tensors
 * are large, a node shows the attributes of its operation, and a scalar constant its value. The graph is drawn as
 * built; pass the outputs through `simplify` to see what compiling leaves of them.
 */
export function graphDefText(graph: CompileOptions | readonly GraphNode[]): string {
  return textOf(graphDef('graphDefText', graph))
}

/** The same as bytes, `graph.pb`. */
export function graphDefBytes(graph: CompileOptions | readonly GraphNode[]): Uint8Array<ArrayBuffer> {
  const pbf = new PbfWriter()
  writeMessage(graphDef('graphDefBytes', graph), pbf)
  return Uint8Array.from(pbf.finish())
}

/**
 * The nodes of a graph in protobuf's text format, `graph.pbtxt`, as TensorFlow and `graphDefText` write it. What
 * is not shown, such as the values of constants, is skipped.
 * @throws GraphDefError
 */
export function readGraphDefText(content: string | Bytes): GraphNode[] {
  const given = textOfFile('readGraphDefText', content, (problem) => new GraphDefError(problem))
  const nodes = new Nodes((problem) => new GraphDefError(problem))
  for (const entry of entriesOf(
    typeof given === 'string' ? given : decode(given),
    (line, problem) => new GraphDefError(`line ${line}: ${problem}`),
  ))
    nodes.takeText(entry)
  return nodes.finish()
}

/**
 * The same of the graph in bytes, `graph.pb`, as TensorFlow and `graphDefBytes` write it.
 * @throws GraphDefError
 */
export function readGraphDefBytes(content: Bytes): GraphNode[] {
  const file = bytesOfFile('readGraphDefBytes', content, 'graph', (problem) => new GraphDefError(problem))
  return graphNodesOf({
    file,
    begin: 0,
    end: file.length,
    refuse: (offset, problem) => new GraphDefError(`byte ${offset}: ${problem}`),
  })
}

/** The nodes of a GraphDef in bytes, which is part of a file. */
export function graphNodesOf(part: Part): GraphNode[] {
  const nodes = new Nodes((problem) => part.refuse(part.begin, problem))
  nodes.takeBytes(part)
  return nodes.finish()
}

/** More than any graph that can be looked at; a node of a few bytes must not take a hundred times as many in memory. */
const mostNodes = 20_000
const mostInputs = 50_000
const mostDimensions = 32
/** Of a node, in bytes. */
const longestName = 4096

/** Collects nodes from either form. */
class Nodes {
  readonly #refuse: (problem: string) => Error
  readonly #nodes: GraphNode[] = []
  readonly #names = new Set<string>()
  #inputs = 0

  constructor(refuse: (problem: string) => Error) {
    this.#refuse = refuse
  }

  #add(
    name: string,
    op: string,
    inputs: readonly string[],
    shape: readonly number[] | null,
    refuse: (problem: string) => Error,
  ): void {
    if (name === '') throw refuse('a node has no name')
    if (this.#names.has(name)) throw refuse(`two nodes are called "${shortened(name)}"; names must be unique`)
    this.#inputs += inputs.length
    if (this.#nodes.length >= mostNodes) throw refuse(`more than ${mostNodes} nodes`)
    if (this.#inputs > mostInputs) throw refuse(`more than ${mostInputs} inputs`)
    this.#names.add(name)
    // Arrays that grow hold more than their elements.
    this.#nodes.push({ name, op, inputs: inputs.slice(), shape })
  }

  takeBytes(graph: Part): void {
    for (const field of fieldsOf(graph)) {
      if (field.number !== 1 || field.varint !== null) continue
      let [name, op] = ['', '']
      let shape: number[] | null = null
      const inputs: string[] = []
      for (const own of fieldsOf(field))
        if (own.number === 1) name = textOfField(own, longestName)
        else if (own.number === 2) op = textOfField(own, longestName)
        else if (own.number === 3) {
          if (inputs.length >= mostInputs) throw own.refuse(own.begin, `more than ${mostInputs} inputs`)
          inputs.push(textOfField(own, longestName))
        } else if (own.number === 5 && own.varint === null) shape ??= shapeOfAttribute(own)
      this.#add(name, op, inputs, shape, (problem) => field.refuse(field.begin, problem))
    }
  }

  takeText(entry: Entry): void {
    if (entry.name !== 'node') {
      entry.skip()
      return
    }
    let [name, op] = ['', '']
    let shape: number[] | null = null
    const inputs: string[] = []
    for (const own of entry.entries())
      if (own.name === 'name') name = own.text(longestName)
      else if (own.name === 'op') op = own.text(longestName)
      else if (own.name === 'input') {
        if (inputs.length >= mostInputs) throw own.refuse(`more than ${mostInputs} inputs`)
        inputs.push(own.text(longestName))
      } else if (own.name === 'attr') shape = shapeOfEntry(own) ?? shape
      else own.skip()
    this.#add(name, op, inputs, shape, entry.refuse)
  }

  finish(): GraphNode[] {
    if (this.#nodes.length === 0) throw this.#refuse('there are no nodes')
    for (const { name, inputs } of this.#nodes)
      for (const input of inputs)
        if (!this.#names.has(sourceOf(input)))
          throw this.#refuse(
            `node "${shortened(name)}" takes "${shortened(input)}", and there is no such node; the file may be truncated`,
          )
    return this.#nodes
  }
}

/** The node that an input is an output of: `a` for `a:1` and `^a`. */
const sourceOf = (input: string): string => input.replace(/^\^|:\d+$/g, '')

const shortened = (text: string) => (text.length > 60 ? `${text.slice(0, 59)}…` : text)

/** The first of `_output_shapes`; `null` for other attributes, and for a shape of unknown rank. */
function shapeOfAttribute(attribute: Part): number[] | null {
  let isShapes = false
  let shape: number[] | null = null
  for (const { number, varint, ...field } of fieldsOf(attribute))
    if (number === 1 && varint === null)
      isShapes = decode(field.file, field.begin, Math.min(field.end, field.begin + 20)) === shapes
    else if (number === 2 && isShapes && varint === null)
      for (const list of fieldsOf(field)) {
        if (list.number !== 1 || list.varint !== null) continue
        for (const one of fieldsOf(list))
          if (one.number === 7 && one.varint === null) {
            shape ??= dimensionsOf(one)
            break
          }
      }
  return shape
}

function dimensionsOf(shape: Part): number[] | null {
  const sizes: number[] = []
  for (const field of fieldsOf(shape)) {
    if (field.number === 3 && field.varint) return null
    if (field.number !== 2 || field.varint !== null) continue
    let size = 0
    for (const own of fieldsOf(field)) if (own.number === 1 && own.varint !== null) size = own.varint
    // −1 takes all 64 bits.
    addSize(sizes, size > Number.MAX_SAFE_INTEGER ? -1 : size, (problem) =>
      field.refuse(field.begin, problem),
    )
  }
  return sizes
}

function addSize(sizes: number[], size: number, refuse: (problem: string) => Error): void {
  if (sizes.length >= mostDimensions) throw refuse(`a shape of more than ${mostDimensions} dimensions`)
  sizes.push(size)
}

const shapes = '_output_shapes'

function shapeOfEntry(attribute: Entry): number[] | null {
  let isShapes = false
  let shape: number[] | null = null
  for (const own of attribute.entries())
    if (own.name === 'key') isShapes = own.text(longestName) === shapes
    else if (own.name === 'value' && isShapes) {
      for (const value of own.entries()) {
        if (value.name !== 'list') {
          value.skip()
          continue
        }
        let isFirst = true
        for (const one of value.entries()) {
          if (one.name === 'shape' && isFirst) {
            shape = dimensionsOfEntry(one)
            isFirst = false
          } else one.skip()
        }
      }
    } else own.skip()
  return shape
}

function dimensionsOfEntry(shape: Entry): number[] | null {
  const sizes: number[] = []
  let known = true
  for (const own of shape.entries()) {
    if (own.name === 'dim') {
      let size = 0
      for (const dimension of own.entries())
        if (dimension.name === 'size') size = dimension.integer()
        else dimension.skip()
      addSize(sizes, size, own.refuse)
    } else if (own.name === 'unknown_rank') known = own.word() !== 'true'
    else own.skip()
  }
  return known ? sizes : null
}

const checkNode = check<GraphNode>(
  'a node { name, op, inputs, shape }',
  (value) =>
    isRecord(value) &&
    typeof value.name === 'string' &&
    typeof value.op === 'string' &&
    Array.isArray(value.inputs) &&
    value.inputs.every((input) => typeof input === 'string') &&
    (value.shape === null || (Array.isArray(value.shape) && value.shape.every(Number.isSafeInteger))),
)

function graphDef(caller: string, graph: CompileOptions | readonly GraphNode[]): Message {
  if (Array.isArray(graph))
    return Array.from(graph, (given, index) => {
      const { name, op, inputs, shape } = checkNode(caller, `graph[${index}]`, given)
      return node(name, op, inputs, { shape })
    })
  return ofTensors(caller, graph as CompileOptions)
}

function ofTensors(caller: string, graph: CompileOptions): Message {
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
  { shape }: { readonly shape: readonly number[] | null },
  attributes: Attributes = {},
): Field {
  const dimensions = shape?.map((size): Field => [2, 'dim', 'message', [[1, 'size', 'integer', size]]])
  const fields: Message = [
    [1, 'name', 'string', name],
    [2, 'op', 'string', operation],
    ...inputs.map((input): Field => [3, 'input', 'string', input]),
    ...(dimensions ? [attribute(shapes, [1, 'list', 'message', [[7, 'shape', 'message', dimensions]]])] : []),
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
