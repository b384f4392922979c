// Shortens text to a width on the terminal.
import stringWidth from 'string-width'

/** The text, or as much of it as fits with an ellipsis. */
export function cut(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text
  let short = ''
  for (const { segment } of new Intl.Segmenter('en').segment(text)) {
    if (stringWidth(short + segment) > columns - 1) break
    short += segment
  }
  return columns < 1 ? '' : `${short}…`
}
