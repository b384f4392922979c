// The compiled kernel as bytes. In bundles the build puts the parts in its place that a program can reach (parts.ts).
import { binary } from './binary.js'

export { pages } from './binary.js'

/** The bytes of a binary that is inlined as text. */
export function decode(text: string): Uint8Array<ArrayBuffer> {
  // Node reads hexadecimal by itself; done here that takes 5 ms of a cold start.
  const { Buffer } = globalThis as {
    Buffer?: { from(text: string, encoding: 'hex'): Uint8Array<ArrayBuffer> }
  }
  if (Buffer) return Buffer.from(text, 'hex')
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = (nibble(text.charCodeAt(2 * i)) << 4) | nibble(text.charCodeAt(2 * i + 1))
  return bytes
}

/** The number of a hexadecimal digit, 0 to 9 or a to f, by its character. Cold, it is twice as fast as `parseInt`. */
function nibble(character: number): number {
  return (character & 15) + 9 * (character >> 6)
}

/** What a program can reach, for one thread. */
export const kernelBytes = (): Uint8Array<ArrayBuffer> => decode(binary)

/** All of it, for what can reach more later. */
export const wholeBytes = async (): Promise<Uint8Array<ArrayBuffer>> => decode(binary)

/** Whether a program can now reach more than when it was last asked for `kernelBytes`. */
export const hasGrown = (): boolean => false

/** Whether `kernelBytes` have an instruction. */
export const isReached = (_opcode: string): boolean => true
