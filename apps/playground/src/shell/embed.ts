// What a page shows that is a frame in another one: `embed=card,timeline` in its address.
import { LinkError } from '@bp/lab'

/** Parts of a place besides its drawing, which is always there. */
export const embedParts = ['bar', 'card', 'timeline'] as const
export type EmbedPart = (typeof embedParts)[number]

/** `drawing` alone, the parts with commas between, or `1` for all of them. */
export const writeEmbed = (shown: readonly EmbedPart[]): string =>
  shown.length === 0 ? 'drawing' : embedParts.filter((part) => shown.includes(part)).join(',')

/** @throws LinkError for what is no part. */
export function readEmbed(text: string): readonly EmbedPart[] {
  if (text === '1') return embedParts
  if (text === 'drawing') return []
  const names = text.split(',')
  const shown = embedParts.filter((part) => names.includes(part))
  if (shown.length !== names.length)
    throw new LinkError(
      `the link's field embed expects drawing, or any of ${embedParts.join(', ')} with commas between, got ${text.slice(0, 40)}`,
    )
  return shown
}
