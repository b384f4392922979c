// Prints programs, for people: which instructions there are, what they cost and which nodes they came from.
import { operandsOf } from '@bp/kernel'
import { checkFlag, checkOptions, optional } from '../checks/check-options.js'
import { blamingCaller, DtypeError } from '../checks/errors.js'
import { checkTensors, describeNode, type Tensor } from '../graph/tensor.js'
import { type Cost, costOf } from './cost.js'
import { type Buffer, type Instruction, isBuffer } from './instruction.js'
import { plan } from './plan.js'

/** What to print of a program. */
export interface DescribeOptions {
  /** Also the instructions as operations were lowered to them, and after each pass over them; default false. */
  readonly passes?: boolean
}

/** One instruction of a program. */
export interface ProgramLine {
  readonly instruction: string
  /** What it computes, of the graph as `simplify` leaves it; the variables that it updates. */
  readonly nodes: readonly Tensor[]
  /** Multiplications and additions of products; of everything else one for each number read or written. */
  readonly operations: number
  /** Bytes read and written, each array once. */
  readonly bytes: number
}

/** Instructions as data. */
export function linesOf(instructions: readonly Instruction[]): ProgramLine[] {
  return instructions.map((instruction) => ({
    instruction: instruction.opcode,
    nodes: [...instruction.nodes, ...(instruction.body ?? []).flatMap(({ nodes }) => nodes)],
    ...costOf(instruction),
  }))
}

/**
 * The program that computes tensors at once, as a table: each instruction with its operations, bytes, operands and the
 * nodes that it computes.
 * @throws DtypeError for f64 tensors, which no program computes.
 */
export function describe(tensors: readonly Tensor[], options?: DescribeOptions): string {
  return blamingCaller(describe, () => {
    checkTensors('describe', 'tensors', tensors)
    return describePlan('describe', tensors, options)
  })
}

/** The same for whoever has checked the tensors; `own` is the program where it is more than their plan. */
export function describePlan(
  caller: string,
  tensors: readonly Tensor[],
  options?: DescribeOptions,
  own?: readonly Instruction[],
): string {
  const { passes } = checkOptions(caller, options, { passes: optional(checkFlag, false) })
  const double = tensors.find(({ dtype }) => dtype === 'f64')
  if (double)
    throw new DtypeError(
      `${caller}: ${describeNode(double)} is f64, which is computed in plain TypeScript without a program; make its variables and inputs f32`,
    )
  const program = (list: readonly Instruction[]) => describeInstructions(list, bufferNames())
  if (!passes) return program(own ?? plan(tensors).instructions)
  const name = bufferNames()
  const stages: string[] = []
  let before = ''
  const { instructions } = plan(tensors, undefined, (stage, list) => {
    const text = describeInstructions(list, name)
    stages.push(text === before ? `${stage}: no change` : `${stage}:\n${text}`)
    before = text
  })
  return [...stages, `program:\n${program(own ?? instructions)}`].join('\n\n')
}

/** Buffers are numbered in the order in which they are met. */
function bufferNames(): (buffer: Buffer) => string {
  const numbers = new Map<Buffer, number>()
  return (buffer) => {
    if (!numbers.has(buffer)) numbers.set(buffer, numbers.size)
    return `b${numbers.get(buffer)}[${buffer.size}]`
  }
}

/** One line an instruction; what `Blocks` runs is indented below it. The last line adds up. */
function describeInstructions(
  instructions: readonly Instruction[],
  name: (buffer: Buffer) => string,
): string {
  const line = (instruction: Instruction, indent: string): string => {
    const { opcode, operands, nodes } = instruction
    const text = operandsOf(opcode).flatMap((given) => {
      const operand = operands[given.name]
      if (operand === undefined) return []
      return `${given.name}=${isBuffer(operand) ? name(operand) : operand}`
    })
    const from = nodes.map((node) => node.name || node.op?.name).join(', ')
    return `${`${indent}${opcode}`.padEnd(26)}${columns(costOf(instruction))}  ${text.join(' ')}${from ? `   ← ${from}` : ''}`
  }
  const total = instructions.map(costOf).reduce(
    (sum, cost) => ({
      operations: sum.operations + cost.operations,
      bytes: sum.bytes + cost.bytes,
    }),
    { operations: 0, bytes: 0 },
  )
  return [
    `${'instruction'.padEnd(26)}${'operations'.padStart(14)}${'bytes'.padStart(14)}`,
    ...instructions.flatMap((instruction) => [
      line(instruction, ''),
      ...(instruction.body ?? []).map((inner) => line(inner, '  ')),
    ]),
    `${`${instructions.length} instructions`.padEnd(26)}${columns(total)}`,
  ].join('\n')
}

function columns({ operations, bytes }: Cost): string {
  return `${String(operations).padStart(14)}${String(bytes).padStart(14)}`
}
