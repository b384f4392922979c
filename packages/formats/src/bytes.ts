// The bytes parsers take, and recognition of other formats by their first bytes.

/** The content of a file: a Buffer or any other view, or the ArrayBuffer that `fetch` and `Blob` return. */
export type Bytes = ArrayBufferView | ArrayBuffer | SharedArrayBuffer

/** Builds a parser's error. */
type Refuse = (problem: string) => Error

/**
 * The bytes of a file, copied only if they are shared with other threads. They are a plain Uint8Array, since `slice` of
 * a Node Buffer does not copy, and the buffer beneath it is a pool that holds other data.
 * @throws what `refuse` builds, for anything else, for an empty file, and for one recognized as a format other than `own`.
 */
export function bytesOfFile(
  caller: string,
  file: unknown,
  own: Format,
  refuse: Refuse,
): Uint8Array<ArrayBuffer> {
  const bytes = viewOf(file)
  if (!bytes) throw refuse(`${caller} expects the bytes of a file, got ${describe(file)}`)
  if (bytes.length === 0) throw refuse('the file is empty')
  refuseOthers(bytes, own, refuse)
  return bytes
}

/** The same for text formats, which also accept a string, possibly empty. */
export function textOfFile(caller: string, file: unknown, refuse: Refuse): Uint8Array<ArrayBuffer> | string {
  const text = typeof file === 'string' ? file : null
  const bytes = text === null ? viewOf(file) : new TextEncoder().encode(text.slice(0, sniffed))
  if (!bytes) throw refuse(`${caller} expects text or the bytes of a file, got ${describe(file)}`)
  refuseOthers(bytes, 'text', refuse)
  return text ?? bytes
}

function viewOf(file: unknown): Uint8Array<ArrayBuffer> | null {
  const view = ArrayBuffer.isView(file)
    ? new Uint8Array(file.buffer, file.byteOffset, file.byteLength)
    : // By tag, since a buffer may come from another realm, such as a frame or a test sandbox.
      ['ArrayBuffer', 'SharedArrayBuffer'].includes(tagOf(file))
      ? new Uint8Array(file as ArrayBufferLike)
      : null
  // TextDecoder rejects shared memory.
  return view && tagOf(view.buffer) === 'SharedArrayBuffer'
    ? Uint8Array.from(view)
    : (view as Uint8Array<ArrayBuffer> | null)
}

const tagOf = (value: unknown) => Object.prototype.toString.call(value).slice(8, -1)

/** What was passed instead of bytes, and how to get bytes from it. */
function describe(value: unknown): string {
  const tag = tagOf(value)
  if (tag === 'String') return 'a string; if it is a path, read the file first, e.g. with readFileSync(path)'
  if (tag === 'Promise') return 'a Promise; await it'
  if (['Response', 'Blob', 'File'].includes(tag))
    return `a ${tag}; pass await ${tag.toLowerCase()}.arrayBuffer()`
  if (tag === 'Array') return 'an array; pass Uint8Array.from(array)'
  return value == null ? String(value) : `a value of type ${tag}`
}

/** The formats this package reads. */
type Format = 'IDX' | 'NPY' | 'NPZ' | 'safetensors' | 'events' | 'graph' | 'text'

interface Kind {
  readonly what: string
  readonly cure: string
  /** The format whose parser accepts it. */
  readonly format?: Format
  readonly matches: (bytes: Uint8Array) => boolean
}

/** Matches the first bytes as hexadecimal digits. */
const hex = (beginning: RegExp) => (bytes: Uint8Array) =>
  beginning.test(Array.from(bytes.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join(''))
/** Matches them as Latin-1, one character per byte. */
const text = (beginning: RegExp) => (bytes: Uint8Array) => beginning.test(latin1(bytes.subarray(0, sniffed)))
const asSafetensors =
  'save the weights as safetensors, with safetensors.torch.save_file(model.state_dict(), path)'
const asNpz = 'save its arrays as NPZ, with numpy.savez'
const asCsv = 'export the table as CSV'
const readBy = (parser: string, path: string) => `read it with ${parser} of @bp/formats/${path}`

/** The first match decides. */
const kinds: readonly Kind[] = [
  {
    // First, since its header length can look like any other format's magic.
    what: 'a safetensors file',
    cure: readBy('readSafetensors', 'safetensors'),
    format: 'safetensors',
    matches: (bytes) =>
      bytes[8] === 0x7b &&
      new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true) <= BigInt(bytes.length - 8),
  },
  {
    what: 'an NPY array',
    cure: readBy('readNpy', 'npy'),
    format: 'NPY',
    matches: hex(/^934e554d5059/),
  },
  { what: 'a PyTorch file, a pickle in a zip archive', cure: asSafetensors, matches: zipOf(/\/data\.pkl$/) },
  { what: 'a Keras model', cure: asNpz, matches: zipOf(/^(metadata|config)\.json$|\.weights\.h5$/) },
  {
    what: 'an Office document',
    cure: asCsv,
    matches: zipOf(/^(\[Content_Types\]\.xml$|_rels\/|docProps\/|xl\/|mimetype$)/),
  },
  { what: 'an NPZ archive', cure: readBy('readNpz', 'npz'), format: 'NPZ', matches: zipOf(/\.npy$/) },
  // Its parser decides which files an archive of arrays may contain.
  {
    what: 'a zip archive',
    cure: 'unpack it first',
    format: 'NPZ',
    matches: hex(/^504b(0304|0506)/),
  },
  {
    // PROTO and a version; then FRAME, LONG1, or an opcode that starts a mark, a collection, a string or a global.
    what: 'a Python pickle, as written by PyTorch and scikit-learn',
    cure: asSafetensors,
    matches: hex(/^800[2-5](95|8a|28|7d|5d|29|63|58)/),
  },
  {
    what: 'compressed with gzip',
    cure: 'decompress it first, with gunzipSync of node:zlib or a DecompressionStream',
    matches: hex(/^1f8b08/),
  },
  {
    what: 'compressed with zstd, xz or bzip2',
    cure: 'decompress it first',
    matches: hex(/^(28b52ffd|fd377a585a00|425a683.314159265359)/),
  },
  {
    what: 'an HDF5 file, as written by Keras and MATLAB',
    cure: asNpz,
    matches: hex(/^894844460d0a1a0a/),
  },
  {
    // A ModelProto: its format version, then its producer or its graph.
    what: 'an ONNX model',
    cure: 'save its weights as safetensors',
    matches: hex(/^080.(12|3a)/),
  },
  {
    what: 'an IDX array',
    cure: readBy('parseIdx', 'idx'),
    format: 'IDX',
    matches: hex(/^00000[89b-e]0[1-8]/),
  },
  {
    what: 'a TensorBoard event file',
    cure: readBy('readEvents', 'tfevents'),
    format: 'events',
    matches: text(/^.{20,24}brain\.Event:/s),
  },
  {
    what: 'a TensorFlow graph in bytes',
    cure: readBy('readGraphDefBytes', 'graph-def'),
    format: 'graph',
    matches: isGraphDef,
  },
  { what: 'a GGUF model', cure: asSafetensors, matches: hex(/^474755460.00/) },
  {
    what: 'a Parquet file',
    cure: asCsv,
    matches: (bytes) => [0, -4].every((at) => latin1(bytes.subarray(at).subarray(0, 4)) === 'PAR1'),
  },
  { what: 'an Arrow file', cure: asCsv, matches: hex(/^4152524f57310000/) },
  { what: 'an SQLite database', cure: asCsv, matches: text(/^SQLite format 3\0/) },
  {
    what: 'an image',
    cure: 'decode it to an array of pixels first',
    matches: hex(/^(89504e470d0a|ffd8ff|47494638[79]61)/),
  },
  { what: 'a PDF document', cure: asCsv, matches: text(/^%PDF-/) },
  {
    what: 'a Git LFS pointer, not the file itself',
    cure: 'run git lfs pull, or download the file itself',
    matches: text(/^version https:\/\/git-lfs\.github\.com\/spec\//),
  },
  {
    what: 'an HTML page',
    cure: 'check the URL, which returned a page, perhaps an error or a login',
    matches: text(/^(\xef\xbb\xbf)?\s*<(!doctype html|html|head)[\s>]/i),
  },
]

/** A zip archive whose first file's name matches. */
function zipOf(name: RegExp) {
  return (bytes: Uint8Array) =>
    hex(/^504b0304/)(bytes) && bytes.length > 30 && name.test(latin1(bytes.subarray(30, 30 + bytes[26]!)))
}

/** Leading bytes examined. */
const sniffed = 64

const latin1 = (bytes: Uint8Array) => String.fromCharCode(...bytes)

/** A GraphDef begins with its first node, and that with its name, in letters, which is the shorter of the two. */
function isGraphDef(bytes: Uint8Array): boolean {
  const [field, length = 0, next = 0] = bytes
  // A length of 128 and more has a second byte.
  const at = length < 128 ? 2 : 3
  const node = length < 128 ? length : length - 128 + next * 128
  const name = bytes.at(at + 1) ?? 0
  return (
    field === 0x0a &&
    bytes[at] === 0x0a &&
    name > 0 &&
    name + 2 <= node &&
    name < 128 &&
    /^[\w.]$/.test(latin1(bytes.subarray(at + 2, at + 3))) &&
    bytes[at + 2 + name] === 0x12
  )
}

function refuseOthers(bytes: Uint8Array, own: Format, refuse: Refuse): void {
  const kind = kinds.find(({ matches }) => matches(bytes))
  if (kind && kind.format !== own) throw refuse(`the file is ${kind.what}; ${kind.cure}`)
}
