// How the document of a place is written as the fields of an address, and read from there.
import { BackpropagationError } from '@bp/core/lean'

/** Something in an address that cannot be read. */
export class LinkError extends BackpropagationError {
  override name = 'LinkError'
}

export interface Codec<Document> {
  readonly initial: Document
  /** Only what differs from `initial`. */
  write(document: Document): Record<string, string>
  /** @throws LinkError, which names the field, what it holds and what is expected. */
  read(fields: ReadonlyMap<string, string>): Document
}

/**
 * The number that a field holds, or `initial` if there is no such field.
 * @throws LinkError unless it is a finite number in [low, high].
 */
export function numberField(
  fields: ReadonlyMap<string, string>,
  name: string,
  initial: number,
  { low = -Number.MAX_VALUE, high = Number.MAX_VALUE, integer = false } = {},
): number {
  const text = fields.get(name)
  if (text === undefined) return initial
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (value >= low && value <= high && (!integer || Number.isInteger(value))) return value
  const kind = integer ? 'an integer' : 'a number'
  const range = low > -Number.MAX_VALUE || high < Number.MAX_VALUE ? ` in [${low}, ${high}]` : ''
  throw new LinkError(`the link's field ${name} expects ${kind}${range}, got ${shortened(text)}`)
}

/**
 * The word that a field holds, one of `choices`, or `initial` if there is no such field.
 * @throws LinkError for any other word.
 */
export function choiceField<Choice extends string>(
  fields: ReadonlyMap<string, string>,
  name: string,
  initial: Choice,
  choices: readonly Choice[],
): Choice {
  const text = fields.get(name)
  if (text === undefined) return initial
  const found = choices.find((choice) => choice === text)
  if (found !== undefined) return found
  throw new LinkError(`the link's field ${name} expects ${choices.join(', ')}, got ${shortened(text)}`)
}

const longest = 40

/** What a field holds, short enough for a message. */
export function shortened(text: string): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}
