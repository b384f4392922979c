// The entry to the WebAssembly kernel: starts it, allocates its memory, and encodes what it runs.
import { isReached } from './bytes.js'
import { copyBytes } from './instance.js'
import { type OpcodeName, wordsOf } from './instructions.js'
import { isPartial } from './running.js'

export { Activation } from './activation.js'
export { type OpcodeName, type Operand, type OperandsOf, operandsOf } from './instructions.js'
export type { Block } from './memory.js'
export { getKernel, type Kernel, useModule } from './running.js'
export { setThreads, ThreadStartError, useRelaxedSimd } from './threading.js'

/** Most words of an instruction that can run in parallel. */
export const longestCopied = copyBytes / 4 - 1

/** The words of an instruction. */
export function encode(opcode: OpcodeName, operands: Parameters<typeof wordsOf>[1]): number[] {
  if (isPartial() && !isReached(opcode))
    throw new Error(`the kernel in this bundle lacks ${opcode}; build @bp/core again with npm run build`)
  return wordsOf(opcode, operands)
}
