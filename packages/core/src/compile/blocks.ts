// Runs chains of elementwise instructions block by block, so that what passes between them stays in the cache.
import { encode } from '@bp/kernel'
import { type Buffer, buffersOf, elementwise, type Instruction, type Operand, wordOf } from './instruction.js'

/** Elements in a block: 8 KiB, so that the three arrays of an instruction fit a first-level cache of 32 KiB. */
export const blockSize = 2048
/** Shorter arrays stay in the cache by themselves. */
const shortest = 4 * blockSize
/** Instructions in a chain, so that their words can be counted in 16 bits. */
const longest = 256

/**
 * Puts neighbouring elementwise instructions over equally many elements into one `Blocks`. An array that only the chain
 * reads shrinks to one block, which saves its memory and the way there. A chain with no such array is left alone:
 * preparing each block would cost time and save nothing.
 */
export function chainBlocks(list: readonly Instruction[], kept: ReadonlySet<Buffer>): Instruction[] {
  const lastRead = new Map<Buffer, number>()
  for (const [index, instruction] of list.entries())
    for (const buffer of buffersOf(instruction, 'in', 'update')) lastRead.set(buffer, index)

  const result: Instruction[] = []
  for (let first = 0; first < list.length; ) {
    const size = elementwise(list[first]!)?.size ?? 0
    let end = first + 1
    if (size >= shortest)
      while (end < Math.min(list.length, first + longest) && elementwise(list[end]!)?.size === size) end++
    const chain = list.slice(first, end)
    const inside = (buffer: Buffer) => !kept.has(buffer) && (lastRead.get(buffer) ?? 0) < end
    if (chain.length > 1 && chain.some(({ operands }) => inside(operands.out as Buffer)))
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
    for (const operand of Object.values(operands)) lastUse.set(operand, index)
  const blocks = new Map<Operand, Buffer>()
  const free: Buffer[] = []
  const body = chain.map((instruction, index): Instruction => {
    const { out, ...inputs } = instruction.operands
    const operands: Record<string, Operand> = { out }
    for (const [name, operand] of Object.entries(inputs)) operands[name] = blocks.get(operand) ?? operand
    for (const operand of new Set(Object.values(inputs))) {
      const block = blocks.get(operand)
      if (block && lastUse.get(operand) === index) free.push(block)
    }
    if (inside(out as Buffer)) {
      // An element is read before it is written in its place, so a block that dies here can be the output.
      operands.out = free.pop() ?? { size: blockSize }
      blocks.set(out, operands.out as Buffer)
    }
    return { ...instruction, operands }
  })
  return {
    opcode: 'Blocks',
    operands: { size, bytes: 4 * blockSize },
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
    const { opcode, operands } = instruction
    const { moving: names, sizeName } = elementwise(instruction)!
    for (const name of names) {
      const array = operands[name] as Buffer
      const word = first + wordOf(opcode, name)
      if (array.size === blockSize) inside.push([word, array])
      else moving.push(word)
    }
    sizes.push(first + wordOf(opcode, sizeName))
    first += encode(opcode, {}).length
    return { ...instruction, operands: { ...operands, [sizeName]: blockSize } }
  })
  return { moving, sizes, inside, program }
}
