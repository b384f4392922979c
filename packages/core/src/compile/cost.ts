// What an instruction costs: operations, and bytes that it reads and writes.
import { instructions as operandTable } from '@bp/kernel'
import { sizeOf } from '../graph/shape.js'
import type { Buffer } from './lowering.js'
import { buffersOf, type Instruction } from './plan.js'

export interface Cost {
  /** Multiplications and additions of products; of everything else one for each number read or written. */
  readonly operations: number
  /** Bytes read and written, each array once. */
  readonly bytes: number
}

/** Counts whose product is that of a product's multiplications: of matrices, of which there may be many, and of a convolution. */
const products = [
  ['products', 'm', 'n', 'k'],
  ['m', 'n', 'k'],
  ['images', 'outHeight', 'outWidth', 'outChannels', 'runs', 'length'],
]

export function costOf(instruction: Instruction): Cost {
  const { opcode, operands, body } = instruction
  const labels = Object.keys(operandTable[opcode])
  const arrays = new Set(buffersOf(instruction, 'in', 'out', 'update'))
  // Of these only as much is touched as is written.
  for (const label of ['table', 'order', 'history']) {
    const array = operands[labels.indexOf(label)]
    if (array && arrays.delete(array as Buffer)) arrays.add({ size: (operands[0] as Buffer).size })
  }
  const sizes = [...arrays].map(({ size }) => size)
  const bytes = sizes.reduce((total, size) => total + 4 * size, 0)
  if (body) return { operations: body.reduce((total, inner) => total + costOf(inner).operations, 0), bytes }
  const value = (label: string) => operands[labels.indexOf(label)] as number
  if (opcode === 'Copy') {
    // Of both arrays it may touch a part.
    const sizes = labels.indexOf('layout')
    const moved = sizeOf(operands.slice(sizes, sizes + value('rank')) as number[])
    return { operations: moved, bytes: 8 * moved }
  }
  const product = products.find((counts) => counts.every((label) => labels.includes(label)))
  return {
    operations: product ? product.reduce((total, label) => total * value(label), 2) : Math.max(0, ...sizes),
    bytes,
  }
}
