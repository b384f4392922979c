// Arrays as source text: small ones readable, large ones as base64.
import { literal } from './loops.js'

/** Up to this many are written in decimal, at some ten characters each; base64 takes five and a half. */
const maxReadable = 256
const lineLength = 100

/** The base64 alphabet. */
const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** The decoder included in modules that contain base64. */
export const decode = `/** Numbers from base64: little-endian float32, or float64. */
function decode(text, Numbers) {
  const digits = '${digits}'
  const values = new Map(Array.from(digits, (digit, value) => [digit, value]))
  const bytes = new DataView(new ArrayBuffer(text.length))
  let length = 0
  let held = 0
  let bits = 0
  for (const digit of text) {
    if (!values.has(digit)) continue
    held = ((held << 6) | values.get(digit)) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes.setUint8(length++, held >> bits)
  }
  const size = Numbers.BYTES_PER_ELEMENT
  return Numbers.from({ length: length / size }, (_, index) =>
    size === 4 ? bytes.getFloat32(4 * index, true) : bytes.getFloat64(8 * index, true),
  )
}`

/** An expression for an array with exactly these values, in rows of `columns`. */
export function arrayText(values: Float32Array | Float64Array, columns: number): string {
  const single =
    values instanceof Float32Array || values.every((value) => Object.is(Math.fround(value), value))
  const type = single ? 'Float32Array' : 'Float64Array'
  if (values.length > maxReadable) {
    const lines = base64(single ? Float32Array.from(values) : values).match(/.{1,120}/g)!
    return `decode(\`\n${lines.join('\n')}\n\`, ${type})`
  }
  const numbers = Array.from(values, single ? shortest : (value) => literal(value).text)
  const line = numbers.join(', ')
  if (line.length <= lineLength / 2) return `new ${type}([${line}])`
  // One row per line, if it fits.
  const fits = columns * Math.max(...numbers.map(({ length }) => length + 2)) < lineLength
  const lines: string[] = []
  for (const [index, number] of numbers.entries()) {
    const last = lines.at(-1)
    const full = fits ? index % columns === 0 : last && last.length + number.length + 3 > lineLength
    if (last === undefined || full) lines.push(`  ${number},`)
    else lines[lines.length - 1] = `${last} ${number},`
  }
  return `new ${type}([\n${lines.join('\n')}\n])`
}

/** The shortest decimal that rounds to this float32 value. */
function shortest(value: number): string {
  let short = value
  for (let digits = 9; digits > 0 && value !== 0; digits--) {
    const shorter = Number(value.toPrecision(digits))
    if (Math.fround(shorter) !== value) break
    short = shorter
  }
  return literal(short).text
}

function base64(values: Float32Array | Float64Array): string {
  // Typed arrays are little-endian wherever WebAssembly runs.
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const three = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    const left = Math.min(3, bytes.length - at) + 1
    for (let place = 0; place < left; place++) text += digits[(three >> (18 - 6 * place)) & 63]
  }
  return text
}
