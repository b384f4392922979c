// Runs chains of elementwise instructions block by block, so that what passes between them stays in the cache.
import { encode, instructions as operandTable } from '@bp/kernel'
import type { Buffer, Operand } from './lowering.js'
import type { Instruction } from './plan.js'

/** Elements in a block: 8 KiB, so that the three arrays of an instruction fit a first-level cache of 32 KiB. */
export const blockSize = 2048
/** Shorter arrays stay in the cache by themselves. */
const shortest = 4 * blockSize
/** Instructions in a chain, so that their words can be counted in 16 bits. */
const longest = 256

interface Elementwise {
  /** How many elements. */
  readonly size: number
  /** The operand that says so. */
  readonly sizeAt: number
  /** Operands that hold one number for each element; the others serve all elements. */
  readonly moving: readonly number[]
}

/** How an instruction goes through its elements, if each is made of those at the same place alone. */
export function elementwise({ opcode, operands }: Instruction): Elementwise | null {
  const labels = Object.keys(operandTable[opcode])
  const kinds = Object.values(operandTable[opcode])
  const value = (label: string) => operands[labels.indexOf(label)]
  const arrays = kinds.flatMap((kind, index) => (kind === 'in' || kind === 'out' ? [index] : []))
  if (labels.includes('aRow') && labels.includes('columns')) {
    const rows = value('rows')
    if (rows !== 0 && rows !== 1) return null
    const moves = (label: string) => rows === 0 || value(label) === 1
    return {
      size: value('columns') as number,
      sizeAt: labels.indexOf('columns'),
      moving: arrays.filter((index) => labels[index] === 'out' || moves(`${labels[index]}Column`)),
    }
  }
  const sizeAt = kinds.indexOf('elements')
  if (sizeAt < 0) return null
  return {
    size: operands[sizeAt] as number,
    sizeAt,
    moving: arrays.filter((index) => value(`${labels[index]}Moves`) !== 0),
  }
}

/** Puts neighbouring elementwise instructions over equally many elements into one `Blocks`. */
export function chainBlocks(list: readonly Instruction[], kept: ReadonlySet<Buffer>): Instruction[] {
  const lastRead = new Map<Buffer, number>()
  for (const [index, { opcode, operands }] of list.entries())
    for (const [at, kind] of Object.values(operandTable[opcode]).entries())
      if (kind === 'in' || kind === 'update') lastRead.set(operands[at] as Buffer, index)

  const result: Instruction[] = []
  for (let first = 0; first < list.length; ) {
    const size = elementwise(list[first]!)?.size ?? 0
    let end = first + 1
    if (size >= shortest)
      while (end < Math.min(list.length, first + longest) && elementwise(list[end]!)?.size === size) end++
    const chain = list.slice(first, end)
    const inside = (buffer: Buffer) => !kept.has(buffer) && (lastRead.get(buffer) ?? 0) < end
    if (chain.length > 1 && chain.some(({ operands }) => inside(operands[0] as Buffer)))
      result.push(intoBlocks(chain, size, inside))
    else result.push(...chain)
    first = end
  }
  return result
}

/** The chain as one instruction; arrays for which `inside` is true shrink to a block, which several share in turn. */
function intoBlocks(
  chain: readonly Instruction[],
  size: number,
  inside: (buffer: Buffer) => boolean,
): Instruction {
  const lastUse = new Map<Operand, number>()
  for (const [index, { operands }] of chain.entries())
    for (const operand of operands) lastUse.set(operand, index)
  const blocks = new Map<Operand, Buffer>()
  const free: Buffer[] = []
  const body = chain.map((instruction, index): Instruction => {
    const [out, ...inputs] = instruction.operands
    const read = inputs.map((operand) => blocks.get(operand) ?? operand)
    for (const operand of new Set(inputs)) {
      const block = blocks.get(operand)
      if (block && lastUse.get(operand) === index) free.push(block)
    }
    if (!inside(out as Buffer)) return { ...instruction, operands: [out!, ...read] }
    // An element is read before it is written in its place, so a block that dies here can be the output.
    const block = free.pop() ?? { size: blockSize }
    blocks.set(out!, block)
    return { ...instruction, operands: [block, ...read] }
  })
  return {
    opcode: 'Blocks',
    operands: [size, 4 * blockSize],
    nodes: chain.flatMap(({ nodes }) => nodes),
    body,
  }
}

/**
 * The program that a `Blocks` runs for the first block, and what of it changes from block to block, by the places of
 * its words: addresses that move on, numbers of elements; `inside` are the addresses of arrays of one block.
 */
export function layOutBody(body: readonly Instruction[]) {
  const moving: number[] = []
  const sizes: number[] = []
  const inside: [word: number, array: Buffer][] = []
  let first = 0
  const program = body.map((instruction): Instruction => {
    const { moving: places, sizeAt } = elementwise(instruction)!
    for (const place of places) {
      const array = instruction.operands[place] as Buffer
      const word = first + 1 + place
      if (array.size === blockSize) inside.push([word, array])
      else moving.push(word)
    }
    sizes.push(first + 1 + sizeAt)
    const operands = instruction.operands.with(sizeAt, blockSize)
    first += encode(
      instruction.opcode,
      operands.map(() => 0),
    ).length
    return { ...instruction, operands }
  })
  return { moving, sizes, inside, program }
}
