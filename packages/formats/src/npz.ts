// NPZ, NumPy's format for several arrays: a zip archive of NPY files.
import { BackpropagationError, type Model, type NamedValues } from '@bp/core/lean'
import { Inflate, inflateSync, zipSync } from 'fflate'
import { type Bytes, bytesOfFile } from './bytes.js'
import { crc32 } from './checksums.js'
import { type NamedArray, tensorsOf, type Values } from './elements.js'
import { maxNpyHeaderBytes, NpyError, readNpy, readNpyHeader, writeNpy } from './npy.js'

/** Bytes that are not an NPZ archive, or arrays that cannot be written as one; the message says what is wrong. */
export class NpzError extends BackpropagationError {
  override name = 'NpzError'
}

const maxArrays = 100_000
/** The directory of an archive counts its entries in 16 bits. */
const maxEntriesWritten = 2 ** 16 - 1
/** Bytes an archive may unpack to. */
const maxBytes = 2 ** 30
/** The largest ratio of deflate: 258 bytes from two bits (RFC 1951). */
const maxInflation = 1032
const suffix = '.npy'

/**
 * An archive for `numpy.load`, uncompressed, as from `numpy.savez`: `writeNpz(model)` contains a model's weights.
 * Each array is written in the type of its values. The same arrays give the same bytes.
 * @throws NpzError
 */
export function writeNpz(arrays: Iterable<NamedArray> | Pick<Model, 'variables'>): Uint8Array<ArrayBuffer> {
  const files = new Map<string, Uint8Array>()
  const refuse = (problem: string) => new NpzError(problem)
  for (const { name, shape, values } of tensorsOf('writeNpz', arrays, refuse)) {
    if (files.has(name + suffix))
      throw new NpzError(`duplicate array name ${JSON.stringify(name)}; names must be unique`)
    files.set(
      name + suffix,
      within(name, () => writeNpy({ shape, values })),
    )
  }
  if (files.size > maxEntriesWritten)
    throw new NpzError(
      `${files.size} arrays, but an archive holds at most ${maxEntriesWritten}; write several`,
    )
  // The earliest time an archive can store, so that the bytes do not depend on the clock.
  return zipSync(Object.fromEntries(files), { level: 0, mtime: new Date(1980, 0, 1) })
}

/**
 * The arrays of an archive, compressed or not, in the archive's order: `model.setWeights(readNpz(file))`.
 *
 * The archive's directory is checked at once; an array is checked on access, so that an archive that unpacks to a
 * thousand times its size costs nothing until then. `shape` unpacks only the header. `values` unpacks the elements, which
 * takes about a second for 128 MiB, and verifies their checksum. Until then the file must not change.
 * `model.setWeights` reads only values of the right name and shape, and all of them before it sets the first.
 * @throws NpzError for anything but such an archive, a damaged one, one that contains other files or a duplicate name, or
 * that unpacks to more than 1 GiB; for a damaged or unreadable array, `shape` and `values` throw it.
 */
export function readNpz(content: Bytes): (NamedValues & { readonly values: Values })[] {
  const file = bytesOfFile('readNpz', content, 'NPZ', (problem) => new NpzError(problem))
  const arrays = new Map<string, PackedArray>()
  let packed = 0
  let unpacked = 0
  try {
    for (const { path, compression, checksum, bytes, size } of directoryOf(file)) {
      const refuse = (problem: string) => new NpzError(`file ${JSON.stringify(path)} ${problem}`)
      if (!path.endsWith(suffix)) throw refuse('is not a .npy file; remove it from the archive')
      const name = path.slice(0, -suffix.length)
      if (arrays.has(name))
        throw new NpzError(`duplicate array name ${JSON.stringify(name)}; names must be unique`)
      packed += bytes.length
      unpacked += size
      if (arrays.size === maxArrays || unpacked > maxBytes)
        throw new NpzError(
          `the archive unpacks to more than ${maxArrays} arrays or ${maxBytes} bytes; split it`,
        )
      if (compression !== stored && compression !== deflated)
        throw refuse(`has unknown compression method ${compression}; save it with numpy.savez`)
      if (
        packed > file.length ||
        (compression === stored ? size !== bytes.length : size > bytes.length * maxInflation)
      )
        throw refuse(`cannot unpack to ${size} bytes from ${bytes.length}; the archive is damaged`)
      arrays.set(name, new PackedArray(name, bytes, compression, size, checksum))
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new NpzError('the archive ends early; it is truncated or damaged')
  }
  return [...arrays.values()]
}

/** Compression methods of zip. */
const [stored, deflated] = [0, 8]

/** An array inside an archive, not yet unpacked. */
class PackedArray implements NamedValues {
  readonly name: string
  declare readonly shape: readonly number[]
  declare readonly values: Values
  readonly #bytes: Uint8Array
  readonly #compression: number
  readonly #size: number
  readonly #checksum: number
  #shape: readonly number[] | undefined
  #values: Values | undefined

  constructor(name: string, bytes: Uint8Array, compression: number, size: number, checksum: number) {
    this.name = name
    this.#bytes = bytes
    this.#compression = compression
    this.#size = size
    this.#checksum = checksum
    Object.defineProperties(this, PackedArray.#properties)
  }

  /** Own properties of each array, so that a copy, `{ ...array, name }`, has them too. */
  static readonly #properties = {
    shape: {
      enumerable: true,
      get(this: PackedArray): readonly number[] {
        this.#shape ??= within(this.name, () => readNpyHeader(this.#beginning(), this.#size).shape)
        return this.#shape
      },
    },
    values: {
      enumerable: true,
      get(this: PackedArray): Values {
        const found = this.#values ?? within(this.name, () => readNpy(this.#unpacked()).values)
        this.#values = found
        return found
      },
    },
  }

  /** The first bytes, at least as many as the header may take. */
  #beginning(): Uint8Array {
    if (this.#compression === stored) return this.#bytes
    const beginning = new Uint8Array(Math.min(this.#size, maxNpyHeaderBytes))
    let length = 0
    const inflate = new Inflate((piece) => {
      beginning.set(piece.subarray(0, beginning.length - length), length)
      length = Math.min(length + piece.length, beginning.length)
    })
    // In small pieces, since they may unpack to a thousand times their size.
    for (let at = 0; at < this.#bytes.length && length < beginning.length; at += 512)
      inflate.push(this.#bytes.subarray(at, at + 512))
    return beginning.subarray(0, length)
  }

  #unpacked(): Uint8Array {
    const bytes =
      this.#compression === stored
        ? this.#bytes
        : inflateSync(this.#bytes, { out: new Uint8Array(this.#size) })
    if (bytes.length !== this.#size || crc32(bytes) !== this.#checksum)
      throw new NpzError(
        `array ${JSON.stringify(this.name)} does not match its checksum; the archive is damaged`,
      )
    return bytes
  }
}

/** Signatures of the parts of an archive (PKWARE, APPNOTE.TXT). */
const [fileHeader, directoryEntry, directoryEnd, largeEnd, largeEndLocator] = [
  0x04034b50, 0x02014b50, 0x06054b50, 0x06064b50, 0x07064b50,
]
const maxCommentBytes = 2 ** 16 - 1
/** A 32-bit field with this value is stored elsewhere, in 64 bits. */
const elsewhere = 2 ** 32 - 1

/**
 * The files listed in the directory of an archive.
 * @throws NpzError for damage, RangeError where the archive ends inside one of its parts.
 */
function* directoryOf(file: Uint8Array) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const short = (at: number) => view.getUint16(at, true)
  const long = (at: number) => view.getUint32(at, true)
  const longer = (at: number) => Number(view.getBigUint64(at, true))
  let end = file.length - 22
  while (end >= 0 && long(end) !== directoryEnd) end = end > file.length - 22 - maxCommentBytes ? end - 1 : -1
  if (end < 0)
    throw new NpzError(
      'the file is not a readable zip archive; it is truncated, damaged, or was not written by numpy.savez',
    )
  let [count, entry] = [short(end + 10), long(end + 16)]
  const large = end >= 20 && long(end - 20) === largeEndLocator ? longer(end - 12) : -1
  if (large >= 0 && long(large) === largeEnd) [count, entry] = [longer(large + 32), longer(large + 48)]
  for (let index = 0; index < count; index++) {
    if (long(entry) !== directoryEntry)
      throw new NpzError(`entry ${index + 1} of the archive's directory is damaged`)
    const [nameEnd, extraEnd] = [
      entry + 46 + short(entry + 28),
      entry + 46 + short(entry + 28) + short(entry + 30),
    ]
    // Bit 11 marks a UTF-8 name; otherwise it is almost always ASCII.
    const path = new TextDecoder(short(entry + 8) & 2048 ? 'utf-8' : 'latin1').decode(
      file.subarray(entry + 46, nameEnd),
    )
    let extra = nameEnd
    while (extra + 4 <= extraEnd && short(extra) !== 1) extra += 4 + short(extra + 2)
    extra += 4
    const [size, packed, header] = [24, 20, 42].map((at) => {
      const value = long(entry + at)
      if (value !== elsewhere) return value
      extra += 8
      return longer(extra - 8)
    }) as [number, number, number]
    if (long(header) !== fileHeader)
      throw new NpzError(
        `file ${JSON.stringify(path)} is not where the archive's directory says; the archive is damaged`,
      )
    const begin = header + 30 + short(header + 26) + short(header + 28)
    if (begin + packed > file.length)
      throw new NpzError(
        `file ${JSON.stringify(path)} ends ${begin + packed - file.length} bytes past the end; the archive is damaged`,
      )
    yield {
      path,
      compression: short(entry + 10),
      checksum: long(entry + 16),
      bytes: file.subarray(begin, begin + packed),
      size,
    }
    entry = extraEnd + short(entry + 32)
  }
}

/** The result of `body`; errors name the array. */
function within<T>(name: string, body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (error instanceof NpyError) throw new NpzError(`array ${JSON.stringify(name)}: ${error.message}`)
    if (error instanceof BackpropagationError) throw error
    throw new NpzError(
      `array ${JSON.stringify(name)} cannot be unpacked (${(error as Error).message}); the archive is damaged`,
    )
  }
}
