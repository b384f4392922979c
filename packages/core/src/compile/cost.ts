// What an instruction costs: operations, and bytes that it reads and writes.
import { sizeOf } from '../graph/shape.js'
import { type Buffer, buffersOf, type Instruction } from './instruction.js'

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
  const arrays = new Set(buffersOf(instruction, 'in', 'out', 'update'))
  // Of these only as much is touched as is written.
  for (const name of ['table', 'order', 'history']) {
    const array = operands[name] as Buffer | undefined
    if (array && arrays.delete(array)) arrays.add({ size: ((operands.out ?? operands.value) as Buffer).size })
  }
  const sizes = [...arrays].map(({ size }) => size)
  const bytes = sizes.reduce((total, size) => total + 4 * size, 0)
  if (body) return { operations: body.reduce((total, inner) => total + costOf(inner).operations, 0), bytes }
  if (opcode === 'Copy') {
    // Of both arrays it may touch a part.
    const moved = sizeOf((operands.layout as number[]).slice(0, operands.rank as number))
    return { operations: moved, bytes: 8 * moved }
  }
  const product = products.find((counts) => counts.every((name) => operands[name] !== undefined))
  return {
    operations: product
      ? product.reduce((total, name) => total * (operands[name] as number), 2)
      : Math.max(0, ...sizes),
    bytes,
  }
}
