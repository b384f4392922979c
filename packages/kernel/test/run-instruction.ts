// Runs one instruction by itself.
import { encode, getKernel, type OpcodeName, type OperandsOf, operandsOf } from '../src/index.js'

/** Arrays stand for their addresses. Returns the first array among the operands as it was left. */
export function runInstruction<Name extends OpcodeName>(
  opcode: Name,
  operands: OperandsOf<Name, Float32Array>,
): Float32Array {
  const kernel = getKernel()
  const values = operands as Readonly<Record<string, Float32Array | number | readonly number[] | undefined>>
  const arrays = operandsOf(opcode).flatMap(({ name }) => {
    const array = values[name]
    if (!(array instanceof Float32Array)) return []
    const block = kernel.allocate(array.byteLength)
    block.floats(0, array.length).set(array)
    return [{ name, block, length: array.length }]
  })
  const addresses = Object.fromEntries(arrays.map(({ name, block }) => [name, block.address]))
  const code = [
    ...encode(opcode, { ...(values as Record<string, number>), ...addresses }),
    ...encode('End', {}),
  ]
  const program = kernel.allocate(4 * code.length)
  program.words(0, code.length).set(code)
  kernel.run(program.address, 1)
  const [first] = arrays
  return first!.block.floats(0, first!.length).slice()
}
