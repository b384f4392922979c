// Fits text into a width on the terminal.
import stringWidth from 'string-width'

/** The text, or as much of it as fits together with an ellipsis. */
export function cut(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text
  let short = ''
  for (const { segment } of new Intl.Segmenter('en').segment(text)) {
    if (stringWidth(short + segment) > columns - 1) break
    short += segment
  }
  return columns < 1 ? '' : `${short}…`
}

/** The text with spaces before it, or after it, up to a width. */
export const padStart = (text: string, columns: number): string =>
  ' '.repeat(Math.max(0, columns - stringWidth(text))) + text
export const padEnd = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - stringWidth(text)))

/** Wraps the text at word boundaries into at most `most` lines; the last one is cut. */
export function wrap(text: string, columns: number, most = Number.POSITIVE_INFINITY): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (lines.length === most - 1 || line === '' || stringWidth(longer) <= columns) line = longer
    else {
      lines.push(line)
      line = word
    }
  }
  return [...lines, line].map((line) => cut(line, columns))
}

/** Text of others on one line: control characters, which could command the terminal, become their pictures. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (character) => {
    const code = character.charCodeAt(0)
    return code < 32 ? String.fromCharCode(0x2400 + code) : code === 127 ? '␡' : '�'
  })
}

/** More of one line is an accident. */
const longestLine = 1000

/** A message that may quote text of others, as it can be written to a terminal: its lines, each visible and not endless. */
export function visibleLines(message: string): string {
  return message
    .split('\n')
    .map((line) => visible(line.length > longestLine ? `${line.slice(0, longestLine)}…` : line))
    .join('\n')
}
