// NPZ, NumPy's form of several arrays: a zip archive of NPY files.
import { BackpropagationError, type NamedValues } from '@bp/core'
import { unzipSync, zipSync } from 'fflate'
import { crc32 } from './checksums.js'
import type { Values } from './elements.js'
import { NpyError, readNpy, writeNpy } from './npy.js'

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
 * An archive for `numpy.load`, not compressed, as `numpy.savez` writes it: `writeNpz(model.variables)`. The same
 * arrays give the same bytes.
 * @throws NpzError
 */
export function writeNpz(arrays: Iterable<NamedValues>): Uint8Array<ArrayBuffer> {
  const files = new Map<string, Uint8Array>()
  for (const { name, shape, values } of arrays) {
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
 * @throws NpzError for what is no such archive, is damaged, has other files in it, a name twice, or unpacks to more
 * than 1 GiB.
 */
export function readNpz(file: Uint8Array): (NamedValues & { readonly values: Values })[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const checksums = new Map<string, number>()
  let entry = 0
  let packed = 0
  let unpacked = 0
  let files: Record<string, Uint8Array>
  try {
    files = unzipSync(file, {
      filter: ({ name, size, originalSize, compression }) => {
        const refuse = (problem: string) => new NpzError(`file ${JSON.stringify(name)} ${problem}`)
        if (!name.endsWith(suffix)) throw refuse('is no .npy file; take it out of the archive')
        if (checksums.has(name)) throw refuse('is there twice; give each array a name of its own')
        entry ||= directoryOf(view)
        checksums.set(name, view.getUint32(entry + 16, true))
        entry += 46 + [28, 30, 32].reduce((total, length) => total + view.getUint16(entry + length, true), 0)
        packed += size
        unpacked += originalSize
        if (checksums.size > mostArrays || unpacked > mostBytes)
          throw new NpzError(
            `the archive unpacks to more than ${mostArrays} arrays or ${mostBytes} bytes; split it`,
          )
        if (packed > file.length || originalSize > size * (compression === 0 ? 1 : mostInflation))
          throw refuse(`cannot unpack to ${originalSize} bytes from ${size}; the archive is damaged`)
        return true
      },
    })
  } catch (error) {
    if (error instanceof NpzError) throw error
    throw new NpzError(
      `the file is no zip archive that can be unpacked (${(error as Error).message}); it is cut off, damaged, or not one that numpy.savez wrote`,
    )
  }
  return Array.from(checksums, ([path, checksum]) => {
    const name = path.slice(0, -suffix.length)
    const bytes = files[path]!
    if (crc32(bytes) !== checksum)
      throw new NpzError(`array ${JSON.stringify(name)} does not have its checksum; the archive is damaged`)
    return { name, ...within(name, () => readNpy(bytes)) }
  })
}

/** Where the entries of the directory begin: its end says so, or behind it that of large archives (APPNOTE.TXT). */
function directoryOf(view: DataView): number {
  let end = view.byteLength - 22
  while (view.getUint32(end, true) !== 0x06054b50) end--
  if (end >= 20 && view.getUint32(end - 20, true) === 0x07064b50) {
    const large = view.getUint32(end - 12, true)
    if (view.getUint32(large, true) === 0x06064b50) return view.getUint32(large + 48, true)
  }
  return view.getUint32(end + 16, true)
}

/** What `body` gives; what is wrong in it is said with the name of the array. */
function within<T>(name: string, body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (error instanceof NpyError) throw new NpzError(`array ${JSON.stringify(name)}: ${error.message}`)
    throw error
  }
}
