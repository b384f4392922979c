// The checksum of TensorFlow's records: CRC-32C (Castagnoli), as in RFC 3720.

/** 0x1edc6f41 with its bits in reverse, as bytes are taken from their lowest bit. */
const polynomial = 0x82f63b78

const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? polynomial : 0)
  return remainder
})

/** The CRC-32C of the bytes, an unsigned number of 32 bits. */
export function crc32c(bytes: Uint8Array): number {
  let crc = ~0
  for (const byte of bytes) crc = (crc >>> 8) ^ remainders[(crc ^ byte) & 0xff]!
  return ~crc >>> 0
}
