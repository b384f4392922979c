// Addresses: a place and the fields of its document, `#/graph?v=1&e=f=w*x%2Bb&w=-2`, compressed where that is shorter to send.
import { LinkError, shortened } from './codec.js'

/** Available in browsers, workers and Node. */
interface Bytes {
  pipeThrough(through: object): Bytes
  getReader(): {
    read(): Promise<{ done: boolean; value?: Uint8Array }>
    cancel(): Promise<void>
  }
}
declare const Blob: new (parts: readonly (string | Uint8Array)[]) => { stream(): Bytes }
declare const Response: new (body: Bytes) => { arrayBuffer(): Promise<ArrayBuffer> }
declare const CompressionStream: new (format: 'deflate-raw') => object
declare const DecompressionStream: typeof CompressionStream
declare const TextDecoder: new (
  encoding: 'utf-8',
  options: { fatal: boolean },
) => { decode(bytes: Uint8Array | undefined, options: { stream: boolean }): string }
declare const atob: (text: string) => string
declare const btoa: (binary: string) => string

/** The version of addresses that this code writes; it reads all up to it. */
const version = 1

/** Addresses whose fields are longer than this are compressed, in characters: some mail programs break longer ones. */
const longestReadable = 1500

/** A link may not make more than this of itself when it is decompressed, in characters. */
const longestFields = 1_000_000

export interface Address {
  readonly place: string
  readonly fields: ReadonlyMap<string, string>
}

/** Characters that stay as they are, so that an expression in an address can be read. */
const escaped = (text: string): string =>
  encodeURIComponent(text)
    .replace(/%(?:2F|3A|3B|2C|3D|40|24|5B|5D|5E|7C)/g, (code) => decodeURIComponent(code))
    .replace(/%20/g, '+')

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '))
  } catch {
    throw new LinkError(
      `the link holds ${shortened(text)}, which is not percent-encoded; part of it may be missing`,
    )
  }
}

const query = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `&${encodeURIComponent(name)}=${escaped(value)}`)
    .join('')

/** The hash of an address, with its fields in the order given. */
export async function writeAddress(place: string, fields: Readonly<Record<string, string>>): Promise<string> {
  const readable = query(fields)
  if (readable.length <= longestReadable) return `#/${place}?v=${version}${readable}`
  return `#/${place}?v=${version}&z=${await compressed(JSON.stringify(fields))}`
}

/**
 * What a hash says; `null` if it names no place.
 * @throws LinkError for a link of a newer version, or one that is damaged or too large.
 */
export async function readAddress(hash: string): Promise<Address | null> {
  const found = /^#\/([a-z-]+)(?:\?(.*))?$/s.exec(hash)
  if (!found) return null
  const [, place, text = ''] = found
  const fields = new Map<string, string>()
  for (const part of text.split('&')) {
    if (part === '') continue
    const at = part.indexOf('=')
    fields.set(unescaped(at < 0 ? part : part.slice(0, at)), at < 0 ? '' : unescaped(part.slice(at + 1)))
  }
  const given = fields.get('v')
  fields.delete('v')
  if (given !== undefined && !/^[1-9]\d{0,3}$/.test(given))
    throw new LinkError(`the link's version expects a number such as ${version}, got ${shortened(given)}`)
  if (given !== undefined && Number(given) > version)
    throw new LinkError(
      `the link is of version ${given} and this page reads up to ${version}: reload the page to get a newer one`,
    )
  const packed = fields.get('z')
  if (packed === undefined) return { place: place!, fields }
  return { place: place!, fields: fieldsOf(await decompressed(packed)) }
}

function fieldsOf(text: string): Map<string, string> {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    parsed = null
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw damaged()
  const entries = Object.entries(parsed)
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) throw damaged()
  return new Map(entries)
}

const damaged = () => new LinkError('the compressed part of the link is damaged: copy the whole link again')

async function compressed(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'))
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer())
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')
}

async function decompressed(packed: string): Promise<string> {
  if (!/^[\w-]*$/.test(packed)) throw damaged()
  let binary: string
  try {
    binary = atob(packed.replace(/-/g, '+').replace(/_/g, '/'))
  } catch {
    throw damaged()
  }
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader()
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      text += decoder.decode(value, { stream: !done })
      if (text.length > longestFields)
        throw new LinkError(
          `the link holds more than ${longestFields} characters, which is more than any place writes`,
        )
      if (done) return text
    }
  } catch (error) {
    await reader.cancel().catch(() => {})
    throw error instanceof LinkError ? error : damaged()
  }
}
