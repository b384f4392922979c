// Text in UTF-8, as it stands in files.

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The text between two places; what is no UTF-8 becomes U+FFFD. */
export function decode(bytes: Uint8Array, begin = 0, end = bytes.length): string {
  // Most text is short, and the decoder takes longer to be called than to decode. What is put together of more
  // characters is kept as pieces.
  if (end - begin > 12) return decoder.decode(bytes.subarray(begin, end))
  let text = ''
  for (let at = begin; at < end; at++) {
    const byte = bytes[at]!
    if (byte > 127) return decoder.decode(bytes.subarray(begin, end))
    text += String.fromCharCode(byte)
  }
  return text
}

/** Bytes of a piece. */
const most = 2 ** 16

/** Pieces of text that is checked and not kept, cut between characters, each with the place where it begins. */
export function* piecesOf(bytes: Uint8Array): Generator<readonly [begin: number, piece: Uint8Array]> {
  for (let begin = 0, end = 0; begin < bytes.length; begin = end) {
    end = Math.min(begin + most, bytes.length)
    // Back to where a character begins; none has more than four bytes.
    for (let back = 0; back < 3 && end < bytes.length && (bytes[end]! & 0xc0) === 0x80; back++) end--
    yield [begin, bytes.subarray(begin, end)]
  }
}
