// What a planned instruction is: an opcode and its operands by name, before buffers have addresses.
import { type OpcodeName, type OperandsOf, operandsOf } from '@bp/kernel'
import type { Tensor } from '../graph/tensor.js'

export type { OpcodeName }

/** A row of numbers that an instruction reads or writes; where it lies is decided later. */
export interface Buffer {
  /** Elements. */
  readonly size: number
}

export type Operand = Buffer | number | readonly number[] | undefined

/** The operands of an instruction, as the kernel's table names and types them. */
export type Operands<Name extends OpcodeName> = OperandsOf<Name, Buffer>

export interface Instruction {
  readonly opcode: OpcodeName
  readonly operands: Record<string, Operand>
  /** The graph nodes that it computes. */
  readonly nodes: Tensor[]
  /** What a `Blocks` runs for each block. */
  readonly body?: readonly Instruction[]
}

export function instruction<Name extends OpcodeName>(
  opcode: Name,
  operands: Operands<Name>,
  nodes: readonly Tensor[] = [],
): Instruction {
  return { opcode, operands: operands as Record<string, Operand>, nodes: [...nodes] }
}

export function isBuffer(operand: Operand): operand is Buffer {
  return typeof operand === 'object' && 'size' in operand
}

/** Place of an operand among the words of an instruction. */
export function wordOf(opcode: OpcodeName, name: string): number {
  return operandsOf(opcode).find((operand) => operand.name === name)!.word
}

/** Buffers that an instruction reads or writes, by kind: `in`, `out`, `update`. */
export function buffersOf({ opcode, operands, body }: Instruction, ...kinds: string[]): Buffer[] {
  if (body) return [...new Set(body.flatMap((inner) => buffersOf(inner, ...kinds)))]
  const buffers: Buffer[] = []
  for (const { name, kind } of operandsOf(opcode)) {
    const operand = operands[name]
    if (isBuffer(operand) && kinds.includes(kind)) buffers.push(operand)
  }
  return buffers
}

/** How an instruction goes through its elements. */
export interface Elementwise {
  /** How many elements. */
  readonly size: number
  /** The operand that says so. */
  readonly sizeName: string
  /** Operands that hold one number for each element; the others serve all elements. */
  readonly moving: readonly string[]
}

/** How an instruction goes through its elements, if each is made of those at the same place alone. */
export function elementwise({ opcode, operands }: Instruction): Elementwise | null {
  const table = operandsOf(opcode)
  const has = (wanted: string) => table.some(({ name }) => name === wanted)
  const arrays = table.flatMap(({ name, kind }) => (kind === 'in' || kind === 'out' ? [name] : []))
  if (has('aRow') && has('columns')) {
    const { rows } = operands
    if (rows !== undefined && rows !== 1) return null
    const moves = (name: string) => rows === undefined || operands[`${name}Column`] === 1
    return {
      size: operands.columns as number,
      sizeName: 'columns',
      moving: arrays.filter((name) => name === 'out' || moves(name)),
    }
  }
  const size = table.find(({ kind }) => kind === 'elements')
  if (!size) return null
  return {
    size: operands[size.name] as number,
    sizeName: size.name,
    moving: arrays.filter((name) => operands[`${name}Moves`] !== 0),
  }
}

/** Bytes of a buffer: whole vectors, since kernels write them. */
export function paddedBytes(size: number): number {
  return Math.max(16, Math.ceil(size / 4) * 16)
}
