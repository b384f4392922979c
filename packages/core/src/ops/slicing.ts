// Slicing, padding and flipping, and their gradients.

import { ShapeError, ValueError } from '../checks/errors.js'
import { copyOperands } from '../compile/lowering.js'
import { type Op, op } from '../graph/op.js'
import { forEachStrided } from '../graph/reference.js'
import { uniform } from '../graph/sample.js'
import {
  checkShape,
  describeShape,
  normalizeAxes,
  type Shape,
  sameShape,
  sizeOf,
  stridesOf,
} from '../graph/shape.js'
import { scatterAdd } from './indexing.js'

const domains = { x: uniform(-3, 3) }

interface Cut {
  /** The first index along each dimension; negative ones count from the end. One number is for the first dimension. */
  begin: number | readonly number[]
  /** Number of elements along each dimension; −1 (default) for all that remain. */
  size?: number | readonly number[]
  /** Step along each dimension, backwards where negative; default 1. */
  steps?: number | readonly number[]
}
/** One number for each dimension of the full shape. */
interface Window {
  readonly begin: readonly number[]
  readonly size: readonly number[]
  readonly steps: readonly number[]
}

/** Where slices go: a list for each of them, with a number for each dimension. */
export interface Placed {
  readonly begin: readonly (readonly number[])[]
  readonly steps: readonly (readonly number[])[]
  readonly shape: Shape
}

/** Stride of the slice along each dimension, and the offset of its first element. */
function placeOf(
  shape: Shape,
  begin: readonly number[],
  steps: readonly number[],
): { strides: number[]; offset: number } {
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
      `slice: ${name} must be integers, at most one for each of the ${x.length} dimensions of x; got ${JSON.stringify(given)}`,
    )
  return list
}

/** A strided slice of x. */
export const slice: Op<['x'], Cut, 'begin'> = op('slice', {
  inputs: ['x'],
  summary: 'A strided slice of x.',
  symbol: 'slice',
  formula: 'y[i] = x[begin + i · steps]',
  attributes: {
    begin: 'The first index along each dimension; negative ones count from the end.',
    size: 'Number of elements along each dimension; −1 (default) for all that remain.',
    steps: 'Step along each dimension, backwards where negative; default 1.',
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
          `slice: x is ${describeShape(x)}; ${count} from ${start}${step === 1 ? '' : ` in steps of ${step}`} exceed axis ${axis}, which has ${length}`,
        )
      return count
    })
    return { begin, size, steps }
  },
  shape: (_, { size }) => size,
  vjp: {
    x: {
      formula: 'x̄[begin + i · steps] = ȳ[i], 0 elsewhere',
      rule: ({ x, dy }, { begin, steps }) =>
        sliceGrad([dy], { begin: [begin], steps: [steps], shape: x.shape }),
    },
  },
  lower: ({ inputs: [x], shape, attributes, output, alias, emit }) => {
    if (sameShape(shape, x!.shape) && attributes.steps.every((step, axis) => step > 0 || shape[axis] === 1))
      alias()
    else
      emit(
        'Copy',
        copyOperands(output(), { strides: stridesOf(shape) }, x!.buffer, {
          sizes: shape,
          ...placeOf(x!.shape, attributes.begin, attributes.steps),
        }),
      )
  },
  reference: ([x], shape, attributes) => {
    const { strides, offset } = placeOf(x!.shape, attributes.begin, attributes.steps)
    const out = new Float64Array(sizeOf(shape))
    forEachStrided(shape, [strides], (index, [at]) => {
      out[index] = x!.data[offset + at!]!
    })
    return out
  },
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

/** Where an input of a sample goes. */
const piece = (x: Shape, begin: readonly number[], steps: readonly number[]) => ({ x, begin, steps })

/** A sample with pieces of a tensor of this shape. */
const cut = (shape: Shape, ...pieces: ReturnType<typeof piece>[]) => ({
  shapes: { xs: pieces.map(({ x }) => x) },
  attributes: {
    begin: pieces.map(({ begin }) => begin),
    steps: pieces.map(({ steps }) => steps),
    shape,
  },
})

/** Zeros to which slices are added at their positions: the gradient of slices of one tensor. */
export const sliceGrad: Op<['...xs'], Placed> = op('sliceGrad', {
  inputs: ['...xs'],
  summary: 'Zeros to which slices are added at their positions: the gradient of slices of one tensor.',
  symbol: 'slice′',
  formula: 'y[begin + i · steps] = Σ x[i] over all xs, 0 elsewhere',
  attributes: {
    begin: 'First index of each slice, along each dimension.',
    steps: 'Step of each slice, along each dimension.',
    shape: 'The full shape.',
  },
  prepare: (given: Placed, { xs }) => {
    checkShape('sliceGrad', 'shape', given.shape)
    for (const name of ['begin', 'steps'] as const) {
      const lists = given[name]
      if (
        !Array.isArray(lists) ||
        lists.length !== xs.length ||
        !lists.every(
          (list, place) =>
            Array.isArray(list) && list.length === xs[place]!.length && list.every(Number.isSafeInteger),
        )
      )
        throw new ValueError(
          `sliceGrad: ${name} must be a list for each of the ${xs.length} slices, with an integer for each dimension; got ${JSON.stringify(lists)}`,
        )
    }
    return given
  },
  shape: ({ xs }, { shape, begin, steps }): Shape => {
    for (const [place, x] of xs.entries()) {
      const [starts, moves] = [begin[place]!, steps[place]!]
      const fits = (axis: number) => {
        const last = starts[axis]! + (x[axis]! - 1) * moves[axis]!
        if (x[axis]! > 1 && moves[axis] === 0) return false
        return (
          x[axis] === 0 || (starts[axis]! >= 0 && last >= 0 && Math.max(starts[axis]!, last) < shape[axis]!)
        )
      }
      if (x.length !== shape.length || !shape.every((_, axis) => fits(axis)))
        throw new ShapeError(
          `sliceGrad: xs[${place}] is ${describeShape(x)}, which does not fit into ${describeShape(shape)} from [${starts.join(', ')}] in steps of [${moves.join(', ')}]`,
        )
    }
    return shape
  },
  vjp: {
    xs: {
      formula: 'x̄[i] = ȳ[begin + i · steps]',
      rule: ({ xs, dy }, { begin, steps }, place) =>
        slice(dy, { begin: begin[place]!, size: xs[place]!.shape, steps: steps[place]! }),
    },
  },
  lower: ({ inputs, shape, size, attributes: { begin, steps }, output, alias, temporary, emit }) => {
    const [first] = inputs
    if (
      inputs.length === 1 &&
      sameShape(shape, first!.shape) &&
      steps[0]!.every((step, axis) => step > 0 || shape[axis] === 1)
    )
      return alias()
    const boxes = inputs.map((x, place) => boxOf(x.shape, begin[place]!, steps[place]!))
    const late = overlapping(boxes)
    const covered = inputs.reduce((total, x, place) => total + (late.has(place) ? 0 : sizeOf(x.shape)), 0)
    if (covered < size) emit('Fill', { out: output(), size, value: 0 })
    for (const [place, { buffer, shape: sizes }] of inputs.entries()) {
      const count = sizeOf(sizes)
      if (count === 0) continue
      const there = placeOf(shape, begin[place]!, steps[place]!)
      const strides = stridesOf(sizes)
      let from = buffer
      if (late.has(place)) {
        const before = temporary(count)
        emit('Copy', copyOperands(before, { strides }, output(), { sizes, ...there }))
        from = temporary(count)
        emit('Add', { out: from, a: before, b: buffer, columns: count })
      }
      emit('Copy', copyOperands(output(), there, from, { sizes, strides }))
    }
  },
  reference: (inputs, shape, { begin, steps }) => {
    const out = new Float64Array(sizeOf(shape))
    for (const [place, x] of inputs.entries()) {
      const { strides, offset } = placeOf(shape, begin[place]!, steps[place]!)
      forEachStrided(x.shape, [strides], (index, [at]) => {
        out[offset + at!]! += x.data[index]!
      })
    }
    return out
  },
  ulp: ({ xs }) => xs.length - 1,
  sample: {
    domains: { xs: uniform(0.1, 3) },
    cases: [
      cut([], piece([], [], [])),
      cut([1], piece([1], [0], [1])),
      cut([5], piece([3], [2], [1])),
      cut([9], piece([4], [1], [1])),
      cut([3], piece([0], [3], [1])),
      cut([8], piece([3], [1], [2])),
      cut([8], piece([3], [7], [-3])),
      cut([3, 5], piece([2, 2], [1, 2], [1, 1])),
      cut([3, 5], piece([3, 5], [2, 4], [-1, -1])),
      cut([4, 6], piece([4, 3], [3, 0], [-1, 2])),
      cut([2, 3, 4], piece([2, 2, 4], [0, 1, 0], [1, 1, 1])),
      cut([17, 9], piece([8, 8], [4, 1], [1, 1])),
      // Everything, in three slices.
      cut([3, 5], ...[0, 1, 2].map((row) => piece([1, 5], [row, 0], [1, 1]))),
      // Overlapping, with a rest.
      cut([9], ...[0, 2, 4, 1].map((start) => piece([4], [start], [1]))),
      // Every other row, twice.
      cut(
        [5, 3],
        piece([3, 3], [0, 0], [2, 1]),
        piece([2, 3], [1, 0], [2, 1]),
        piece([2, 3], [4, 0], [-2, 1]),
      ),
    ],
  },
})

/** The first and last index that a slice covers, along each dimension. */
type Box = readonly (readonly [low: number, high: number])[]

function boxOf(sizes: Shape, begin: readonly number[], steps: readonly number[]): Box {
  return sizes.map((size, axis) => {
    const [from, to] = [begin[axis]!, begin[axis]! + (size - 1) * steps[axis]!]
    return from < to ? [from, to] : [to, from]
  })
}

/**
 * The indices of the boxes that overlap one before them: a sweep along the dimension with the most distinct starts,
 * where each is compared only with those that have not ended.
 */
function overlapping(boxes: readonly Box[]): ReadonlySet<number> {
  const late = new Set<number>()
  const rank = boxes[0]!.length
  const beginnings = Array.from(
    { length: rank },
    (_, axis) => new Set(boxes.map((box) => box[axis]![0])).size,
  )
  const axis = beginnings.indexOf(Math.max(...beginnings))
  const sorted = [...boxes.keys()]
  if (rank > 0) sorted.sort((a, b) => boxes[a]![axis]![0] - boxes[b]![axis]![0])
  let open: number[] = []
  for (const number of sorted) {
    const box = boxes[number]!
    if (rank > 0) open = open.filter((other) => boxes[other]![axis]![1] >= box[axis]![0])
    for (const other of open)
      if (box.every(([low, high], at) => low <= boxes[other]![at]![1] && high >= boxes[other]![at]![0]))
        late.add(Math.max(number, other))
    open.push(number)
  }
  return late
}

type Mode = 'constant' | 'edge' | 'reflect'
const modes: readonly Mode[] = ['constant', 'edge', 'reflect']
type Padding = readonly [before: number, after: number]

interface Pad {
  /** Elements to add before and after, along each dimension; one number for all. */
  paddings: number | readonly Padding[]
  /** `constant` (default); `edge`, which repeats the outermost element; or `reflect`, which mirrors at it. */
  mode?: Mode
  /** Value of the mode `constant`; default 0. */
  value?: number
}
interface Padded {
  readonly paddings: readonly Padding[]
  readonly mode: Mode
  readonly value: number
}

/** The source index of each position of the padded dimension, for modes that repeat elements. */
function sources(length: number, [before, after]: Padding, mode: Mode): number[] {
  return Array.from({ length: before + length + after }, (_, at) => {
    const place = at - before
    if (place >= 0 && place < length) return place
    const end = place < 0 ? 0 : length - 1
    return mode === 'edge' ? end : 2 * end - place
  })
}

/** Pads x. */
export const pad: Op<['x'], Pad, 'paddings'> = op('pad', {
  inputs: ['x'],
  summary: 'Pads x with a constant, its outermost elements, or its reflection.',
  symbol: 'pad',
  formula: 'y[before + i] = x[i]',
  attributes: {
    paddings: 'Elements to add before and after, along each dimension; one number for all.',
    mode: 'constant (default); edge, which repeats the outermost element; or reflect, which mirrors at it.',
    value: 'Value of the mode constant; default 0.',
  },
  shorthand: 'paddings',
  prepare: ({ paddings, mode = 'constant', value = 0 }: Pad, { x }): Padded => {
    const list = typeof paddings === 'number' ? x.map((): Padding => [paddings, paddings]) : paddings
    if (
      !Array.isArray(list) ||
      list.length !== x.length ||
      !list.every(
        (pair: Padding) => pair.length === 2 && pair.every((count) => Number.isInteger(count) && count >= 0),
      )
    )
      throw new ValueError(
        `pad: paddings must be [before, after] for each of the ${x.length} dimensions of x, non-negative integers; got ${JSON.stringify(paddings)}`,
      )
    if (!modes.includes(mode))
      throw new ValueError(`pad: unknown mode "${mode}"; modes are ${modes.join(', ')}`)
    for (const [axis, length] of x.entries()) {
      const most = mode === 'constant' ? Infinity : mode === 'reflect' ? length - 1 : length && Infinity
      if (Math.max(...list[axis]!) > Math.max(0, most))
        throw new ShapeError(
          `pad: x is ${describeShape(x)}; axis ${axis} has ${length} elements, too few to ${mode === 'edge' ? 'repeat' : 'reflect'} ${Math.max(...list[axis]!)}`,
        )
    }
    return { paddings: list, mode, value }
  },
  shape: ({ x }, { paddings }): Shape =>
    x.map((length, axis) => paddings[axis]![0] + length + paddings[axis]![1]),
  vjp: {
    x: {
      formula: 'x̄[i] = ȳ[before + i], and the sum of the copies',
      rule: ({ x, dy }, { paddings, mode }) =>
        mode === 'constant'
          ? slice(dy, { begin: paddings.map(([before]) => before), size: x.shape })
          : x.shape.reduce(
              (sum, size, axis) =>
                Math.max(...paddings[axis]!) === 0
                  ? sum
                  : scatterAdd(sum, sources(size, paddings[axis]!, mode), { size, axis }),
              dy,
            ),
    },
  },
  lower: ({ inputs: [x], shape, attributes: { paddings, mode, value }, output, alias, emit }) => {
    if (sameShape(shape, x!.shape)) return alias()
    const strides = stridesOf(shape)
    const within = (begin: readonly number[]) =>
      begin.reduce((offset, start, axis) => offset + start * strides[axis]!, 0)
    if (mode === 'constant') emit('Fill', { out: output(), size: sizeOf(shape), value })
    if (sizeOf(x!.shape) === 0) return
    const begin = paddings.map(([before]) => before)
    const from = { sizes: x!.shape, strides: stridesOf(x!.shape) }
    emit('Copy', copyOperands(output(), { strides, offset: within(begin) }, x!.buffer, from))
    if (mode === 'constant') return
    // One dimension after the other, so that corners repeat the padding next to them.
    const sizes = [...x!.shape]
    for (const [axis, [before, after]] of paddings.entries()) {
      const length = sizes[axis]!
      for (const [count, to, end] of [
        [before, 0, before],
        [after, before + length, before + length - 1],
      ] as const) {
        if (count === 0) continue
        const source = mode === 'edge' ? end : to === 0 ? 2 * before : end - 1
        const steps = strides.map((stride, at) => (at === axis ? (mode === 'edge' ? 0 : -stride) : stride))
        const target = { strides, offset: within(begin.with(axis, to)) }
        const piece = {
          sizes: sizes.with(axis, count),
          strides: steps,
          offset: within(begin.with(axis, source)),
        }
        emit('Copy', copyOperands(output(), target, output(), piece))
      }
      sizes[axis] = shape[axis]!
      begin[axis] = 0
    }
  },
  reference: ([x], shape, { paddings, mode, value }) => {
    const strides = stridesOf(x!.shape)
    const places = x!.shape.map((length, axis) => sources(length, paddings[axis]!, mode))
    const all = stridesOf(shape)
    return Float64Array.from({ length: sizeOf(shape) }, (_, index) => {
      let at = 0
      for (const [axis, stride] of all.entries()) {
        const place = Math.floor(index / stride) % shape[axis]!
        const inside = place - paddings[axis]![0]
        if (mode === 'constant' && (inside < 0 || inside >= x!.shape[axis]!)) return value
        at += places[axis]![place]! * strides[axis]!
      }
      return x!.data[at]!
    })
  },
  ulp: 0,
  sample: {
    domains,
    cases: [
      { shapes: { x: [] }, attributes: { paddings: 0 } },
      { shapes: { x: [1] }, attributes: { paddings: 1 } },
      { shapes: { x: [4] }, attributes: { paddings: [[0, 3]] } },
      { shapes: { x: [5] }, attributes: { paddings: [[2, 1]], value: -1.5 } },
      { shapes: { x: [0] }, attributes: { paddings: [[1, 2]], value: 2 } },
      {
        shapes: { x: [3, 0] },
        attributes: {
          paddings: [
            [1, 1],
            [0, 0],
          ],
        },
      },
      {
        shapes: { x: [3, 5] },
        attributes: {
          paddings: [
            [1, 0],
            [2, 2],
          ],
        },
      },
      {
        shapes: { x: [2, 3, 4] },
        attributes: {
          paddings: [
            [0, 0],
            [1, 1],
            [1, 1],
          ],
          value: 0.5,
        },
      },
      { shapes: { x: [8, 8] }, attributes: { paddings: 1 } },
      { shapes: { x: [1] }, attributes: { paddings: [[2, 3]], mode: 'edge' } },
      {
        shapes: { x: [3, 4] },
        attributes: {
          paddings: [
            [1, 2],
            [0, 3],
          ],
          mode: 'edge',
        },
      },
      { shapes: { x: [5] }, attributes: { paddings: [[4, 2]], mode: 'reflect' } },
      {
        shapes: { x: [3, 4] },
        attributes: {
          paddings: [
            [2, 1],
            [1, 3],
          ],
          mode: 'reflect',
        },
      },
      {
        shapes: { x: [2, 3, 9] },
        attributes: {
          paddings: [
            [0, 1],
            [2, 2],
            [0, 0],
          ],
          mode: 'reflect',
        },
      },
      {
        shapes: { x: [17, 9] },
        attributes: {
          paddings: [
            [3, 3],
            [3, 3],
          ],
          mode: 'edge',
        },
      },
    ],
  },
})

/** Reverses the elements along some dimensions, or all. */
export const flip: Op<['x'], { axes?: number | readonly number[] }, 'axes'> = op('flip', {
  inputs: ['x'],
  summary: 'Reverses the elements along some dimensions, or all.',
  symbol: 'flip',
  formula: 'y[i] = x[n − 1 − i]',
  attributes: { axes: 'The dimensions; negative ones count from the end; default all.' },
  shorthand: 'axes',
  prepare: ({ axes }: { axes?: number | readonly number[] }, { x }) => ({
    axes: normalizeAxes('flip', axes, x.length),
  }),
  shape: ({ x }): Shape => x,
  vjp: { x: { formula: 'x̄ = ȳ, reversed', rule: ({ dy }, { axes }) => flip(dy, axes) } },
  decompose: ({ x }, { axes }) => {
    const isFlipped = x.shape.map((length, axis) => axes.includes(axis) && length > 1)
    return slice(x, {
      begin: x.shape.map((length, axis) => (isFlipped[axis] ? length - 1 : 0)),
      steps: isFlipped.map((flipped) => (flipped ? -1 : 1)),
    })
  },
  reference: ([x], shape, { axes }) => {
    const strides = stridesOf(shape)
    return x!.data.map((_, index) => {
      let at = 0
      for (const [axis, stride] of strides.entries()) {
        const place = Math.floor(index / stride) % shape[axis]!
        at += (axes.includes(axis) ? shape[axis]! - 1 - place : place) * stride
      }
      return x!.data[at]!
    })
  },
  ulp: 0,
  sample: {
    domains,
    cases: [
      { shapes: { x: [] } },
      { shapes: { x: [1] } },
      { shapes: { x: [0] } },
      { shapes: { x: [4] } },
      { shapes: { x: [5] } },
      { shapes: { x: [9] }, attributes: { axes: 0 } },
      { shapes: { x: [3, 5] } },
      { shapes: { x: [3, 5] }, attributes: { axes: 1 } },
      { shapes: { x: [3, 5] }, attributes: { axes: 0 } },
      { shapes: { x: [2, 3, 4] }, attributes: { axes: [0, -1] } },
      { shapes: { x: [2, 0, 3] }, attributes: { axes: 2 } },
      { shapes: { x: [17, 9] }, attributes: { axes: [-2] } },
    ],
  },
})
