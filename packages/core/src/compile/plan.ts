// From graph to plan: instructions in order, and an offset for every temporary buffer.
import { checkCountable } from '../graph/indices.js'
import { sizeOf } from '../graph/shape.js'
import type { Constant, Input, Tensor, Variable } from '../graph/tensor.js'
import { topological } from '../graph/traverse.js'
import { passes } from './fuse.js'
import {
  type Buffer,
  buffersOf,
  elementwise,
  type Instruction,
  instruction,
  paddedBytes,
} from './instruction.js'
import type { Value } from './lowering.js'
import { simplify } from './simplify.js'

export interface Plan {
  readonly instructions: readonly Instruction[]
  /** The buffer of each output. */
  readonly outputs: readonly Buffer[]
  readonly leaves: ReadonlyMap<Variable | Constant | Input, Buffer>
}

const makeBuffer = (size: number): Buffer => ({ size })

/**
 * Instructions for `outputs`; tensors for which `keep` is true are leaves, like inputs. `watch` is called with the
 * instructions as lowered and after each pass, with the name of the stage.
 */
export function plan(
  outputs: readonly Tensor[],
  keep: (tensor: Tensor) => boolean = () => false,
  watch: (stage: string, instructions: readonly Instruction[]) => void = () => {},
): Plan {
  const simple = simplify(outputs, keep)
  const leaves = new Map<Tensor, Buffer>()
  const values = new Map<Tensor, Value>()
  const list: Instruction[] = []
  // In order of creation: derivatives of the last layer first, whose buffers are then free again.
  const byAge = outputs.map(({ id }, index) => ({ id, tensor: simple[index]! })).sort((a, b) => a.id - b.id)
  for (const tensor of topological(
    byAge.map(({ tensor }) => tensor),
    keep,
  )) {
    const { op, shape, attributes } = tensor
    if (!op || keep(tensor)) {
      const buffer = makeBuffer(sizeOf(shape))
      leaves.set(tensor, buffer)
      values.set(tensor, { buffer, shape })
      continue
    }
    const inputs = tensor.inputs.map((input) => values.get(input)!)
    checkCountable(tensor)
    const size = sizeOf(shape)
    let buffer: Buffer | undefined
    // Indices are checked even if nothing is taken at them.
    if (size > 0 || op.definition.indices)
      op.definition.lower!({
        inputs,
        shape,
        size,
        attributes,
        output: () => {
          buffer ??= makeBuffer(size)
          return buffer
        },
        alias: () => {
          buffer = inputs[0]!.buffer
        },
        temporary: makeBuffer,
        emit: (opcode, operands) => list.push(instruction(opcode, operands, [tensor])),
      })
    values.set(tensor, { buffer: buffer ?? makeBuffer(size), shape })
  }
  const results = simple.map((tensor) => values.get(tensor)!.buffer)
  const kept = new Set(results)
  watch('lowered', list)
  let instructions: readonly Instruction[] = list
  for (const pass of passes) {
    instructions = pass(instructions, kept)
    watch(pass.name, instructions)
  }
  return { instructions, outputs: results, leaves: leaves as Map<Variable | Constant | Input, Buffer> }
}

/** Buffers that an instruction can overwrite: it reads element i of them before it writes element i. */
const inPlace = (instruction: Instruction): Buffer[] =>
  (elementwise(instruction)?.moving ?? []).slice(1).map((name) => instruction.operands[name] as Buffer)

/**
 * Offsets in one area, in bytes, for buffers that live only between the instructions that write and read them; `bytes` is
 * the size of the area. Buffers for which `fixed` is true are left out.
 */
export function layOut(
  list: readonly Instruction[],
  fixed: (buffer: Buffer) => boolean,
): { offsets: Map<Buffer, number>; bytes: number } {
  const lastUse = new Map<Buffer, number>()
  for (const [index, instruction] of list.entries())
    for (const buffer of buffersOf(instruction, 'in', 'out', 'update')) lastUse.set(buffer, index)

  const offsets = new Map<Buffer, number>()
  const free: { offset: number; bytes: number }[] = []
  let bytes = 0
  const take = (size: number): number => {
    // Best fit: the smallest hole that is large enough.
    let best = -1
    for (const [index, hole] of free.entries())
      if (hole.bytes >= size && (best < 0 || hole.bytes < free[best]!.bytes)) best = index
    if (best < 0) {
      bytes += size
      return bytes - size
    }
    const hole = free[best]!
    const { offset } = hole
    hole.offset += size
    hole.bytes -= size
    if (hole.bytes === 0) free.splice(best, 1)
    return offset
  }
  const give = (offset: number, size: number) => {
    let next = free.findIndex((hole) => hole.offset > offset)
    if (next < 0) next = free.length
    const [before, behind] = [free[next - 1], free[next]]
    const joinsBefore = before && before.offset + before.bytes === offset
    if (behind && offset + size === behind.offset) {
      behind.offset = offset
      behind.bytes += size
      if (!joinsBefore) return
      before.bytes += behind.bytes
      free.splice(next, 1)
    } else if (joinsBefore) before.bytes += size
    else free.splice(next, 0, { offset, bytes: size })
  }

  for (const [index, instruction] of list.entries()) {
    const dying = new Set(
      buffersOf(instruction, 'in').filter((buffer) => offsets.has(buffer) && lastUse.get(buffer) === index),
    )
    for (const buffer of buffersOf(instruction, 'out')) {
      if (offsets.has(buffer) || fixed(buffer)) continue
      const heir = inPlace(instruction).find((input) => dying.has(input) && input.size === buffer.size)
      if (heir) {
        offsets.set(buffer, offsets.get(heir)!)
        dying.delete(heir)
      } else offsets.set(buffer, take(paddedBytes(buffer.size)))
      if (lastUse.get(buffer) === index) dying.add(buffer)
    }
    for (const buffer of dying) give(offsets.get(buffer)!, paddedBytes(buffer.size))
  }
  return { offsets, bytes }
}
