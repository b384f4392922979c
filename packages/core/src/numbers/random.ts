// Counter-based random numbers: the number at an index depends only on the seed, the stream and the index, so numbers
// can be drawn in any order and are the same on every engine.
import { check, checkSeed, checkText } from '../checks/check-options.js'
import { ValueError } from '../checks/errors.js'
import { logarithm } from './elementary.js'

/** Draws by index: the same index always gives the same number. */
export interface Random {
  /** Uniform in [0, 1), a multiple of 2⁻²⁴, which float32 holds exactly. */
  uniform(index: number): number
  /** Normally distributed, mean 0 and variance 1. */
  normal(index: number): number
  /** A uniform integer in [0, `below`); `below` is at most 2³². */
  integer(index: number, below: number): number
  /** A uniformly random permutation of 0 to `length - 1`. */
  permutation(length: number): Uint32Array
  /** Shuffles a list in place, uniformly. */
  shuffle(order: { [position: number]: number; readonly length: number }): void
  /** An independent stream of random numbers. */
  stream(name: string | number): Random
}

/**
 * The random numbers of a seed.
 * @throws ValueError unless the seed is an integer in [0, 2⁵³).
 */
export function random(seed: number): Random {
  checkSeed('random', 'seed', seed)
  return new Philox(seed >>> 0, Math.floor(seed / 2 ** 32))
}

// The purpose of a block is a word of its counter, so that no two uses share a block.
const purposes = { uniform: 0, normal: 1, integer: 2, numberedStream: 3, namedStream: 4 }

/** The same for random operations, which have a key besides the seed. */
export const tensorPurposes = { uniform: 5, normal: 6, permutation: 7 }

/**
 * 32 random bits for each of the first `size` indices, of a seed and a key of two integers. Four consecutive indices
 * share a block, whose counter is: number of the block, key[0], purpose, key[1].
 */
export function tensorBits(
  purpose: number,
  seed: number,
  key: ArrayLike<number>,
  size: number,
  attempt = 0,
): Uint32Array {
  const bits = new Uint32Array(Math.ceil(size / 4) * 4)
  // The second half of a key takes 24 bits; the number of the attempt goes above them.
  const counter = Uint32Array.of(0, key[0]!, purpose, key[1]! + attempt * 2 ** 24)
  for (let block = 0; block < bits.length / 4; block++) {
    counter[0] = block
    philox(counter, seed >>> 0, Math.floor(seed / 2 ** 32), bits.subarray(4 * block))
  }
  return bits.subarray(0, size)
}

/**
 * Philox4x32-10: ten rounds of multiplication over a 128-bit counter under a 64-bit key (Salmon, Moraes, Dror
 * and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"). It passes TestU01's BigCrush.
 */
export function philox(counter: Uint32Array, key0: number, key1: number, out: Uint32Array): void {
  let a = counter[0]!
  let b = counter[1]!
  let c = counter[2]!
  let d = counter[3]!
  let k0 = key0
  let k1 = key1
  for (let round = 0; round < 10; round++) {
    const low0 = Math.imul(0xd2511f53, a) >>> 0
    const low1 = Math.imul(0xcd9e8d57, c) >>> 0
    const high0 = upperHalf(0xd2511f53 * a, low0)
    a = (upperHalf(0xcd9e8d57 * c, low1) ^ b ^ k0) >>> 0
    b = low1
    c = (high0 ^ d ^ k1) >>> 0
    d = low0
    k0 = (k0 + 0x9e3779b9) >>> 0
    k1 = (k1 + 0xbb67ae85) >>> 0
  }
  out[0] = a
  out[1] = b
  out[2] = c
  out[3] = d
}

/**
 * The upper half of a 64-bit product: the float64 product is off by less than 2¹¹, which the exact lower half
 * corrects.
 */
function upperHalf(product: number, low: number): number {
  return ((product - low) / 2 ** 32 + 0.5) >>> 0
}

const checkOrder = check('an array', (value) => Array.isArray(value) || ArrayBuffer.isView(value))

class Philox implements Random {
  readonly #key0: number
  readonly #key1: number
  readonly #counter = new Uint32Array(4)
  readonly #block = new Uint32Array(4)
  #filled = false

  constructor(key0: number, key1: number) {
    this.#key0 = key0
    this.#key1 = key1
  }

  uniform(index: number): number {
    return (this.#bits(purposes.uniform, index, 0) >>> 8) / 2 ** 24
  }

  normal(index: number): number {
    return normalQuantile((this.#bits(purposes.normal, index, 0) + 0.5) / 2 ** 32)
  }

  integer(index: number, below: number): number {
    if (!Number.isInteger(below) || below < 1 || below > 2 ** 32)
      throw new ValueError(`integer: below must be an integer in [1, 2^32], got ${below}`)
    return integerOf(below, (attempt) => this.#bits(purposes.integer, index, attempt))
  }

  permutation(length: number): Uint32Array {
    if (!Number.isInteger(length) || length < 0 || length > 2 ** 32 - 1)
      throw new ValueError(`permutation: the length must be an integer in [0, 2^32), got ${length}`)
    const order = new Uint32Array(length)
    for (let position = 0; position < length; position++) order[position] = position
    this.shuffle(order)
    return order
  }

  shuffle(order: { [position: number]: number; readonly length: number }): void {
    checkOrder('shuffle', 'order', order)
    shuffleBy(order, (last) => this.integer(last, last + 1))
  }

  stream(name: string | number): Random {
    if (typeof name === 'number') {
      checkSeed('stream', 'name', name)
      this.#fill(name >>> 0, Math.floor(name / 2 ** 32), purposes.numberedStream, 0)
    } else {
      this.#fill(
        hash(checkText('stream', 'name', name), 0x811c9dc5),
        hash(name, 0x9747b28c),
        purposes.namedStream,
        0,
      )
    }
    return new Philox(this.#block[0]!, this.#block[1]!)
  }

  /** 32 random bits; four consecutive indices share a block. */
  #bits(purpose: number, index: number, attempt: number): number {
    if (!Number.isSafeInteger(index) || index < 0)
      throw new ValueError(`random: an index must be a non-negative integer, got ${index}`)
    this.#fill(Math.floor(index / 4) >>> 0, Math.floor(index / 2 ** 34), purpose, attempt)
    return this.#block[index % 4]!
  }

  #fill(a: number, b: number, c: number, d: number): void {
    const counter = this.#counter
    if (this.#filled && counter[0] === a && counter[1] === b && counter[2] === c && counter[3] === d) return
    counter[0] = a
    counter[1] = b
    counter[2] = c
    counter[3] = d
    philox(counter, this.#key0, this.#key1, this.#block)
    this.#filled = true
  }
}

/** An integer in [0, `below`) by rejection sampling: from the first 32 bits that introduce no bias. */
export function integerOf(below: number, bitsOf: (attempt: number) => number): number {
  for (let attempt = 0; ; attempt++) {
    const bits = bitsOf(attempt)
    // The quotient of integers below 2³² is accurate enough for its floor; `%` takes five times as long.
    const round = Math.floor(bits / below) * below
    // Numbers beyond the last multiple of `below` would favour small results.
    if (round + below <= 2 ** 32) return bits - round
  }
}

/** Fisher-Yates (Durstenfeld 1964): each number is swapped with one at or before it. */
export function shuffleBy(
  order: { [position: number]: number; readonly length: number },
  partner: (last: number) => number,
): void {
  for (let last = order.length - 1; last > 0; last--) {
    const other = partner(last)
    const moved = order[last]!
    order[last] = order[other]!
    order[other] = moved
  }
}

/** FNV-1a over the UTF-16 code units of a text, mixed at the end (MurmurHash3's finalizer). */
function hash(text: string, start: number): number {
  let h = start
  for (let position = 0; position < text.length; position++)
    h = Math.imul(h ^ text.charCodeAt(position), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Φ(−2), the probability below −2 standard deviations. */
export const belowTwoDeviations = 0.022750131948179195

/**
 * The `p` quantile of the standard normal distribution: algorithm AS 241 of Wichura (1988), with a relative error of
 * about 1e-16.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q
    return (q * polynomial(centre, r)) / polynomial(centreDivisor, r)
  }
  const r = Math.sqrt(-logarithm(q < 0 ? p : 1 - p))
  const x =
    r <= 5
      ? polynomial(shoulder, r - 1.6) / polynomial(shoulderDivisor, r - 1.6)
      : polynomial(tail, r - 5) / polynomial(tailDivisor, r - 5)
  return q < 0 ? -x : x
}

// Wichura's coefficients, highest power first.
const centre = [
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
  1971.5909503065513, 133.14166789178438, 3.3871328727963665,
]
const centreDivisor = [
  5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
  687.1870074920579, 42.31333070160091, 1,
]
const shoulder = [
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
  5.769497221460691, 4.630337846156546, 1.4234371107496835,
]
const shoulderDivisor = [
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
  1.6763848301838038, 2.053191626637759, 1,
]
const tail = [
  2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124,
  0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103,
]
const tailDivisor = [
  2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133,
  0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1,
]

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0
  for (const coefficient of coefficients) sum = sum * x + coefficient
  return sum
}
