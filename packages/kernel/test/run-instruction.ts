// Runs one instruction on arrays, for tests of single kernels.
import { encode, getKernel, instructions, type Opcode } from '../src/index.js'

type Value = number | Float32Array | readonly number[] | null

/** Operands in order: arrays for addresses, numbers for counts. Returns the first array as it was left. */
export function runInstruction(opcode: keyof typeof Opcode, ...operands: Value[]): Float32Array {
  const kernel = getKernel()
  const blocks = operands.map((operand) => {
    if (!(operand instanceof Float32Array)) return null
    const block = kernel.allocate(operand.byteLength)
    block.floats(0, operand.length).set(operand)
    return block
  })
  const words = operands.flatMap((operand, index) => blocks[index]?.address ?? operand ?? 0) as number[]
  const code = [...encode(opcode, words), ...encode('End', [])]
  const program = kernel.allocate(4 * code.length)
  program.words(0, code.length).set(code)
  if (Object.keys(instructions[opcode]).length > operands.length)
    throw new Error(`${opcode} wants ${Object.keys(instructions[opcode]).join(', ')}`)
  kernel.run(program.address, 1)
  return blocks[0]!.floats(0, (operands[0] as Float32Array).length).slice()
}
