// Operations that cut pieces out of tensors, and put them in.
import { copyOperands } from '../compile/lowering.js'
import { ShapeError, ValueError } from '../errors.js'
import { type Op, op } from '../op.js'
import { forEachStrided } from '../reference.js'
import { uniform } from '../sample.js'
import { describeShape, type Shape, sameShape, sizeOf, stridesOf } from '../shape.js'

const domains = { x: uniform(-3, 3) }

interface Cut {
  /** The first element along each dimension, counted from the end where negative; one number for the first dimension. */
  begin: number | readonly number[]
  /** How many elements along each dimension; −1, and where not given, all that are left. */
  size?: number | readonly number[]
  /** From one element to the next along each dimension, backwards where negative; 1 where not given. */
  steps?: number | readonly number[]
}
/** One number for each dimension of the larger shape. */
interface Window {
  readonly begin: readonly number[]
  readonly size: readonly number[]
  readonly steps: readonly number[]
}

interface Placed extends Omit<Window, 'size'> {
  readonly shape: Shape
}

/** Elements from one of the window to the next along each dimension, and where the first lies. */
function place(shape: Shape, { begin, steps }: Omit<Window, 'size'>): { strides: number[]; offset: number } {
  const own = stridesOf(shape)
  return {
    strides: own.map((stride, axis) => stride * steps[axis]!),
    offset: own.reduce((offset, stride, axis) => offset + stride * begin[axis]!, 0),
  }
}

function listOf(name: string, given: number | readonly number[] | undefined, x: Shape): readonly number[] {
  const list = given === undefined ? [] : typeof given === 'number' ? [given] : given
  if (!Array.isArray(list) || !list.every(Number.isInteger) || list.length > x.length)
    throw new ValueError(
      `slice: ${name} must be whole numbers, at most one for each of the ${x.length} dimensions of x; got ${JSON.stringify(given)}`,
    )
  return list
}

/** A piece of x: every so many elements from a first one on, along each dimension. */
export const slice: Op<['x'], Cut, 'begin'> = op('slice', {
  inputs: ['x'],
  summary: 'A piece of x: every so many elements from a first one on, along each dimension.',
  symbol: 'slice',
  formula: 'y[i] = x[begin + i · steps]',
  attributes: {
    begin: 'The first element along each dimension, counted from the end where negative.',
    size: 'How many elements along each dimension; −1, and where not given, all that are left.',
    steps: 'From one element to the next along each dimension, backwards where negative; 1 where not given.',
  },
  shorthand: 'begin',
  prepare: (given: Cut, { x }): Window => {
    const starts = listOf('begin', given.begin, x)
    const sizes = listOf('size', given.size, x)
    const moves = listOf('steps', given.steps, x)
    const steps = x.map((_, axis) => moves[axis] ?? 1)
    const begin = x.map((length, axis) => {
      const start = starts[axis] ?? (steps[axis]! < 0 ? length - 1 : 0)
      return start < 0 ? start + length : start
    })
    const size = x.map((length, axis) => {
      const [start, step, wanted] = [begin[axis]!, steps[axis]!, sizes[axis] ?? -1]
      const left = step > 0 ? Math.ceil((length - start) / step) : Math.ceil((start + 1) / -step)
      const count = wanted === -1 ? left : wanted
      if (step === 0 || start < 0 || start > length || count < 0 || count > left)
        throw new ShapeError(
          `slice: x is ${describeShape(x)}; ${count} from ${start}${step === 1 ? '' : ` by steps of ${step}`} do not lie inside axis ${axis}, which has ${length}`,
        )
      return count
    })
    return { begin, size, steps }
  },
  shape: (_, { size }) => size,
  vjp: {
    x: {
      formula: 'x̄[begin + i · steps] = ȳ[i], 0 elsewhere',
      rule: ({ x, dy }, { begin, steps }) => sliceGrad(dy, { begin, steps, shape: x.shape }),
    },
  },
  lower: ({ inputs: [x], shape, attributes, output, alias, emit }) => {
    if (sizeOf(shape) === 0) return
    if (sameShape(shape, x!.shape) && attributes.steps.every((step, axis) => step > 0 || shape[axis] === 1))
      alias()
    else
      emit(
        'Copy',
        ...copyOperands(output(), { strides: stridesOf(shape) }, x!.buffer, {
          sizes: shape,
          ...place(x!.shape, attributes),
        }),
      )
  },
  reference: ([x], shape, attributes) => {
    const { strides, offset } = place(x!.shape, attributes)
    const out = new Float64Array(sizeOf(shape))
    forEachStrided(shape, [strides], (index, [at]) => {
      out[index] = x!.data[offset + at!]!
    })
    return out
  },
  onnx: 'Slice',
  ulp: 0,
  sample: {
    domains,
    cases: [
      { shapes: { x: [] }, attributes: { begin: [] } },
      { shapes: { x: [1] }, attributes: { begin: 0 } },
      { shapes: { x: [5] }, attributes: { begin: 2 } },
      { shapes: { x: [9] }, attributes: { begin: [1], size: [4] } },
      { shapes: { x: [7] }, attributes: { begin: -3, size: 2 } },
      { shapes: { x: [3] }, attributes: { begin: 3 } },
      { shapes: { x: [0] }, attributes: { begin: 0 } },
      { shapes: { x: [8] }, attributes: { begin: 1, size: 3, steps: 2 } },
      { shapes: { x: [8] }, attributes: { begin: -1, steps: -3 } },
      { shapes: { x: [3, 5] }, attributes: { begin: [1, 2], size: [2, 2] } },
      { shapes: { x: [3, 5] }, attributes: { begin: [0, 1], size: [-1, 4] } },
      { shapes: { x: [4, 6] }, attributes: { begin: [3, 0], steps: [-1, 2] } },
      { shapes: { x: [2, 3, 4] }, attributes: { begin: [0, 1], size: [2, 2] } },
      { shapes: { x: [2, 4, 0] }, attributes: { begin: 1 } },
      { shapes: { x: [17, 9] }, attributes: { begin: [4, 1], size: [8, 8] } },
    ],
  },
})

/** Zeros with x put in as a piece: what `slice` passes back. */
export const sliceGrad: Op<['x'], Placed> = op('sliceGrad', {
  inputs: ['x'],
  summary: 'Zeros with x put in as a piece: what a slice passes back.',
  symbol: 'slice′',
  formula: 'y[begin + i · steps] = x[i], 0 elsewhere',
  attributes: {
    begin: 'Where the first element of x goes, along each dimension.',
    steps: 'From the place of one element to that of the next, along each dimension.',
    shape: 'The shape of the whole.',
  },
  shape: ({ x }, { shape, begin, steps }): Shape => {
    const fits = (axis: number) => {
      const last = begin[axis]! + (x[axis]! - 1) * steps[axis]!
      return x[axis] === 0 || (begin[axis]! >= 0 && last >= 0 && Math.max(begin[axis]!, last) < shape[axis]!)
    }
    if (x.length !== shape.length || !shape.every((_, axis) => fits(axis)))
      throw new ShapeError(
        `sliceGrad: x is ${describeShape(x)}, which does not fit into ${describeShape(shape)} from [${begin.join(', ')}] by steps of [${steps.join(', ')}]`,
      )
    return shape
  },
  vjp: {
    x: {
      formula: 'x̄[i] = ȳ[begin + i · steps]',
      rule: ({ x, dy }, { begin, steps }) => slice(dy, { begin, size: x.shape, steps }),
    },
  },
  lower: ({ inputs: [x], shape, attributes, output, alias, emit }) => {
    if (sizeOf(shape) === 0) return
    if (sameShape(shape, x!.shape) && attributes.steps.every((step, axis) => step > 0 || shape[axis] === 1)) {
      alias()
      return
    }
    if (sizeOf(x!.shape) < sizeOf(shape)) emit('Fill', output(), sizeOf(shape), 0)
    if (sizeOf(x!.shape) > 0)
      emit(
        'Copy',
        ...copyOperands(output(), place(shape, attributes), x!.buffer, {
          sizes: x!.shape,
          strides: stridesOf(x!.shape),
        }),
      )
  },
  reference: ([x], shape, attributes) => {
    const { strides, offset } = place(shape, attributes)
    const out = new Float64Array(sizeOf(shape))
    forEachStrided(x!.shape, [strides], (index, [at]) => {
      out[offset + at!] = x!.data[index]!
    })
    return out
  },
  onnx: null,
  ulp: 0,
  sample: {
    domains,
    cases: [
      { x: [], begin: [], steps: [], shape: [] },
      { x: [1], begin: [0], steps: [1], shape: [1] },
      { x: [3], begin: [2], steps: [1], shape: [5] },
      { x: [4], begin: [1], steps: [1], shape: [9] },
      { x: [0], begin: [3], steps: [1], shape: [3] },
      { x: [3], begin: [1], steps: [2], shape: [8] },
      { x: [3], begin: [7], steps: [-3], shape: [8] },
      { x: [2, 2], begin: [1, 2], steps: [1, 1], shape: [3, 5] },
      { x: [3, 5], begin: [2, 4], steps: [-1, -1], shape: [3, 5] },
      { x: [4, 3], begin: [3, 0], steps: [-1, 2], shape: [4, 6] },
      { x: [2, 2, 4], begin: [0, 1, 0], steps: [1, 1, 1], shape: [2, 3, 4] },
      { x: [8, 8], begin: [4, 1], steps: [1, 1], shape: [17, 9] },
    ].map(({ x, ...attributes }): { shapes: { x: Shape }; attributes: Placed } => ({
      shapes: { x },
      attributes,
    })),
  },
})
