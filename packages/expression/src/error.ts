// The language's one error type: what is wrong, where, and the cure.
import { BackpropagationError } from '@bp/core/lean'
import { english, type Reason, sayReason } from './reasons.js'
import type { Span } from './syntax.js'

/** An edit of the source that applies the hint. */
export interface Fix extends Span {
  readonly replacement: string
}

/**
 * Something wrong in a source text. `message` is for a terminal: the problem, the line with a caret under the position,
 * and the hint.
 */
export class ExpressionError extends BackpropagationError {
  override name = 'ExpressionError'
  /** What is wrong, as a code with its parameters: a page says it in its own language. */
  readonly reason: Reason
  /** What is wrong, in one sentence, without the position. */
  readonly problem: string
  /** What to do about it, or `null` when the problem already says so. */
  readonly hint: string | null
  /** The edit that the hint describes, where there is exactly one. */
  readonly fix: Fix | null
  /** All names without a value, where that is what is wrong. */
  readonly unknown: readonly string[]
  /** Offset in the source, in UTF-16 units. */
  readonly position: number
  /** Where the offending part ends; equal to `position` when something is missing there. */
  readonly end: number
  /** 1-based line of the source. */
  readonly line: number
  /** 1-based column in that line. */
  readonly column: number

  /** @internal */
  constructor(
    source: string,
    span: Span,
    reason: Reason,
    {
      fix = null,
      unknown = [],
      cause,
    }: { fix?: Fix | null; unknown?: readonly string[]; cause?: unknown } = {},
  ) {
    const [problem, hint = null] = sayReason(english, reason)
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
    this.reason = reason
    this.problem = problem
    this.hint = hint
    this.fix = fix
    this.unknown = unknown
    this.position = span.start
    this.end = span.end
    this.line = line
    this.column = column
  }
}

// Enough context of a long line for a terminal of 80 columns.
const shownBefore = 40
const shownAfter = 30

/** The line, and a caret under the character at `column`. */
function pointAt(line: string, column: number): string[] {
  const from = column > shownBefore + 3 ? column - shownBefore : 0
  const to = line.length > column + shownAfter + 3 ? column + shownAfter : line.length
  const head = (from > 0 ? '…' : '') + line.slice(from, column)
  const tail = line.slice(column, to) + (to < line.length ? '…' : '')
  return [`  ${printable(head)}${printable(tail)}`, `  ${' '.repeat(columnsOf(printable(head)))}^`]
}

/** The text without characters that move a terminal's cursor, reverse its direction or are invisible. */
export function printable(text: string): string {
  return text.replace(/\t/g, ' ').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/gu, '�')
}

/** Terminal columns that the text occupies: none for a combining mark, two for East Asian letters. */
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

/** A span of the source, short enough for a message. */
export function excerpt(source: string, { start, end }: Span): string {
  const text = printable(source.slice(start, end).replace(/\s+/g, ' '))
  return text.length > 32 ? `${text.slice(0, 31)}…` : text
}
