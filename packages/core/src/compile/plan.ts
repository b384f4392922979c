// From graph to plan: instructions in order, and a place for every buffer.
import { Activation, instructions as operandTable } from '@bp/kernel'
import { checkCountable } from '../graph/indices.js'
import { sizeOf } from '../graph/shape.js'
import type { Constant, Input, Tensor, Variable } from '../graph/tensor.js'
import { topological } from '../graph/traverse.js'
import { chainBlocks, elementwise } from './blocks.js'
import type { Buffer, OpcodeName, Operand, Value } from './lowering.js'
import { simplify } from './simplify.js'

export interface Instruction {
  opcode: OpcodeName
  operands: Operand[]
  /** The graph nodes that it computes. */
  nodes: Tensor[]
  /** What a `Blocks` runs for each block. */
  readonly body?: readonly Instruction[]
}

export interface Plan {
  readonly instructions: Instruction[]
  /** Where each output's numbers are. */
  readonly outputs: readonly Buffer[]
  readonly leaves: ReadonlyMap<Variable | Constant | Input, Buffer>
}

const makeBuffer = (size: number): Buffer => ({ size })

/** Instructions for `outputs`; tensors for which `keep` is true are taken as given, like inputs. */
export function plan(outputs: readonly Tensor[], keep: (tensor: Tensor) => boolean = () => false): Plan {
  const simple = simplify(outputs, keep)
  const leaves = new Map<Tensor, Buffer>()
  const values = new Map<Tensor, Value>()
  const list: Instruction[] = []
  // In the order in which they came about: derivatives of the last layer first, whose buffers are then free again.
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
    let buffer: Buffer | undefined
    op.definition.lower!({
      inputs,
      shape,
      attributes,
      output: () => {
        buffer ??= makeBuffer(sizeOf(shape))
        return buffer
      },
      alias: () => {
        buffer = inputs[0]!.buffer
      },
      temporary: makeBuffer,
      emit: (opcode, ...operands) => list.push({ opcode, operands, nodes: [tensor] }),
    })
    values.set(tensor, { buffer: buffer ?? makeBuffer(sizeOf(shape)), shape })
  }
  const results = simple.map((tensor) => values.get(tensor)!.buffer)
  return {
    instructions: chainBlocks(
      fuseSlopes(fuseLoss(fuseGradients(fuse(list, new Set(results))), new Set(results))),
      new Set(results),
    ),
    outputs: results,
    leaves: leaves as Map<Variable | Constant | Input, Buffer>,
  }
}

/** Buffers that an instruction reads or writes. */
export function buffersOf({ opcode, operands, body }: Instruction, ...kinds: string[]): Buffer[] {
  if (body) return [...new Set(body.flatMap((instruction) => buffersOf(instruction, ...kinds)))]
  const wanted = Object.values(operandTable[opcode])
  return operands.filter(
    (operand, index): operand is Buffer =>
      typeof operand === 'object' && operand !== null && kinds.includes(wanted[index]!),
  )
}

/**
 * Products, which can take over their neighbours: the operand that says how many numbers are in a row of the result,
 * and the matrix whose columns they can sum beside.
 */
const products: Partial<Record<OpcodeName, { readonly row: string; readonly summed?: string }>> = {
  MatmulNN: { row: 'n', summed: 'b' },
  MatmulNT: { row: 'n' },
  MatmulTN: { row: 'n', summed: 'b' },
  MatmulSmall: { row: 'n', summed: 'b' },
  MatmulTile: { row: 'n', summed: 'b' },
  Convolution: { row: 'outChannels' },
  ConvolutionInputGrad: { row: 'channels' },
  ConvolutionWeightGrad: { row: 'outChannels', summed: 'dy' },
  Depthwise: { row: 'outChannels' },
  DepthwiseInputGrad: { row: 'channels' },
  DepthwiseWeightGrad: { row: 'outChannels', summed: 'dy' },
}

/** Place of an operand among those of an instruction, −1 when it has none of that name. */
const placeOf = (opcode: OpcodeName, label: string): number =>
  Object.keys(operandTable[opcode]).indexOf(label)

/** What a product can do to its result, by the opcode that it takes over. */
const activations: Partial<Record<OpcodeName, Activation>> = {
  Relu: Activation.Relu,
  Sigmoid: Activation.Sigmoid,
  Tanh: Activation.Tanh,
}
const gates: Partial<Record<OpcodeName, Activation>> = {
  ReluGrad: Activation.Relu,
  SigmoidGrad: Activation.Sigmoid,
  TanhGrad: Activation.Tanh,
}

/**
 * Lets a product add the bias and apply the activation that follow it, or on the way back the derivative
 * of the activation, where nobody else wants to see the numbers in between.
 */
function fuse(list: Instruction[], outputs: ReadonlySet<Buffer>): Instruction[] {
  const reads = new Map<Buffer, number>()
  const writers = new Map<Buffer, number>()
  for (const [index, instruction] of list.entries()) {
    for (const buffer of buffersOf(instruction, 'in', 'update'))
      reads.set(buffer, (reads.get(buffer) ?? 0) + 1)
    for (const buffer of buffersOf(instruction, 'out')) writers.set(buffer, index)
  }
  const made = new Map<Buffer, { instruction: Instruction; index: number }>()
  /** Products by the matrix whose columns they can sum. */
  const summing = new Map<Operand, number[]>()
  for (const [index, { opcode, operands }] of list.entries()) {
    const matrix = operands[placeOf(opcode, products[opcode]?.summed ?? '')]
    if (matrix === undefined || matrix === null) continue
    const others = summing.get(matrix)
    if (others) others.push(index)
    else summing.set(matrix, [index])
  }
  return list.filter((instruction, index) => {
    const { opcode, operands } = instruction
    const out = operands[0] as Buffer
    if (products[opcode]) made.set(out, { instruction, index })
    else if (opcode === 'Sum') {
      const others = summing.get(operands[1]!) ?? []
      const before = reads.has(out) ? others.filter((at) => at < index) : others
      if (
        sumsColumns(
          instruction,
          before.map((at) => list[at]!),
        )
      )
        return false
    } else if (opcode === 'AttentionGrad' && joinsAttention(instruction, list.slice(0, index))) return false
    // What it takes over must read the product, and other numbers that are there before the product is made.
    const taken = (source: Operand | undefined, other?: Operand) => {
      const product = made.get(source as Buffer)
      const free = product && reads.get(source as Buffer) === 1 && !outputs.has(source as Buffer)
      const there = other === undefined || (writers.get(other as Buffer) ?? -1) < (product?.index ?? -1)
      return free && there ? product : undefined
    }
    const [, first, second, columns, rows, aRow, aColumn, bRow, bColumn] = operands
    const gated = gates[opcode] !== undefined && rows === 0
    const product = gated ? taken(second, first) : opcode === 'Add' ? taken(first, second) : taken(first)
    if (!product) return true
    const { opcode: kind, operands: wanted } = product.instruction
    const [n, bias, activation, gate] = [products[kind]!.row, 'bias', 'activation', 'gate'].map((label) =>
      placeOf(kind, label),
    ) as [number, number, number, number]
    if (wanted[activation] !== Activation.None) return true
    if (gated && wanted[bias] === null) {
      wanted[activation] = gates[opcode]!
      wanted[gate] = first!
    } else if (opcode === 'Add' && wanted[bias] === null) {
      const row = columns === wanted[n] && aRow === columns && aColumn === 1 && bRow === 0 && bColumn === 1
      const single = wanted[n] === 1 && aColumn === 1 && bRow === 0 && bColumn === 0
      if (!row && !single) return true
      wanted[bias] = second!
    } else if (activations[opcode] !== undefined) wanted[activation] = activations[opcode]
    else return true
    wanted[0] = out
    product.instruction.nodes.push(...instruction.nodes)
    made.set(out, product)
    return false
  })
}

/** Lets an earlier gradient of the same attention write this one too: both need the same probabilities. */
function joinsAttention({ operands, nodes }: Instruction, before: readonly Instruction[]): boolean {
  const place = operands.findIndex((operand) => operand !== null)
  const scratch = placeOf('AttentionGrad', 'scratch')
  const other = before.find(
    ({ opcode, operands: given }) =>
      opcode === 'AttentionGrad' &&
      given[place] === null &&
      given.every((operand, at) => at < 3 || at === scratch || operand === operands[at]),
  )
  if (!other) return false
  other.operands[place] = operands[place]!
  other.nodes.push(...nodes)
  return true
}

/**
 * Lets one of `others`, products of which one side is this sum's matrix, also sum its columns: the gradients of a
 * layer's weights and of its bias in one instruction.
 */
function sumsColumns({ operands, nodes }: Instruction, others: readonly Instruction[]): boolean {
  const [out, , outer, , inner] = operands
  const product = others.find(({ opcode, operands }) => {
    const value = (label: string) => operands[placeOf(opcode, label)]
    return value(products[opcode]!.row) === inner && value('sums') === null
  })
  if (!product || outer !== 1) return false
  product.operands[placeOf(product.opcode, 'sums')] = out!
  product.nodes.push(...nodes)
  return true
}

/** Lets cross-entropies of softmaxes write their gradients too, which need the same exponentials. */
function fuseGradients(list: readonly Instruction[]): Instruction[] {
  const done: Instruction[] = []
  for (const instruction of list) if (!joinsLoss(instruction, done)) done.push(instruction)
  return done
}

/**
 * Makes one of the instructions before write this gradient, if it computes the losses of the same logits. What the
 * gradient is multiplied with is then made before them, so it must not depend on them.
 */
function joinsLoss({ opcode, operands, nodes }: Instruction, before: Instruction[]): boolean {
  const [losses, gradient, upstream] = ['losses', 'gradient', 'upstream'].map((label) =>
    placeOf(opcode, label),
  ) as [number, number, number]
  if (losses < 0 || operands[losses] !== null) return false
  const own = [losses, gradient, upstream]
  const place = before.findIndex(
    (other) =>
      other.opcode === opcode &&
      other.operands[gradient] === null &&
      other.operands.every((operand, at) => own.includes(at) || operand === operands[at]),
  )
  if (place < 0) return false
  const loss = before[place]!
  const wanted = new Set([operands[upstream] as Buffer])
  const needed: Instruction[] = []
  const others: Instruction[] = []
  for (const other of before.slice(place + 1).reverse()) {
    const isNeeded = buffersOf(other, 'out').some((buffer) => wanted.has(buffer))
    if (isNeeded) for (const buffer of buffersOf(other, 'in')) wanted.add(buffer)
    ;(isNeeded ? needed : others).push(other)
  }
  if (wanted.has(loss.operands[losses] as Buffer)) return false
  loss.operands[gradient] = operands[gradient]!
  loss.operands[upstream] = operands[upstream]!
  loss.nodes.push(...nodes)
  before.length = place
  for (const instruction of [...needed.reverse(), loss, ...others.reverse()]) before.push(instruction)
  return true
}

/**
 * Makes one instruction of the mean cross-entropy of sigmoids and its gradient, which need the same exponentials, if
 * that gradient is the loss's own: its upstream factor is one constant.
 */
function fuseLoss(list: Instruction[], outputs: ReadonlySet<Buffer>): Instruction[] {
  const written = new Set(list.flatMap((instruction) => buffersOf(instruction, 'out', 'update')))
  const readers = (buffer: Operand | undefined) =>
    list.filter((instruction) => buffersOf(instruction, 'in', 'update').includes(buffer as Buffer))
  const gone = new Set<Instruction>()
  const fused = list.map((instruction) => {
    const [losses, logits, labels, size, rows] = instruction.operands
    if (instruction.opcode !== 'SigmoidCrossEntropy' || rows !== 0 || outputs.has(losses as Buffer))
      return instruction
    const [mean, other] = readers(losses)
    const gradient = readers(logits).find(
      ({ opcode, operands: [, x, y, upstream, , ...moves] }) =>
        opcode === 'SigmoidCrossEntropyGrad' &&
        x === logits &&
        y === labels &&
        moves.join() === '1,1,0' &&
        !written.has(upstream as Buffer),
    )
    if (!gradient || other || mean?.opcode !== 'Mean' || mean.operands[3] !== size) return instruction
    gone.add(mean).add(gradient)
    const [dx, , , upstream] = gradient.operands
    return {
      opcode: 'SigmoidCrossEntropyMean' as const,
      operands: [mean.operands[0]!, losses!, dx!, logits!, labels!, upstream!, size!],
      nodes: [...instruction.nodes, ...mean.nodes, ...gradient.nodes],
    }
  })
  return fused.filter((instruction) => !gone.has(instruction))
}

/** What computes a function together with its derivative, and what that spares, by the opcode of the function. */
const slopes: Partial<Record<OpcodeName, { readonly both: OpcodeName; readonly gradient: OpcodeName }>> = {
  Gelu: { both: 'GeluSlope', gradient: 'GeluGrad' },
  GeluTanh: { both: 'GeluTanhSlope', gradient: 'GeluTanhGrad' },
}

/**
 * Where a function is walked through backwards later, it keeps its derivative instead of its input: both need the same
 * exponentials, and what is passed back is then one product.
 */
function fuseSlopes(list: readonly Instruction[]): Instruction[] {
  const kept = new Map<Operand, { gradient: OpcodeName; slope: Buffer }>()
  return list.map((instruction, index) => {
    const { opcode, operands, nodes } = instruction
    const { both, gradient } = slopes[opcode] ?? {}
    if (both && gradient) {
      const [out, x, size] = operands
      if (!list.some((other, at) => at > index && other.opcode === gradient && other.operands[1] === x))
        return instruction
      const slope: Buffer = { size: size as number }
      kept.set(x!, { gradient, slope })
      return { opcode: both, operands: [out!, slope, x!, size!], nodes }
    }
    const [out, x, dy, size] = operands
    const found = kept.get(x!)
    if (found?.gradient !== opcode) return instruction
    return { opcode: 'Mul', operands: [out!, found.slope, dy!, size!, 0, 0, 0, 0, 0], nodes }
  })
}

/** What an instruction can write its result over: it reads element i of these before it writes element i. */
const inPlace = (instruction: Instruction): Buffer[] =>
  (elementwise(instruction)?.moving ?? []).slice(1).map((index) => instruction.operands[index] as Buffer)

/**
 * Offsets, in bytes from the start of a shared area, for buffers that live only between the instructions that
 * write and read them; `bytes` is what the area needs. Buffers for which `fixed` is true are left out.
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

/** Bytes of a buffer: whole vectors, since kernels write them. */
export function paddedBytes(size: number): number {
  return Math.max(16, Math.ceil(size / 4) * 16)
}
