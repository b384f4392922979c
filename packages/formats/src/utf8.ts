// Decoding of UTF-8 text in files.

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The text between two offsets; invalid UTF-8 becomes U+FFFD. */
export function decode(bytes: Uint8Array, begin = 0, end = bytes.length): string {
  // Most text is short, and calling the decoder takes longer than decoding. Longer strings built by concatenation are
  // kept as ropes.
  if (end - begin > 12) return decoder.decode(bytes.subarray(begin, end))
  let text = ''
  for (let at = begin; at < end; at++) {
    const byte = bytes[at]!
    if (byte > 127) return decoder.decode(bytes.subarray(begin, end))
    text += String.fromCharCode(byte)
  }
  return text
}

const pieceBytes = 2 ** 16

/** Pieces of a text, cut between characters, each with its offset, for checks that keep nothing. */
export function* piecesOf(bytes: Uint8Array): Generator<readonly [begin: number, piece: Uint8Array]> {
  for (let begin = 0, end = 0; begin < bytes.length; begin = end) {
    end = Math.min(begin + pieceBytes, bytes.length)
    // Back to the start of a character, which has at most four bytes.
    for (let back = 0; back < 3 && end < bytes.length && (bytes[end]! & 0xc0) === 0x80; back++) end--
    yield [begin, bytes.subarray(begin, end)]
  }
}
