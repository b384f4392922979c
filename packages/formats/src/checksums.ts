// Checksums that files hold: CRCs of 32 bits, of bytes taken from their lowest bit.

/** `polynomial` has its bits in reverse. */
function crcOf(polynomial: number): (bytes: Uint8Array) => number {
  /** What each byte leaves, and behind that what it leaves with one more byte behind it, up to seven. */
  const remainders = new Uint32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? polynomial : 0)
    remainders[byte] = remainder
  }
  for (let at = 256; at < remainders.length; at++) {
    const before = remainders[at - 256]!
    remainders[at] = (before >>> 8) ^ remainders[before & 0xff]!
  }
  return (bytes) => {
    let crc = ~0
    let at = 0
    // Eight bytes at once, which takes a fifth of the time (Kounavis and Berry 2005).
    for (const end = bytes.length - 7; at < end; at += 8) {
      crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
      crc =
        remainders[0x700 | (crc & 0xff)]! ^
        remainders[0x600 | ((crc >>> 8) & 0xff)]! ^
        remainders[0x500 | ((crc >>> 16) & 0xff)]! ^
        remainders[0x400 | (crc >>> 24)]! ^
        remainders[0x300 | bytes[at + 4]!]! ^
        remainders[0x200 | bytes[at + 5]!]! ^
        remainders[0x100 | bytes[at + 6]!]! ^
        remainders[bytes[at + 7]!]!
    }
    for (; at < bytes.length; at++) crc = (crc >>> 8) ^ remainders[(crc ^ bytes[at]!) & 0xff]!
    return ~crc >>> 0
  }
}

/** That of zip archives (ISO 3309), an unsigned number of 32 bits. */
export const crc32 = crcOf(0xedb88320)

/** That of TensorFlow's records, CRC-32C (Castagnoli), as in RFC 3720. */
export const crc32c = crcOf(0x82f63b78)
