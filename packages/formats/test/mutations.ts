// Damaged files: what a parser of bytes must refuse with its own error, or read as what they say.
import { random } from '@bp/core'

/** Up to three bytes changed, put in or taken out, and now and then the end cut off; a seed for each. */
export function mutated(file: Uint8Array, seed: number): Uint8Array {
  const source = random(seed)
  let bytes = Uint8Array.from(file)
  const changes = 1 + source.integer(0, 3)
  for (let change = 0; change < changes; change++) {
    const draw = (index: number, below: number) => source.stream(change).integer(index, below)
    const at = draw(0, bytes.length)
    const kind = draw(1, 4)
    if (kind < 2) bytes[at] = draw(2, 256)
    else {
      const between = kind === 2 ? [draw(2, 256)] : []
      bytes = Uint8Array.of(...bytes.subarray(0, at), ...between, ...bytes.subarray(at + 3 - kind))
    }
  }
  return source.integer(1, 8) === 0 ? bytes.subarray(0, source.integer(2, bytes.length)) : bytes
}
