// Which instructions run in parallel, and how: each thread computes a part of the output; no number is summed by two.
import { encode, getKernel, longestCopied, operandsOf } from '@bp/kernel'
import { blockSize, layOutBody } from './blocks.js'
import { costOf } from './cost.js'
import {
  type Buffer,
  elementwise,
  type Instruction,
  isBuffer,
  type OpcodeName,
  type Operands,
  paddedBytes,
  wordOf,
} from './instruction.js'

interface Rule<Name extends string = string> {
  /** The operand that counts the items split among threads. */
  readonly by: Name
  /** The operand that says at which item a part begins, where the kernel must know. */
  readonly first?: Name
  /** Arrays that every part needs whole; the others are split like the output. */
  readonly whole?: readonly Name[]
  /** Scratch memory, of which each thread needs its own. */
  readonly own?: readonly Name[]
  /** Parts begin at multiples of this. */
  readonly unit?: number
  /** Time for a number, relative to reading and writing one; default 1. */
  readonly weight?: number
}

const convolution = {
  by: 'images',
  whole: ['weights', 'bias'],
  own: ['image'],
} as const
const images = { by: 'images' } as const
const along = { by: 'outer' } as const
const rows = { by: 'rows' } as const
const heads = { by: 'heads', own: ['scratch'] } as const
/** Sixteen of the numbers are drawn together. */
const drawn = { by: 'size', first: 'firstIndex', whole: ['key'], unit: 16, weight: 8 } as const

/** The weight of copying alone: what another thread has written must come from its cache. */
const moved = 1 / 4

type RuleOf<Name extends string> = Rule<Name> | ((value: (operand: Name) => number) => Rule<Name>)

export const rules: { readonly [Name in OpcodeName]?: RuleOf<keyof Operands<Name> & string> } = {
  Convolution: { ...convolution, own: ['image', 'panels'] },
  ConvolutionInputGrad: { ...convolution, own: ['image', 'panels', 'patches'] },
  // Rows of the weights, four to a tile.
  ConvolutionWeightGrad: {
    by: 'rows',
    first: 'firstRow',
    whole: ['x', 'dy', 'sums'],
    own: ['image', 'panels'],
    unit: 4,
  },
  Depthwise: convolution,
  DepthwiseInputGrad: convolution,
  MaxPool: images,
  MaxPoolGrad: images,
  MaxPoolPick: images,
  AveragePool: images,
  AveragePoolGrad: images,
  Sum: along,
  Mean: along,
  Max: along,
  Min: along,
  Prod: along,
  Norm: along,
  Variance: { ...along, own: ['means'] },
  ArgMax: along,
  CumulativeSum: along,
  Softmax: along,
  LogSoftmax: along,
  SoftmaxGrad: along,
  LogSoftmaxGrad: along,
  SoftmaxCrossEntropy: rows,
  SparseSoftmaxCrossEntropy: { by: 'count' },
  NormalizeRows: { ...rows, whole: ['gamma', 'beta'] },
  NormalizeRowsGrad: { ...rows, whole: ['gamma'] },
  Attention: heads,
  AttentionGrad: heads,
  Gather: (value) =>
    value('outer') > 1
      ? { by: 'outer', whole: ['indices'], weight: moved }
      : { by: 'count', whole: ['table'], weight: moved },
  // By rows of the output, since what is added to one row must be added in order.
  ScatterAdd: (value) =>
    value('outer') > 1
      ? { by: 'outer', whole: ['indices'] }
      : { by: 'places', first: 'firstPlace', whole: ['x', 'indices'] },
  OneHot: { ...rows, weight: moved },
  RandomUniform: drawn,
  Dropout: drawn,
  RandomNormal: { ...drawn, weight: 64 },
}

/** Numbers to be read or written, or eight times as many operations, from which threads are quicker: some 10 µs. */
const worthSplitting = 2 ** 16

/** How an instruction is split; see `Parallel` in the kernel's table of instructions. */
interface Parts {
  readonly count: number
  readonly unit: number
  readonly countAt: number
  readonly times: number
  /** Words that advance, and by how much an item. */
  readonly moves: readonly (readonly [word: number, by: number])[]
  /** Words that are addresses of scratch memory. */
  readonly own: readonly (readonly [word: number, array: Buffer])[]
}

export function partsOf(instruction: Instruction): Parts | null {
  const { opcode, operands, body } = instruction
  const { operations, bytes } = costOf(instruction)
  const value = (name: string) => operands[name] as number
  const word = (name: string) => wordOf(opcode, name)
  const given = rules[opcode] as RuleOf<string> | undefined
  const rule = typeof given === 'function' ? given(value) : given
  if ((rule?.weight ?? 1) * (bytes / 4 + operations / 8) < worthSplitting) return null
  if (body) {
    const { moving, sizes, inside } = layOutBody(body)
    // Behind the head, size, bytes and both lists.
    const program = 5 + moving.length + sizes.length
    return {
      count: value('size'),
      unit: blockSize,
      countAt: word('size'),
      times: 1,
      moves: moving.map((word) => [program + word, 4]),
      own: inside.map(([word, array]) => [program + word, array]),
    }
  }
  const elements = elementwise(instruction)
  if (elements) {
    const { size: count, sizeName, moving } = elements
    const moves = moving.map((name) => [word(name), 4] as const)
    return { count, unit: 4, countAt: word(sizeName), times: 1, moves, own: [] }
  }
  if (opcode === 'BatchedMatmul') {
    // By the first dimension of the stack.
    const rank = value('rank')
    const layout = operands.layout as number[]
    const [count, left, right] = [layout[0], layout[rank], layout[2 * rank]]
    const times = value('products') / count!
    const out = 4 * value('m') * value('n') * times
    return {
      count: count!,
      unit: unitOf([out]),
      countAt: word('products'),
      times,
      moves: [
        [word('out'), out],
        [word('a'), left!],
        [word('b'), right!],
      ],
      own: [],
    }
  }
  if (operands.aRow !== undefined && operands.rows !== undefined) {
    const columns = 4 * value('columns')
    const moves = [
      [word('out'), columns],
      [word('a'), 4 * value('aRow')],
      [word('b'), 4 * value('bRow')],
    ] as const
    return {
      count: value('rows'),
      unit: unitOf([columns]),
      countAt: word('rows'),
      times: 1,
      moves,
      own: [],
    }
  }
  if (!rule) return null
  const arrays = operandsOf(opcode).flatMap(({ name, word }): [string, number, Buffer][] => {
    const operand = operands[name]
    return isBuffer(operand) ? [[name, word, operand]] : []
  })
  const { by, first, whole = [], own = [] } = rule
  const count = value(by)
  const moves = arrays
    .filter(([name]) => !whole.includes(name) && !own.includes(name))
    .map(([, word, { size }]) => [word, (4 * size) / count] as const)
  if (first) moves.push([word(first), 1])
  return {
    count,
    unit: rule.unit ?? unitOf(moves.map(([, by]) => by)),
    countAt: word(by),
    times: 1,
    moves,
    own: arrays.filter(([name]) => own.includes(name)).map(([, word, array]) => [word, array]),
  }
}

/** Parts must begin at whole vectors, since those are what loops write. */
const unitOf = (bytes: readonly number[]) =>
  [1, 2].find((unit) => bytes.every((by) => (unit * by) % 16 === 0)) ?? 4

/** The words of an instruction, as a `Parallel` where that is worth it. */
export function inParallel(instruction: Instruction, words: readonly number[]): readonly number[] {
  const parts = partsOf(instruction)
  if (!parts || parts.count <= parts.unit || words.length > longestCopied) return words
  const { count, unit, countAt, times, moves, own } = parts
  const offsets = new Map<Buffer, number>()
  let bytes = 0
  for (const [, array] of own) {
    if (offsets.has(array)) continue
    offsets.set(array, bytes)
    // Loops read up to 64 bytes past an array.
    bytes += paddedBytes(array.size) + 64
  }
  getKernel().reserveScratch(bytes)
  const places = own.flatMap(([word, array]) => [word, offsets.get(array)!])
  const layout = [moves.length, ...moves.flat(), own.length, ...places, ...words]
  return encode('Parallel', { count, unit, countAt, times, layout })
}
