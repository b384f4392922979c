// The compiled kernel in parts, for bundles: of the functions that WebAssembly runs, a bundle has those that the instructions it
// can emit need, and the others stop the program. Same functions, same bits.

/** A function: its index among those of the module, and its code as text. */
export type Code = readonly [index: number, text: string]

/** The module around its functions, as text. */
export interface Skeleton {
  /** Up to the functions, without the size of their section. */
  readonly before: string
  readonly after: string
  /** How many functions there are. */
  readonly count: number
  /** Those that every program needs. */
  readonly always: readonly Code[]
  /** Instructions that need others. */
  readonly partial: readonly string[]
}

const reached = new Map<number, string>()
const instructions = new Set<string>()
let grown = false

/** Adds the functions of an instruction; returns its name. A bundler leaves the call out where nothing emits the instruction. */
export function part<Name extends string>(name: Name, ...functions: readonly Code[]): Name {
  for (const [index, text] of functions) reached.set(index, text)
  instructions.add(name)
  grown = true
  return name
}

/** Whether there are more parts than when the module was last assembled. */
export const hasGrown = (): boolean => grown

/** Whether an instruction has its functions. */
export const hasParts = ({ partial }: Skeleton, name: string): boolean =>
  instructions.has(name) || !partial.includes(name)

/** The binary of a module with the functions that were added. */
export function assemble(
  { before, after, count, always }: Skeleton,
  decode: (text: string) => Uint8Array,
): Uint8Array<ArrayBuffer> {
  grown = false
  const texts = new Map([...reached, ...always])
  const functions = Array.from({ length: count }, (_, index) => {
    const text = texts.get(index)
    return text === undefined ? missing : decode(text)
  })
  const sized = functions.flatMap((code) => [size(code.length), code])
  const head = size(count)
  const length = [head, ...sized].reduce((total, { length }) => total + length, 0)
  const pieces = [decode(before), size(length), head, ...sized, decode(after)]
  const bytes = new Uint8Array(pieces.reduce((total, { length }) => total + length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/** No local variables; `unreachable`; the end. */
const missing = Uint8Array.of(0, 0x00, 0x0b)

/** A number of seven bits a byte, the lowest first. */
function size(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return Uint8Array.of(...bytes, rest)
    bytes.push((rest & 127) | 128)
  }
}

/** Printable characters that a string in quotes needs no escape for. */
const characters = Array.from({ length: 95 }, (_, code) => String.fromCharCode(32 + code)).filter(
  (character) => !'"\'`\\'.includes(character),
)
/** Bytes that are one character; the others are two. */
const singles = 89

/**
 * Bytes as printable text and back: the most frequent are one character, so that gzip finds what repeats as well as in the bytes.
 * `order`: all bytes, the most frequent first, in hexadecimal.
 */
export function textCode(order: string): {
  encode(bytes: Uint8Array): string
  decode(text: string): Uint8Array<ArrayBuffer>
} {
  const rank = new Uint8Array(256)
  const bytes = Uint8Array.from({ length: 256 }, (_, at) =>
    Number.parseInt(order.slice(2 * at, 2 * at + 2), 16),
  )
  for (const [at, byte] of bytes.entries()) rank[byte] = at
  const places = new Uint8Array(128)
  for (const [at, character] of characters.entries()) places[character.charCodeAt(0)] = at
  return {
    encode: (given) =>
      Array.from(given, (byte) => {
        const at = rank[byte]!
        const rest = at - singles
        return at < singles
          ? characters[at]
          : characters[singles + Math.floor(rest / characters.length)]! + characters[rest % characters.length]
      }).join(''),
    decode(text) {
      const out = new Uint8Array(text.length)
      let length = 0
      for (let at = 0; at < text.length; at++) {
        let place = places[text.charCodeAt(at)]!
        if (place >= singles)
          place = singles + (place - singles) * characters.length + places[text.charCodeAt(++at)]!
        out[length++] = bytes[place]!
      }
      return out.subarray(0, length)
    },
  }
}
