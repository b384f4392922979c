// Checksums that files hold: CRCs of 32 bits, of bytes taken from their lowest bit.

/** `polynomial` has its bits in reverse. */
function crcOf(polynomial: number): (bytes: Uint8Array) => number {
  const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? polynomial : 0)
    return remainder
  })
  return (bytes) => {
    let crc = ~0
    for (const byte of bytes) crc = (crc >>> 8) ^ remainders[(crc ^ byte) & 0xff]!
    return ~crc >>> 0
  }
}

/** That of zip archives (ISO 3309), an unsigned number of 32 bits. */
export const crc32 = crcOf(0xedb88320)

/** That of TensorFlow's records, CRC-32C (Castagnoli), as in RFC 3720. */
export const crc32c = crcOf(0x82f63b78)
