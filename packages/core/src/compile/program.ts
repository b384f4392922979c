// A plan in kernel memory: encoded once, run any number of times by one call each.
import { type Block, encode, getKernel } from '@bp/kernel'
import { indexError } from '../graph/indices.js'
import { Constant, describeNode, type Input, type Tensor, type Variable } from '../graph/tensor.js'
import { layOutBody } from './blocks.js'
import { type Buffer, type Instruction, isBuffer, type Operand, paddedBytes, wordOf } from './instruction.js'
import { allocate } from './memory.js'
import { inParallel } from './parallel.js'
import { layOut } from './plan.js'
import { isMeasured, Sharing } from './sharing.js'

/** Addresses that the program does not choose: of parameters, data, adjacent gradients. */
type Placement = ReadonlyMap<Buffer, number>

export interface ProgramSource {
  readonly instructions: readonly Instruction[]
  /** Addresses of buffers outside the program; their owners must outlive it. */
  readonly placed: Placement
  /** Leaves, of which the program holds those that are not placed. */
  readonly leaves: ReadonlyMap<Variable | Constant | Input | Tensor, Buffer>
  /** Buffers that are read from outside and so share their memory with no other. */
  readonly kept: readonly Buffer[]
}

/**
 * Memory of a program, all of it one block:
 *
 *   instructions | constants, inputs, kept results, each with memory of its own | temporaries, which share memory
 */
export class Program {
  readonly #block: Block
  readonly #offsets: ReadonlyMap<Buffer, number>
  /** Buffers that share their memory with no other. */
  readonly #own: ReadonlySet<Buffer>
  readonly #instructions: readonly Instruction[]
  readonly #sharing = new Sharing()
  /** Its size. */
  readonly bytes: number

  /** `take` may return a block that is reused, for programs that run once. */
  constructor(source: ProgramSource, take?: (bytes: number) => Block) {
    const { instructions, placed, leaves, kept } = source
    const own = new Set<Buffer>([...leaves.values(), ...kept].filter((buffer) => !placed.has(buffer)))
    const temporaries = layOut(instructions, (buffer) => placed.has(buffer) || own.has(buffer))

    const wordCount = assemble(instructions, () => 0).length
    let end = Math.ceil(wordCount / 4) * 16
    const offsets = new Map<Buffer, number>()
    for (const buffer of own) {
      offsets.set(buffer, end)
      end += paddedBytes(buffer.size)
    }
    for (const [buffer, offset] of temporaries.offsets) offsets.set(buffer, end + offset)
    this.bytes = end + temporaries.bytes
    this.#offsets = offsets
    this.#own = own
    this.#instructions = instructions
    this.#block = allocate(this.bytes, () => largestOf(source), take)

    const addressOf = (buffer: Buffer): number => {
      const address = placed.get(buffer) ?? this.#block.address + (offsets.get(buffer) ?? Number.NaN)
      if (!Number.isNaN(address)) return address
      if (buffer.size === 0) return this.#block.address
      throw new Error('a buffer is read that no instruction writes')
    }
    this.#block.words(0, wordCount).set(assemble(instructions, addressOf))
    for (const [leaf, buffer] of leaves)
      if (leaf instanceof Constant && own.has(buffer)) this.floats(buffer).set(leaf.values)
  }

  /** The numbers of a buffer of its own; the view is valid until memory grows. */
  floats(buffer: Buffer): Float32Array {
    return this.#block.floats(this.#offsets.get(buffer)!, buffer.size)
  }

  words(buffer: Buffer): Int32Array {
    return this.#block.words(this.#offsets.get(buffer)!, buffer.size)
  }

  /** Copies the numbers of its own buffers from another program that has them too. */
  take(other: Program): void {
    for (const buffer of this.#own) this.floats(buffer).set(other.floats(buffer))
  }

  get address(): number {
    return this.#block.address
  }

  /** The words of an instruction in memory. */
  instructionWords(index: number): Int32Array {
    const all = this.#block.words(0, this.#block.bytes / 4)
    let start = 0
    for (let skipped = 0; skipped < index; skipped++) start += all[start]! >>> 16
    return all.subarray(start, start + (all[start]! >>> 16))
  }

  /**
   * Whether it ran to its end, and was not stopped by a `Record` of what is not finite.
   * @throws IndexError at an index out of range.
   */
  run(times: number): boolean {
    const { address } = this.#block
    const stopped = isMeasured()
      ? this.#sharing.run(times, () => getKernel().run(address, times))
      : getKernel().run(address, times)
    if (stopped !== 0) this.#checkIndices(stopped)
    return stopped === 0
  }

  /** Throws if an index stopped the instruction at `address`. */
  #checkIndices(address: number): void {
    const stopped = (address - this.#block.address) / 4
    const words = this.#block.words(0, this.bytes / 4)
    let index = 0
    // It may be inside a `Parallel`.
    for (let at = 0; at + (words[at]! >>> 16) <= stopped; at += words[at]! >>> 16) index++
    const { opcode, operands, nodes } = this.#instructions[index]!
    if (!operands.indices) return
    const operand = (name: string) => words[stopped + wordOf(opcode, name)]!
    const [node] = nodes
    const [input] = Object.keys(node!.op!.definition.indices!)
    const indices = getKernel().floats(operand('indices'), operand('count'))
    throw indexError(node!, input!, indices, operand('limit'))
  }
}

/** The largest tensor of a program, for messages. */
function largestOf({ instructions, leaves }: ProgramSource): string {
  const nodes = [...leaves.keys(), ...instructions.flatMap(({ nodes }) => nodes)]
  const [largest] = nodes.sort((a, b) => b.size - a.size)
  return largest ? `a program with ${describeNode(largest)}` : 'a program'
}

function assemble(instructions: readonly Instruction[], addressOf: (buffer: Buffer) => number): number[] {
  return ended(instructions.map((instruction) => inParallel(instruction, wordsOf(instruction, addressOf))))
}

function wordsOf(
  { opcode, operands, body }: Instruction,
  addressOf: (buffer: Buffer) => number,
): readonly number[] {
  const values: Record<string, Exclude<Operand, Buffer>> = {}
  for (const name in operands) {
    const operand = operands[name]
    values[name] = isBuffer(operand) ? addressOf(operand) : operand
  }
  if (!body) return encode(opcode, values)
  const { moving, sizes, program } = layOutBody(body)
  const inner = ended(program.map((instruction) => wordsOf(instruction, addressOf)))
  return encode(opcode, { ...values, layout: [moving.length, ...moving, sizes.length, ...sizes, ...inner] })
}

const ended = (instructions: readonly (readonly number[])[]) => [...instructions.flat(), ...encode('End', {})]
