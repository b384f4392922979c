// Damaged files, and what a parser must do with them: refuse them by its own error, or read what they say.
import { random } from '@bp/core'
import { expect } from 'vitest'
import { measure, memoryFor, timed } from './measure.js'

/** How many damaged files each parser is given; `npm run check:parsers` says how many, and from which seed on. */
export const mutationCount = Number(process.env.BP_MUTATIONS ?? 2000)
const firstSeed = Number(process.env.BP_SEED ?? 0)

/** For so many, in ms. */
export const mutationTime = 30_000 * Math.max(1, mutationCount / 2000)

/** Numbers that are not there, too large, or of another kind, for what is written in binary or as text. */
const pieces = [
  Uint8Array.of(255, 255, 255, 255),
  Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127),
  new Uint8Array(8),
  ...['9'.repeat(16), '1e9', '-1', '0.5', 'null', '"', '{', '[', '}]', '\\u0000', '\ud800'].map((text) =>
    new TextEncoder().encode(text),
  ),
]

/**
 * Up to three changes: bytes changed, put in or taken out, written over by one of the pieces or by another part of the
 * file, and now and then the end cut off. The same for the same seed.
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
    // As often as all others together, since most of those are refused.
    const [between, over] = kinds[draw(4, 8)] ?? [Uint8Array.of(draw(2, 256)), 1]
    bytes = Uint8Array.from([...bytes.subarray(0, at), ...between, ...bytes.subarray(at + over)])
  }
  return source.integer(1, 8) === 0 ? bytes.subarray(0, source.integer(2, bytes.length + 1)) : bytes
}

interface Damage<File> {
  readonly parser: string
  readonly make: (seed: number) => File
  /** Reads a file; what it reads is checked for what it must be in any case. */
  readonly read: (file: File) => void
  readonly ownError: abstract new (...parameters: never[]) => Error
  /** What must be true of its own errors. */
  readonly check?: (error: Error, file: File) => void
}

/** Gives a parser damaged files; both ways, to read and to refuse, must be taken often, or they would test nothing. */
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
    expect(peak, `bytes that ${parser} allocates for the file of seed ${seed}`).toBeLessThan(
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
