// Checksums stored in files: 32-bit CRCs, least significant bit first.

/** `polynomial` is bit-reversed. */
function crcOf(polynomial: number): (bytes: Uint8Array) => number {
  /** The remainder of each byte, then of each byte followed by one to seven zero bytes. */
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
    // Slicing by eight takes a fifth of the time (Kounavis and Berry 2005).
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

/** The CRC of zip archives (ISO 3309), an unsigned 32-bit integer. */
export const crc32 = crcOf(0xedb88320)

/** The CRC of TFRecords, CRC-32C (Castagnoli), as in RFC 3720. */
export const crc32c = crcOf(0x82f63b78)
