// NPZ, NumPy's form of several arrays: a zip archive of NPY files.
import { BackpropagationError, type Model, type NamedValues } from '@bp/core'
import { Inflate, inflateSync, zipSync } from 'fflate'
import { type Bytes, bytesOfFile } from './bytes.js'
import { crc32 } from './checksums.js'
import { type NamedNumbers, tensorsOf, type Values } from './elements.js'
import { longestNpyBeginning, NpyError, readNpy, readNpyHeader, writeNpy } from './npy.js'

/** Bytes that are no NPZ archive, or arrays that cannot be in one; the message says what is wrong. */
export class NpzError extends BackpropagationError {
  override name = 'NpzError'
}

const mostArrays = 100_000
/** What the directory of an archive counts in 16 bits. */
const mostWritten = 2 ** 16 - 1
/** Bytes that an archive may unpack to. */
const mostBytes = 2 ** 30
/** Deflate makes no more of a byte: 258 of two bits (RFC 1951). */
const mostInflation = 1032
const suffix = '.npy'

/**
 * An archive for `numpy.load`, not compressed, as `numpy.savez` writes it: `writeNpz(model)` has the weights of a model.
 * Each array is of the type that its values have. The same arrays give the same bytes.
 * @throws NpzError
 */
export function writeNpz(arrays: Iterable<NamedNumbers> | Pick<Model, 'variables'>): Uint8Array<ArrayBuffer> {
  const files = new Map<string, Uint8Array>()
  const refuse = (problem: string) => new NpzError(problem)
  for (const { name, shape, values } of tensorsOf('writeNpz', arrays, refuse)) {
    if (files.has(name + suffix))
      throw new NpzError(`array ${JSON.stringify(name)} is there twice; give each a name of its own`)
    files.set(
      name + suffix,
      within(name, () => writeNpy({ shape, values })),
    )
  }
  if (files.size > mostWritten)
    throw new NpzError(
      `${files.size} arrays are more than an archive can hold, ${mostWritten}; write several`,
    )
  // The earliest time that an archive can hold, so that no clock gets into the bytes.
  return zipSync(Object.fromEntries(files), { level: 0, mtime: new Date(1980, 0, 1) })
}

/**
 * The arrays of an archive, compressed or not, in its order: `model.setWeights(readNpz(file))`.
 *
 * The archive's directory is checked at once; what stands in an array is when it is asked for, so that an archive that
 * unpacks to a thousand times its size costs nothing until then. `shape` unpacks no more than the header. `values`
 * unpacks the numbers, which takes about a second for 128 MiB, and holds them against their checksum. Until then the
 * file must stay as it is. `model.setWeights` asks for numbers of the right name and shape alone, and for all of them
 * before it puts in the first.
 * @throws NpzError for what is no such archive, is damaged, has other files in it, a name twice, or unpacks to more
 * than 1 GiB; of an array that is damaged or cannot be read, `shape` and `values` throw it.
 */
export function readNpz(content: Bytes): (NamedValues & { readonly values: Values })[] {
  const file = bytesOfFile('readNpz', content, 'NPZ', (problem) => new NpzError(problem))
  const arrays = new Map<string, PackedArray>()
  let packed = 0
  let unpacked = 0
  try {
    for (const { path, compression, checksum, bytes, size } of directoryOf(file)) {
      const refuse = (problem: string) => new NpzError(`file ${JSON.stringify(path)} ${problem}`)
      if (!path.endsWith(suffix)) throw refuse('is no .npy file; take it out of the archive')
      const name = path.slice(0, -suffix.length)
      if (arrays.has(name)) throw refuse('is there twice; give each array a name of its own')
      packed += bytes.length
      unpacked += size
      if (arrays.size === mostArrays || unpacked > mostBytes)
        throw new NpzError(
          `the archive unpacks to more than ${mostArrays} arrays or ${mostBytes} bytes; split it`,
        )
      if (compression !== stored && compression !== deflated)
        throw refuse(`is compressed in a way that is not known, ${compression}; save it with numpy.savez`)
      if (
        packed > file.length ||
        (compression === stored ? size !== bytes.length : size > bytes.length * mostInflation)
      )
        throw refuse(`cannot unpack to ${size} bytes from ${bytes.length}; the archive is damaged`)
      arrays.set(name, new PackedArray(name, bytes, compression, size, checksum))
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new NpzError('the archive ends where more must follow; it is cut off or damaged')
  }
  return [...arrays.values()]
}

/** How an archive says that the bytes are those of the file, or packed. */
const [stored, deflated] = [0, 8]

/** An array as it lies in an archive. */
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

  /** Each array has them itself, so that a copy, `{ ...array, name }`, has them too. */
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

  /** The first bytes, as many as are looked at for the shape or more. */
  #beginning(): Uint8Array {
    if (this.#compression === stored) return this.#bytes
    const beginning = new Uint8Array(Math.min(this.#size, longestNpyBeginning))
    let length = 0
    const inflate = new Inflate((piece) => {
      beginning.set(piece.subarray(0, beginning.length - length), length)
      length = Math.min(length + piece.length, beginning.length)
    })
    // Few at once, since they may unpack to a thousand times as many.
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
        `array ${JSON.stringify(this.name)} does not have its checksum; the archive is damaged`,
      )
    return bytes
  }
}

/** The beginnings of parts of an archive, and the longest comment behind its end (PKWARE, APPNOTE.TXT). */
const [fileHeader, directoryEntry, directoryEnd, largeEnd, largeEndLocator] = [
  0x04034b50, 0x02014b50, 0x06054b50, 0x06064b50, 0x07064b50,
]
const longestComment = 2 ** 16 - 1
/** What stands in 32 bits where there are 64 of them elsewhere. */
const elsewhere = 2 ** 32 - 1

/**
 * The files of an archive, as its directory says.
 * @throws NpzError for damage, RangeError where the archive ends within one of its parts.
 */
function* directoryOf(file: Uint8Array) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const short = (at: number) => view.getUint16(at, true)
  const long = (at: number) => view.getUint32(at, true)
  const longer = (at: number) => Number(view.getBigUint64(at, true))
  let end = file.length - 22
  while (end >= 0 && long(end) !== directoryEnd) end = end > file.length - 22 - longestComment ? end - 1 : -1
  if (end < 0)
    throw new NpzError(
      'the file is no zip archive that can be unpacked; it is cut off, damaged, or not one that numpy.savez wrote',
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
    // The eleventh bit says that the name is UTF-8, and else it is as good as ASCII.
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
        `file ${JSON.stringify(path)} is not where the archive's directory says; it is damaged`,
      )
    const begin = header + 30 + short(header + 26) + short(header + 28)
    if (begin + packed > file.length)
      throw new NpzError(
        `file ${JSON.stringify(path)} ends ${begin + packed - file.length} bytes behind the end; the archive is damaged`,
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

/** What `body` gives; what is wrong in it is said with the name of the array. */
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
