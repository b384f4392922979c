// Files of 16 MiB that repeat one piece, for parsers that must not take more memory than their budget.
const encoder = new TextEncoder()

export const size = 2 ** 24

/** A beginning, then a piece repeated up to 16 MiB, then an end. */
export function filled(beginning: string, piece: string, end = ''): Uint8Array {
  const [head, body, tail] = [beginning, piece, end].map((text) => encoder.encode(text)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ]
  const times = Math.floor((size - head.length - tail.length) / body.length)
  const file = Buffer.alloc(head.length + times * body.length + tail.length, body)
  // The first fill starts at the first byte, but the piece must start after the head.
  file.fill(body, head.length)
  file.set(head)
  file.set(tail, head.length + times * body.length)
  return file
}
