// The end of a training step: the instructions that update the parameters by their gradients.
import { type Block, getKernel } from '@bp/kernel'
import {
  type Buffer,
  type Instruction,
  instruction,
  type OpcodeName,
  type Operands,
  paddedBytes,
} from '../compile/instruction.js'
import type { Variable } from '../graph/tensor.js'
import type { OptimizerState, Section } from './optimizer-state.js'

export interface Update {
  readonly instructions: readonly Instruction[]
  /** Addresses of the buffers that they read and write. */
  readonly placed: ReadonlyMap<Buffer, number>
  /** Memory that must outlive the program. */
  readonly block: Block
}

/** The weight of a step's gradients among those accumulated, and whether their mean is taken. */
export interface BatchWeight {
  readonly buffer: Buffer
  readonly mean: boolean
}

/**
 * Accumulation, clipping, learning rate, update and average of the parameters in `sections`, whose gradients lie at
 * their addresses in the state. It must be the end of the program: accumulation ends a step before its update. `weight`
 * is given where gradients are accumulated.
 */
export function updateOf(
  state: OptimizerState,
  sections: readonly Section[],
  weight: BatchWeight | null,
): Update {
  const { optimizer, shared } = state
  const placed = new Map<Buffer, number>()
  const at = (address: number, size: number): Buffer => {
    const buffer = { size }
    placed.set(buffer, address)
    return buffer
  }
  const instructions: Instruction[] = []
  const emit = <Name extends OpcodeName>(
    opcode: Name,
    nodes: readonly Variable[],
    operands: Operands<Name>,
  ) => instructions.push(instruction(opcode, operands, nodes))
  const inShared = (offset: number) => at(shared.block.address + offset, 2)

  const parts = sections.map((section) => {
    const nodes = section.states.map(({ variable }) => variable)
    const size = section.bytes / 4
    const array = (name: string) => at(state.addressOf(nodes[0]!, name), size)
    return { section, nodes, size, array, gradients: array('gradient') }
  })

  if (weight) {
    const group = at(shared.block.address + shared.group, 4)
    const mean = Number(weight.mean)
    for (const { nodes, gradients, array, size } of parts)
      emit('Accumulate', nodes, {
        gradients,
        sums: array('accumulated'),
        group,
        weight: weight.buffer,
        mean,
        size,
      })
    emit('UpdateEvery', [], { group, weight: weight.buffer })
  }

  // Squares are summed in the order in which variables were created, wherever they are in memory.
  const variables = parts.flatMap(({ nodes }) => nodes).sort((a, b) => a.id - b.id)
  const block = getKernel().allocate(8 * variables.length)
  if (optimizer.clip) {
    const limit = inShared(shared.limit)
    const square = (index: number) => at(block.address + 8 * index, 2)
    const gradientOf = (index: number) =>
      at(state.addressOf(variables[index]!, 'gradient'), variables[index]!.size)
    if ('value' in optimizer.clip)
      for (const { nodes, gradients, size } of parts) emit('ClipByValue', nodes, { gradients, limit, size })
    else
      for (const [index, variable] of variables.entries())
        emit('SquaredNorm', [variable], { out: square(index), x: gradientOf(index), size: variable.size })
    if ('norm' in optimizer.clip)
      for (const [index, variable] of variables.entries()) {
        const size = paddedBytes(variable.size) / 4
        const [gradients, squares] = [gradientOf(index), square(index)]
        emit('ClipByNorm', [variable], { gradients, squares, count: 1, limit, size })
      }
    if ('globalNorm' in optimizer.clip)
      for (const { nodes, gradients, size } of parts)
        emit('ClipByNorm', nodes, { gradients, squares: square(0), count: variables.length, limit, size })
  }

  for (const { section, nodes, size, gradients, array } of parts) {
    const inSection = (offset: number) => at(section.block.address + offset, 2)
    const settings = inSection(section.settings)
    if (typeof optimizer.learningRate === 'function')
      emit('NextRate', nodes, {
        settings,
        rates: inShared(shared.rates),
        cursor: inSection(section.cursor),
        factor: inSection(section.factor),
      })
    const parameters = array('parameters')
    // Slots have the names of the kernel's operands.
    const slots = Object.fromEntries(optimizer.slots.flatMap((slot) => (slot ? [[slot, array(slot)]] : [])))
    const operands = { parameters, gradients, ...slots, settings, size }
    emit(optimizer.opcode, nodes, operands as Operands<typeof optimizer.opcode>)
    if (optimizer.ema !== null)
      emit('Average', nodes, { averages: array('average'), parameters, decay: inShared(shared.decay), size })
  }
  return { instructions, placed, block }
}
