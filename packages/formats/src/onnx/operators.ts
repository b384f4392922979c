// How operations are written as ONNX operators, version 17.
import type { Tensor } from '@bp/core/lean'
import { type Attribute, dataTypes } from './messages.js'

/** The graph that operations are written into; each call returns the name of a value. */
export interface GraphWriter {
  node(operator: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>): string
  /** An int64 vector or scalar that an operator takes as an input. */
  integers(values: readonly number[] | number): string
  /** The same in float32. */
  floats(values: readonly number[] | number): string
}

type Convert = (
  to: GraphWriter,
  inputs: readonly string[],
  // Attributes differ by operation and are typed in its definition, hence `any`.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  attributes: any,
  tensor: Tensor,
) => string

const cast = (to: GraphWriter, value: string, type: keyof typeof dataTypes) =>
  to.node('Cast', [value], { to: dataTypes[type] })

/** The operator with the same inputs and no attributes. */
const same =
  (operator: string): Convert =>
  (to, inputs) =>
    to.node(operator, inputs)

/** Booleans are 0 and 1 in our floats, a type of their own in ONNX. */
const comparison =
  (operator: string): Convert =>
  (to, inputs) =>
    cast(to, to.node(operator, inputs), 'float')

const withAxis =
  (operator: string): Convert =>
  (to, inputs, { axis }) =>
    to.node(operator, inputs, { axis })

const reduction =
  (operator: string): Convert =>
  (to, [x], { axes, keepDims }) =>
    // An empty list of axes means all of them in ONNX, none here.
    axes.length === 0
      ? to.node('Identity', [x!])
      : to.node(operator, [x!], { axes, keepdims: Number(keepDims) })

const swapped = (to: GraphWriter, value: string, rank: number) =>
  to.node('Transpose', [value], {
    perm: Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis)),
  })

/** Our layout is NHWC, that of ONNX is NCHW. */
const channelsSecond = (to: GraphWriter, value: string) =>
  to.node('Transpose', [value], { perm: [0, 3, 1, 2] })
const channelsLast = (to: GraphWriter, value: string) => to.node('Transpose', [value], { perm: [0, 2, 3, 1] })

const windows = ({
  stride,
  padding,
}: {
  stride: readonly number[]
  padding: readonly (readonly number[])[]
}) => ({
  strides: stride,
  pads: [padding[0]![0]!, padding[1]![0]!, padding[0]![1]!, padding[1]![1]!],
})

/** By operation name. An operation not listed here is written as its decomposition. */
export const operators: ReadonlyMap<string, Convert> = new Map<string, Convert>([
  ['abs', same('Abs')],
  ['add', same('Add')],
  ['atan', same('Atan')],
  ['ceil', same('Ceil')],
  ['cos', same('Cos')],
  ['div', same('Div')],
  ['erf', same('Erf')],
  ['exp', same('Exp')],
  ['floor', same('Floor')],
  ['hardSwish', same('HardSwish')],
  ['log', same('Log')],
  ['maximum', same('Max')],
  ['minimum', same('Min')],
  ['mul', same('Mul')],
  ['neg', same('Neg')],
  ['pow', same('Pow')],
  ['reciprocal', same('Reciprocal')],
  ['relu', same('Relu')],
  ['round', same('Round')],
  ['selu', same('Selu')],
  ['sigmoid', same('Sigmoid')],
  ['sign', same('Sign')],
  ['sin', same('Sin')],
  ['softplus', same('Softplus')],
  ['sqrt', same('Sqrt')],
  ['stopGradient', same('Identity')],
  ['sub', same('Sub')],
  ['tan', same('Tan')],
  ['tanh', same('Tanh')],
  ['equal', comparison('Equal')],
  ['greater', comparison('Greater')],
  ['greaterEqual', comparison('GreaterOrEqual')],
  ['less', comparison('Less')],
  ['lessEqual', comparison('LessOrEqual')],
  ['concat', withAxis('Concat')],
  ['softmax', withAxis('Softmax')],
  ['logSoftmax', withAxis('LogSoftmax')],
  ['mean', reduction('ReduceMean')],
  ['max', reduction('ReduceMax')],
  ['min', reduction('ReduceMin')],
  ['prod', reduction('ReduceProd')],
  ['notEqual', (to, inputs) => cast(to, to.node('Not', [to.node('Equal', inputs)]), 'float')],
  ['where', (to, [condition, a, b]) => to.node('Where', [cast(to, condition!, 'boolean'), a!, b!])],
  ['clip', (to, [x], { min, max }) => to.node('Clip', [x!, to.floats(min), to.floats(max)])],
  ['elu', (to, inputs, { alpha }) => to.node('Elu', inputs, { alpha: { float: alpha } })],
  [
    'leakyRelu',
    (to, inputs, { negativeSlope }) => to.node('LeakyRelu', inputs, { alpha: { float: negativeSlope } }),
  ],
  [
    'sum',
    (to, [x], { axes, keepDims }) =>
      axes.length === 0
        ? to.node('Identity', [x!])
        : to.node('ReduceSum', [x!, to.integers(axes)], { keepdims: Number(keepDims) }),
  ],
  [
    'argMax',
    (to, inputs, { axes: [axis] }) => cast(to, to.node('ArgMax', inputs, { axis, keepdims: 0 }), 'float'),
  ],
  [
    'cumsum',
    (to, [x], { axis, reverse }) => to.node('CumSum', [x!, to.integers(axis)], { reverse: Number(reverse) }),
  ],
  [
    'reshape',
    // Without allowzero, 0 means the size of x in that dimension.
    (to, [x], _, { shape }) => to.node('Reshape', [x!, to.integers(shape)], { allowzero: 1 }),
  ],
  // The shape of the result says which dimensions of size 1 are added or removed.
  ['expandDims', (to, [x], _, { shape }) => to.node('Reshape', [x!, to.integers(shape)], { allowzero: 1 })],
  ['squeeze', (to, [x], _, { shape }) => to.node('Reshape', [x!, to.integers(shape)], { allowzero: 1 })],
  ['broadcastTo', (to, [x], _, { shape }) => to.node('Expand', [x!, to.integers(shape)])],
  ['transpose', (to, inputs, { permutation }) => to.node('Transpose', inputs, { perm: permutation })],
  [
    'slice',
    (to, [x], { begin, size, steps }) => {
      if (begin.length === 0) return to.node('Identity', [x!])
      const ends = begin.map((start: number, axis: number) => {
        const end = start + size[axis] * steps[axis]
        // With a negative step, an end before the first element must be below every index counted from the end.
        return end < 0 ? -(2 ** 31) : end
      })
      const axes = begin.map((_: number, axis: number) => axis)
      return to.node('Slice', [x!, ...[begin, ends, axes, steps].map((list) => to.integers(list))])
    },
  ],
  [
    'pad',
    (to, [x], { paddings, mode, value }) => {
      if (paddings.length === 0) return to.node('Identity', [x!])
      const sides = [0, 1].flatMap((side) => paddings.map((pair: readonly number[]) => pair[side]!))
      return to.node('Pad', [x!, to.integers(sides), to.floats(value)], { mode })
    },
  ],
  ['gather', (to, [x, indices], { axis }) => to.node('Gather', [x!, cast(to, indices!, 'int64')], { axis })],
  [
    'embedding',
    (to, [table, indices]) => to.node('Gather', [table!, cast(to, indices!, 'int64')], { axis: 0 }),
  ],
  [
    'matmul',
    (to, [a, b], { transposeA, transposeB }, { inputs: [left, right] }) => {
      const side = (value: string, { rank }: Tensor, transposed: boolean) =>
        transposed && rank > 1 ? swapped(to, value, rank) : value
      return to.node('MatMul', [side(a!, left!, transposeA), side(b!, right!, transposeB)])
    },
  ],
  [
    'layerNorm',
    (to, inputs, { epsilon }, { inputs: [, gamma] }) =>
      to.node('LayerNormalization', inputs, { axis: -gamma!.rank, epsilon: { float: epsilon } }),
  ],
  [
    // OneHot counts negative classes from the end; ours match none.
    'oneHot',
    (to, [x], { depth }, { inputs: [classes] }) => {
      const column = to.node('Reshape', [x!, to.integers([...classes!.shape, 1])], { allowzero: 1 })
      const numbers = to.floats(Array.from({ length: depth }, (_, index) => index))
      return cast(to, to.node('Equal', [column, numbers]), 'float')
    },
  ],
  [
    'conv2d',
    (to, [x, weights], { dilation, groups, ...attributes }) => {
      const filters = to.node('Transpose', [weights!], { perm: [3, 2, 0, 1] })
      const given = { ...windows(attributes), dilations: dilation, group: groups }
      return channelsLast(to, to.node('Conv', [channelsSecond(to, x!), filters], given))
    },
  ],
  [
    // Transposed convolution decomposes to this, the derivative of a convolution.
    'conv2dInputGrad',
    (to, [upstream, weights], { dilation, groups, inputSize, ...attributes }, { inputs: [y, w] }) => {
      const filters = to.node('Transpose', [weights!], { perm: [3, 2, 0, 1] })
      const { strides, pads } = windows(attributes)
      // Rows and columns that no window reaches.
      const rest = [0, 1].map(
        (axis) =>
          inputSize[axis] +
          pads[axis]! +
          pads[axis + 2]! -
          (strides[axis]! * (y!.shape[axis + 1]! - 1) + dilation[axis] * (w!.shape[axis]! - 1) + 1),
      )
      const given = { strides, pads, dilations: dilation, group: groups, output_padding: rest }
      return channelsLast(to, to.node('ConvTranspose', [channelsSecond(to, upstream!), filters], given))
    },
  ],
  [
    'maxPool2d',
    (to, [x], { size, ...attributes }) =>
      channelsLast(
        to,
        to.node('MaxPool', [channelsSecond(to, x!)], { kernel_shape: size, ...windows(attributes) }),
      ),
  ],
  [
    'avgPool2d',
    (to, [x], { size, countPadding, ...attributes }) => {
      const given = { kernel_shape: size, ...windows(attributes), count_include_pad: Number(countPadding) }
      return channelsLast(to, to.node('AveragePool', [channelsSecond(to, x!)], given))
    },
  ],
])
