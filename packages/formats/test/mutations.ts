// Damaged files, which a parser must refuse with its own error, or read as what they say.
import { random } from '@bp/core'
import { expect } from 'vitest'
import { measure, memoryFor, timed } from './measure.js'

/** The number of damaged files per parser; `npm run check:parsers` sets it, and the first seed. */
export const mutationCount = Number(process.env.BP_MUTATIONS ?? 2000)
const firstSeed = Number(process.env.BP_SEED ?? 0)

/** Timeout for all of them, in ms. */
export const mutationTime = 30_000 * Math.max(1, mutationCount / 2000)

/** Missing, oversized or otherwise wrong numbers, in binary or as text. */
const pieces = [
  Uint8Array.of(255, 255, 255, 255),
  Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127),
  new Uint8Array(8),
  ...['9'.repeat(16), '1e9', '-1', '0.5', 'null', '"', '{', '[', '}]', '\\u0000', '\ud800'].map((text) =>
    new TextEncoder().encode(text),
  ),
]

/**
 * Up to three changes: bytes changed, inserted, removed, or overwritten by one of the pieces or by another part of the
 * file; sometimes truncation. Deterministic in the seed.
 */
export function mutated(
  file: Uint8Array,
  seed: number,
  special: readonly Uint8Array[] = pieces,
): Uint8Array<ArrayBuffer> {
  const source = random(seed)
  let bytes = Uint8Array.from(file)
  const changes = 1 + source.integer(0, 3)
  for (let change = 0; change < changes; change++) {
    const draw = (index: number, below: number) => source.stream(change).integer(index, below)
    const at = draw(0, bytes.length + 1)
    const other = draw(1, bytes.length + 1)
    const kinds = [
      [special[draw(2, special.length)]!, draw(3, 2) * 8],
      [bytes.subarray(other, other + 20), draw(3, 2) * 20],
      [new Uint8Array(0), 1 + draw(2, 3)],
      [Uint8Array.of(draw(2, 256)), 0],
    ] as const
    // As often as all others together, since most of those lead to refusal.
    const [between, over] = kinds[draw(4, 8)] ?? [Uint8Array.of(draw(2, 256)), 1]
    bytes = Uint8Array.from([...bytes.subarray(0, at), ...between, ...bytes.subarray(at + over)])
  }
  return source.integer(1, 8) === 0 ? bytes.subarray(0, source.integer(2, bytes.length + 1)) : bytes
}

interface Damage<File> {
  readonly parser: string
  readonly make: (seed: number) => File
  /** Reads a file, and checks the invariants of the result. */
  readonly read: (file: File) => void
  readonly ownError: abstract new (...parameters: never[]) => Error
  /** Checks the parser's own errors. */
  readonly check?: (error: Error, file: File) => void
}

/** Runs a parser on damaged files; it must often read and often refuse them, or the test would be vacuous. */
export function expectToBearDamage<File extends Uint8Array | string>(damage: Damage<File>): void {
  const { parser, make, read, ownError, check } = damage
  const counts = { read: 0, refused: 0 }
  let [slowest, largest] = [0, 0]
  for (let seed = firstSeed; seed < firstSeed + mutationCount; seed++) {
    const file = make(seed)
    const { milliseconds, peak } = measure(() => {
      try {
        read(file)
        counts.read++
      } catch (error) {
        const about = `${parser}, seed ${seed}`
        if (!(error instanceof ownError)) throw new Error(`${about}: ${error}`, { cause: error })
        check?.(error, file)
        counts.refused++
      }
    })
    slowest = Math.max(slowest, milliseconds)
    largest = Math.max(largest, peak)
    expect(peak, `bytes allocated by ${parser} for the file of seed ${seed}`).toBeLessThan(
      memoryFor(file.length),
    )
  }
  expect(Math.min(counts.read, counts.refused) / mutationCount, JSON.stringify(counts)).toBeGreaterThan(0.02)
  if (!timed) return
  process.stdout.write(
    `${parser}: ${counts.read} read, ${counts.refused} refused; at most ${slowest.toFixed(0)} ms and ${(largest / 2 ** 20).toFixed(1)} MiB\n`,
  )
  expect(slowest).toBeLessThan(1000)
}
