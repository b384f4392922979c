// How convolutions and pooling become kernel instructions.
import { type Shape, sizeOf } from '../graph/shape.js'
import type { Convolution, Pair, Windows } from '../ops/windows.js'
import type { Buffer, Operands } from './instruction.js'
import { type Lowering, lowerMatmul, type OpcodeWith, type Value } from './lowering.js'

/** The context that a lowering gets. */
type Context<Attributes> = Parameters<Lowering<Attributes>>[0]

/** Numbers of a product that are summed before the next block begins: enough to be quick, few enough for L1. */
const blockDepth = 256
/** Numbers of patches that are computed before they are added to the image, 32 KiB. */
const patchNumbers = 8192

const inPanels = (columns: number) => Math.ceil(columns / 8) * 8

/** The sizes that the three instructions of a convolution have in common. */
function sizes(x: Shape, weights: Shape, y: Shape, { stride, padding, dilation, groups }: Convolution) {
  const [images, height, width, channels] = x as [number, number, number, number]
  const [kernelHeight, kernelWidth, depth, outChannels] = weights as [number, number, number, number]
  const [, outHeight, outWidth] = y as [number, number, number, number]
  const [[top], [left]] = padding
  const reach = (out: number, kernel: number, axis: 0 | 1) =>
    Math.max(0, out - 1) * stride[axis] + (kernel - 1) * dilation[axis] + 1
  const high = reach(outHeight, kernelHeight, 0)
  const wide = reach(outWidth, kernelWidth, 1)
  const bordered = top > 0 || left > 0 || high > height || wide > width
  const [paddedHeight, paddedWidth] = bordered ? [high, wide] : [height, width]

  const cell = 4 * channels
  const row = cell * paddedWidth
  // Cells of one row under the kernel are contiguous unless dilation or groups separate them.
  const whole = dilation[1] === 1 && groups === 1
  const across = whole ? 1 : kernelWidth
  const taps = Array.from(
    { length: kernelHeight * across },
    (_, run) => Math.floor(run / across) * dilation[0] * row + (run % across) * dilation[1] * cell,
  )
  const lines = Array.from({ length: outHeight }, (_, line) => line * stride[0] * row)
  const length = whole ? kernelWidth * depth : depth
  return {
    patch: taps.length * length,
    outHeight,
    outWidth,
    outChannels,
    groups,
    depthwise: groups > 1 && groups === channels && groups === outChannels,
    /** A matrix product, since the kernel covers one pixel. */
    plain: kernelHeight * kernelWidth === 1 && sizeOf(stride) === 1 && !bordered && groups === 1,
    imageSize: bordered ? paddedHeight * paddedWidth * channels : 0,
    geometry: {
      images,
      height,
      width,
      channels,
      outHeight,
      outWidth,
      outChannels,
      groups,
      paddedHeight,
      paddedWidth,
      top,
      left,
      step: cell * stride[1],
      runs: taps.length,
      length,
      tables: [...taps, ...lines],
    },
  }
}

const roomFor = (size: number, { temporary }: Context<Convolution>): Buffer | undefined =>
  size > 0 ? temporary(size) : undefined

/** A matrix product of the same numbers, with the last dimension as columns. */
function asMatrices(context: Context<Convolution>, transposeA: boolean, transposeB: boolean): void {
  const matrix = (shape: Shape): Shape => {
    const columns = shape[shape.length - 1]!
    return [sizeOf(shape) / columns, columns]
  }
  lowerMatmul({
    ...context,
    inputs: context.inputs.map(({ buffer, shape }) => ({ buffer, shape: matrix(shape) })),
    shape: matrix(context.shape),
    attributes: { transposeA, transposeB },
  })
}

export const lowerConvolution: Lowering<Convolution> = (context) => {
  const { inputs, shape, attributes, output, temporary, emit } = context
  const [x, weights] = inputs as [Value, Value]
  const { plain, depthwise, imageSize, geometry, patch, outChannels, groups } = sizes(
    x.shape,
    weights.shape,
    shape,
    attributes,
  )
  if (plain) return asMatrices(context, false, false)
  const image = roomFor(imageSize, context)
  const operands = { out: output(), x: x.buffer, weights: weights.buffer, image, ...geometry }
  if (depthwise) emit('Depthwise', operands)
  else
    emit('Convolution', { ...operands, panels: temporary(groups * patch * inPanels(outChannels / groups)) })
}

export const lowerConvolutionInputGrad: Lowering<Convolution> = (context) => {
  const { inputs, shape, attributes, output, temporary, emit } = context
  const [dy, weights] = inputs as [Value, Value]
  const { plain, depthwise, imageSize, geometry, patch, outChannels, outHeight, outWidth } = sizes(
    shape,
    weights.shape,
    dy.shape,
    attributes,
  )
  if (plain) return asMatrices(context, false, true)
  const image = roomFor(imageSize, context)
  const operands = { out: output(), x: dy.buffer, weights: weights.buffer, image, ...geometry }
  if (depthwise) return emit('DepthwiseInputGrad', operands)
  const row = inPanels(patch)
  const most = Math.ceil((outHeight * outWidth) / 4) * 4
  const block = Math.min(most, Math.max(4, Math.floor(patchNumbers / row / 4) * 4))
  const panels = temporary(row * outChannels)
  emit('ConvolutionInputGrad', { ...operands, panels, patches: temporary(block * row), block })
}

export const lowerConvolutionWeightGrad: Lowering<Convolution> = (context) => {
  const { inputs, shape, attributes, output, temporary, emit } = context
  const [x, dy] = inputs as [Value, Value]
  const { plain, depthwise, imageSize, geometry, patch, outChannels, groups, outHeight, outWidth } = sizes(
    x.shape,
    shape,
    dy.shape,
    attributes,
  )
  if (plain) return asMatrices(context, true, false)
  const image = roomFor(imageSize, context)
  const operands = { out: output(), x: x.buffer, dy: dy.buffer, image, ...geometry }
  if (depthwise) return emit('DepthwiseWeightGrad', operands)
  const block = Math.min(outHeight, Math.max(1, Math.floor(blockDepth / outWidth)))
  const panels = temporary(block * outWidth * groups * inPanels(outChannels / groups))
  emit('ConvolutionWeightGrad', { ...operands, panels, block, rows: patch })
}

/** Pooling, or its gradient, whose output is the image; `arrays` are the operands but the sizes. */
export function lowerPooling<
  Name extends OpcodeWith<'sizeY'>,
  Attributes extends Windows & { readonly size: Pair },
>(
  opcode: Name,
  arrays: (context: Context<Attributes>) => Omit<Operands<Name>, 'out' | keyof WindowOperands>,
): Lowering<Attributes> {
  return (context) => {
    const { inputs, shape, attributes, output, emit } = context
    const { size, stride, padding } = attributes
    const within = inputs.at(-1)!.shape
    const [image, small] = opcode.endsWith('Grad') ? [shape, within] : [within, shape]
    const [images, height, width, channels] = image as [number, number, number, number]
    const [, outHeight, outWidth] = small as [number, number, number]
    const windows: WindowOperands = {
      images,
      height,
      width,
      channels,
      outHeight,
      outWidth,
      sizeY: size[0],
      sizeX: size[1],
      strideY: stride[0],
      strideX: stride[1],
      top: padding[0][0],
      left: padding[1][0],
    }
    emit(opcode, { out: output(), ...arrays(context), ...windows } as unknown as Operands<Name>)
  }
}

type WindowOperands = Omit<Operands<'MaxPool'>, 'out' | 'x'>
