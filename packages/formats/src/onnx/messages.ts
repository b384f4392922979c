// The subset of ONNX's protocol buffers that a graph needs; field numbers are those of onnx.proto (github.com/onnx/onnx).
import { PbfWriter } from 'pbf'

/** Data stored in a graph: weights, constants, and integers that operators take as inputs. */
export interface Initializer {
  readonly name: string
  readonly shape: readonly number[]
  readonly type: 'float' | 'int64'
  /** Little-endian, row-major. */
  readonly bytes: Uint8Array
}

/** An integer or a list of them, a string, or `{ float }`. */
export type Attribute = number | string | readonly number[] | { readonly float: number }

export interface Node {
  readonly operator: string
  readonly inputs: readonly string[]
  readonly output: string
  readonly attributes: Readonly<Record<string, Attribute>>
}

/** An input or output: float32. */
interface Port {
  readonly name: string
  readonly shape: readonly number[]
}

export interface Graph {
  readonly nodes: readonly Node[]
  readonly initializers: readonly Initializer[]
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
}

/** TensorProto.DataType. */
export const dataTypes = { float: 1, int64: 7, boolean: 9 } as const
/** AttributeProto.AttributeType. */
const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 } as const

/** The bytes of a ModelProto. */
export function encodeModel(graph: Graph, operators: number, format: number): Uint8Array<ArrayBuffer> {
  const pbf = new PbfWriter()
  pbf.writeVarintField(1, format)
  pbf.writeStringField(2, 'backpropagation')
  pbf.writeMessage(7, writeGraph, graph)
  pbf.writeMessage(8, (version: number, to: PbfWriter) => to.writeVarintField(2, version), operators)
  return Uint8Array.from(pbf.finish())
}

function writeGraph({ nodes, initializers, inputs, outputs }: Graph, pbf: PbfWriter): void {
  for (const node of nodes) pbf.writeMessage(1, writeNode, node)
  pbf.writeStringField(2, 'graph')
  for (const initializer of initializers) pbf.writeMessage(5, writeInitializer, initializer)
  for (const port of inputs) pbf.writeMessage(11, writePort, port)
  for (const port of outputs) pbf.writeMessage(12, writePort, port)
}

function writeNode({ operator, inputs, output, attributes }: Node, pbf: PbfWriter): void {
  for (const input of inputs) pbf.writeStringField(1, input)
  pbf.writeStringField(2, output)
  pbf.writeStringField(3, output)
  pbf.writeStringField(4, operator)
  for (const attribute of Object.entries(attributes)) pbf.writeMessage(5, writeAttribute, attribute)
}

function writeAttribute([name, value]: [string, Attribute], pbf: PbfWriter): void {
  pbf.writeStringField(1, name)
  if (typeof value === 'number') {
    pbf.writeVarintField(3, value)
    pbf.writeVarintField(20, attributeTypes.int)
  } else if (typeof value === 'string') {
    pbf.writeBytesField(4, new TextEncoder().encode(value))
    pbf.writeVarintField(20, attributeTypes.string)
  } else if ('float' in value) {
    pbf.writeFloatField(2, value.float)
    pbf.writeVarintField(20, attributeTypes.float)
  } else {
    for (const number of value) pbf.writeVarintField(8, number)
    pbf.writeVarintField(20, attributeTypes.ints)
  }
}

function writeInitializer({ name, shape, type, bytes }: Initializer, pbf: PbfWriter): void {
  for (const dimension of shape) pbf.writeVarintField(1, dimension)
  pbf.writeVarintField(2, dataTypes[type])
  pbf.writeStringField(8, name)
  pbf.writeBytesField(9, bytes)
}

/** ValueInfoProto: a name, and a TypeProto with a tensor's element type and dimensions. */
function writePort({ name, shape }: Port, pbf: PbfWriter): void {
  pbf.writeStringField(1, name)
  pbf.writeMessage(
    2,
    (dimensions: readonly number[], type: PbfWriter) => type.writeMessage(1, writeTensorType, dimensions),
    shape,
  )
}

function writeTensorType(shape: readonly number[], pbf: PbfWriter): void {
  pbf.writeVarintField(1, dataTypes.float)
  pbf.writeMessage(
    2,
    (dimensions: readonly number[], to: PbfWriter) => {
      for (const size of dimensions)
        to.writeMessage(
          1,
          (value: number, dimension: PbfWriter) => dimension.writeVarintField(1, value),
          size,
        )
    },
    shape,
  )
}
