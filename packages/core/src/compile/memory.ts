// Kernel memory, with an error that says what it was for when there is none left.
import { type Block, getKernel } from '@bp/kernel'
import { MemoryError } from '../checks/errors.js'

/**
 * A block of memory; `what` says for what.
 * @throws MemoryError when there is not so much, before anything is written.
 */
export function allocate(
  bytes: number,
  what: () => string,
  take: (bytes: number) => Block = (bytes) => getKernel().allocate(bytes),
): Block {
  try {
    return take(bytes)
  } catch (error) {
    if (error instanceof RangeError) throw new MemoryError(`${what()}: ${error.message}`)
    throw error
  }
}
