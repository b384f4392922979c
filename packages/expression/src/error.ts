// The one error of the language: what is wrong, where it stands, and the cure.
import { BackpropagationError } from '@bp/core'
import type { Span } from './syntax.js'

/** An edit of the source that does what the hint says. */
export interface Fix extends Span {
  readonly replacement: string
}

/**
 * Something wrong with a source text. `message` is for a terminal: the problem, the line with a caret under the
 * place, and the hint.
 */
export class ExpressionError extends BackpropagationError {
  override name = 'ExpressionError'
  /** What is wrong, in one sentence, without the place. */
  readonly problem: string
  /** What to do about it, or `null` when the problem says it already. */
  readonly hint: string | null
  /** The edit that the hint describes, where there is exactly one. */
  readonly fix: Fix | null
  /** Offset in the source, in UTF-16 units. */
  readonly position: number
  /** Where the wrong part ends; equal to `position` when something is missing there. */
  readonly end: number
  /** Line of the source, from 1. */
  readonly line: number
  /** Column in that line, from 1. */
  readonly column: number

  /** @internal */
  constructor(
    source: string,
    span: Span,
    problem: string,
    { hint = null, fix = null, cause }: { hint?: string | null; fix?: Fix | null; cause?: unknown } = {},
  ) {
    const before = source.slice(0, span.start)
    const lineStart = Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r')) + 1
    const line = before.split(/\r\n|\r|\n/).length
    const column = span.start - lineStart + 1
    const text = /^[^\r\n]*/.exec(source.slice(lineStart))![0]
    const place = source.includes('\n') ? `line ${line}, column ${column}` : `column ${column}`
    super(
      [
        `${problem} (${place})`,
        ...(text.trim() ? pointAt(text, span.start - lineStart) : []),
        ...(hint ? [hint] : []),
      ].join('\n'),
      {
        cause,
      },
    )
    this.problem = problem
    this.hint = hint
    this.fix = fix
    this.position = span.start
    this.end = span.end
    this.line = line
    this.column = column
  }
}

// Enough of a long line to recognise the place, on a terminal of 80 columns.
const shownBefore = 40
const shownAfter = 30

/** The line and, under the character at `column`, a caret. */
function pointAt(line: string, column: number): string[] {
  const from = column > shownBefore + 3 ? column - shownBefore : 0
  const to = line.length > column + shownAfter + 3 ? column + shownAfter : line.length
  const head = (from > 0 ? '…' : '') + line.slice(from, column)
  const tail = line.slice(column, to) + (to < line.length ? '…' : '')
  return [`  ${printable(head)}${printable(tail)}`, `  ${' '.repeat(columnsOf(printable(head)))}^`]
}

/** The text without what would move a terminal's cursor, reverse its writing or hide. */
export function printable(text: string): string {
  return text.replace(/\t/g, ' ').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/gu, '�')
}

/** Columns of a terminal that the text takes: none for a combining mark, two for East Asian letters. */
function columnsOf(text: string): number {
  let columns = 0
  for (const character of text)
    if (!/\p{M}/u.test(character))
      columns +=
        /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(
          character,
        )
          ? 2
          : 1
  return columns
}

/** A stretch of the source, short enough to be part of a sentence. */
export function excerpt(source: string, { start, end }: Span): string {
  const text = printable(source.slice(start, end).replace(/\s+/g, ' '))
  return text.length > 32 ? `${text.slice(0, 31)}…` : text
}
