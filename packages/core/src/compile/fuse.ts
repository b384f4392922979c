// Passes over a plan, in the order in which they run: each takes the instructions and gives fewer, or better ones.
//
// A pass may change instructions it was given. Kept buffers are read from outside, so their numbers must be made.
import { Activation, operandsOf } from '@bp/kernel'
import { chainBlocks } from './blocks.js'
import {
  type Buffer,
  buffersOf,
  type Instruction,
  instruction,
  type OpcodeName,
  type Operand,
  type Operands,
} from './instruction.js'

type Pass = (list: readonly Instruction[], kept: ReadonlySet<Buffer>) => Instruction[]

/** What a matrix product or a convolution has, that can take over its neighbours. */
interface Product<Name extends OpcodeName> {
  /** The operand that says how many numbers are in a row of the result. */
  readonly row: keyof Operands<Name>
  /** The operand whose columns it can sum beside. */
  readonly summed?: keyof Operands<Name>
}

const products: { readonly [Name in OpcodeName]?: Product<Name> } = {
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
 * Lets a product add the bias and apply the activation that follow it, or on the way back the derivative of the
 * activation, where nobody else reads the numbers in between: they are finished while they are in registers. The product
 * stays where it is, so what it takes over must read only what is there by then.
 */
const fuseProducts: Pass = (list, kept) => {
  const reads = new Map<Operand, number>()
  const writers = new Map<Operand, number>()
  for (const [index, instruction] of list.entries()) {
    for (const buffer of buffersOf(instruction, 'in', 'update'))
      reads.set(buffer, (reads.get(buffer) ?? 0) + 1)
    for (const buffer of buffersOf(instruction, 'out')) writers.set(buffer, index)
  }
  const made = new Map<Operand, { product: Instruction; index: number }>()
  return list.filter((instruction, index) => {
    const { opcode, operands } = instruction
    if (products[opcode]) made.set(operands.out, { product: instruction, index })
    const gate = operands.rows === undefined ? gates[opcode] : undefined
    const activation = activations[opcode]
    // The product is read through one operand; the other must be there before the product is made.
    const [source, other] =
      gate !== undefined
        ? [operands.b, operands.a]
        : opcode === 'Add'
          ? [operands.a, operands.b]
          : [activation !== undefined ? operands.x : undefined]
    const found = made.get(source)
    if (!found || reads.get(source) !== 1 || kept.has(source as Buffer)) return true
    if (other !== undefined && (writers.get(other) ?? -1) >= found.index) return true
    const { product } = found
    const wanted = product.operands
    // The products of a backward pass that give a weight's gradient can take over nothing: they have no such operands.
    const takesOver = operandsOf(product.opcode).some(({ name }) => name === 'bias')
    if (!takesOver || wanted.activation !== undefined) return true
    if (gate !== undefined) {
      if (wanted.bias !== undefined) return true
      wanted.activation = gate
      wanted.gate = other
    } else if (opcode === 'Add') {
      if (wanted.bias !== undefined || !repeatsRow(operands, wanted[products[product.opcode]!.row]))
        return true
      wanted.bias = other
    } else wanted.activation = activation
    wanted.out = operands.out
    product.nodes.push(...instruction.nodes)
    made.set(operands.out, found)
    return false
  })
}

/** Whether an `Add` adds one row of `n` numbers to each row. */
function repeatsRow({ columns, aRow, aColumn, bRow, bColumn }: Instruction['operands'], n: Operand): boolean {
  const row = columns === n && aRow === columns && aColumn === 1 && bRow === 0 && bColumn === 1
  const single = n === 1 && aColumn === 1 && bRow === 0 && bColumn === 0
  return row || single
}

/**
 * Lets a product also sum the columns of one of its matrices: the gradients of a layer's weights and of its bias in one
 * instruction, which reads that matrix once. The sum moves to the product, so it must not be read before.
 */
const fuseColumnSums: Pass = (list) => {
  const read = new Set(list.flatMap((instruction) => buffersOf(instruction, 'in', 'update')))
  const summing = new Map<Operand, number[]>()
  for (const [index, { opcode, operands }] of list.entries()) {
    const matrix = operands[products[opcode]?.summed ?? '']
    if (matrix !== undefined) summing.set(matrix, [...(summing.get(matrix) ?? []), index])
  }
  return list.filter(({ opcode, operands: { x, out, outer, inner }, nodes }, index) => {
    if (opcode !== 'Sum' || outer !== 1) return true
    const product = summing
      .get(x)
      ?.filter((at) => at < index || !read.has(out as Buffer))
      .map((at) => list[at]!)
      .find(
        ({ opcode, operands }) => operands[products[opcode]!.row] === inner && operands.sums === undefined,
      )
    if (!product) return true
    product.operands.sums = out
    product.nodes.push(...nodes)
    return false
  })
}

/** Whether two instructions have the same operands but for those with these names. */
const sameBut = (a: Instruction, b: Instruction, ...names: string[]): boolean =>
  a.opcode === b.opcode &&
  [...new Set([...Object.keys(a.operands), ...Object.keys(b.operands)])].every(
    (name) => names.includes(name) || a.operands[name] === b.operands[name],
  )

/** Lets the gradients of one attention, to q, k and v, be written together: they need the same probabilities. */
const fuseAttention: Pass = (list) => {
  const grads: Instruction[] = []
  return list.filter((instruction) => {
    if (instruction.opcode !== 'AttentionGrad') return true
    const name = ['dq', 'dk', 'dv'].find((name) => instruction.operands[name] !== undefined)!
    const other = grads.find(
      (grad) => grad.operands[name] === undefined && sameBut(grad, instruction, 'dq', 'dk', 'dv', 'scratch'),
    )
    if (!other) {
      grads.push(instruction)
      return true
    }
    other.operands[name] = instruction.operands[name]
    other.nodes.push(...instruction.nodes)
    return false
  })
}

/**
 * Lets a cross-entropy of softmaxes write its gradient too, which needs the same exponentials. What the gradient is
 * multiplied with is then made before the losses, so it must not depend on them.
 */
const fuseLossGradients: Pass = (list) => {
  const done: Instruction[] = []
  for (const instruction of list) if (!joinsLoss(instruction, done)) done.push(instruction)
  return done
}

function joinsLoss(instruction: Instruction, before: Instruction[]): boolean {
  const { gradient, upstream, losses } = instruction.operands
  if (!upstream || losses) return false
  const place = before.findIndex(
    (other) => !other.operands.gradient && sameBut(other, instruction, 'losses', 'gradient', 'upstream'),
  )
  if (place < 0) return false
  const loss = before[place]!
  const wanted = new Set<Operand>([upstream])
  const needed: Instruction[] = []
  const others: Instruction[] = []
  for (const other of before.slice(place + 1).reverse()) {
    const isNeeded = buffersOf(other, 'out').some((buffer) => wanted.has(buffer))
    if (isNeeded) for (const buffer of buffersOf(other, 'in')) wanted.add(buffer)
    ;(isNeeded ? needed : others).push(other)
  }
  if (wanted.has(loss.operands.losses)) return false
  Object.assign(loss.operands, { gradient, upstream })
  loss.nodes.push(...instruction.nodes)
  before.splice(place, before.length, ...needed.reverse(), loss, ...others.reverse())
  return true
}

/**
 * Makes one instruction of the mean cross-entropy of sigmoids and its gradient, which need the same exponentials, if
 * that gradient is the loss's own: its upstream factor is one constant.
 */
const fuseMeanLoss: Pass = (list, kept) => {
  const written = new Set<Operand>(list.flatMap((instruction) => buffersOf(instruction, 'out', 'update')))
  const readers = (buffer: Operand) =>
    list.filter((instruction) => buffersOf(instruction, 'in', 'update').includes(buffer as Buffer))
  const gone = new Set<Instruction>()
  const fused = list.map((loss) => {
    const { columns: size, rows } = loss.operands as { columns: number; rows?: number }
    const { out: losses, a: logits, b: labels } = loss.operands as Record<string, Buffer>
    if (loss.opcode !== 'SigmoidCrossEntropy' || rows !== undefined || kept.has(losses!)) return loss
    const [mean, other] = readers(losses)
    const gradient = readers(logits).find(
      ({ opcode, operands: { a, b, c, aMoves, bMoves, cMoves } }) =>
        opcode === 'SigmoidCrossEntropyGrad' &&
        a === logits &&
        b === labels &&
        aMoves === 1 &&
        bMoves === 1 &&
        cMoves === 0 &&
        !written.has(c),
    )
    if (!gradient || other || mean?.opcode !== 'Mean' || mean.operands.length !== size) return loss
    gone.add(mean).add(gradient)
    return instruction(
      'SigmoidCrossEntropyMean',
      {
        mean: mean.operands.out as Buffer,
        losses: losses!,
        gradient: gradient.operands.out as Buffer,
        logits: logits!,
        labels: labels!,
        upstream: gradient.operands.c as Buffer,
        size,
      },
      [...loss.nodes, ...mean.nodes, ...gradient.nodes],
    )
  })
  return fused.filter((instruction) => !gone.has(instruction))
}

/**
 * Where a function is walked through backwards later, it keeps its derivative instead of its input: both need the same
 * exponentials, and what is passed back is then one product. It costs an array that lives until then.
 */
const keepDerivatives: Pass = (list) => {
  const saved = new Map<Operand, { gradient: OpcodeName; derivative: Buffer }>()
  return list.map((given, index) => {
    const { opcode, nodes } = given
    const { out, x, dy, size } = given.operands as { out: Buffer; x: Buffer; dy: Buffer; size: number }
    if (opcode === 'Gelu' || opcode === 'GeluTanh') {
      const gradient = `${opcode}Grad` as const
      if (!list.some((other, at) => at > index && other.opcode === gradient && other.operands.x === x))
        return given
      const derivative: Buffer = { size }
      saved.set(x, { gradient, derivative })
      return instruction(`${opcode}WithDerivative` as const, { out, derivative, x, size }, nodes)
    }
    const found = saved.get(x)
    if (found?.gradient !== opcode) return given
    return instruction('Mul', { out, a: found.derivative, b: dy, columns: size }, nodes)
  })
}

/** In order: what is fused first is not seen by those behind it, and chains are made of what is left. */
export const passes: readonly Pass[] = [
  fuseProducts,
  fuseColumnSums,
  fuseAttention,
  fuseLossGradients,
  fuseMeanLoss,
  keepDerivatives,
  chainBlocks,
]
