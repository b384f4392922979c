// The error of this package.
import { BackpropagationError } from '@bp/core/lean'

/** A table that cannot be used as it is; the message says where, and which option cures it. */
export class TableError extends BackpropagationError {
  override name = 'TableError'
  /** 1-based line of the file, or `null` where the problem is not in one line. */
  readonly line: number | null

  constructor(line: number | null, problem: string) {
    super(line === null ? problem : `line ${line}: ${problem}`)
    this.line = line
  }
}

/** Text for messages: on one line, without control characters, and shortened. */
export function quote(text: string): string {
  const shown = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
  return JSON.stringify(shown.length > 40 ? `${shown.slice(0, 39)}…` : shown)
}

/** `1 row`, `2 rows`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`
}

/** `1,234,567`, the same in every locale. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** Up to `most` of them, and how many more there are. */
export function listed(names: readonly string[], most = 40): string {
  const shown = names.slice(0, most).join(', ')
  return names.length > most ? `${shown} and ${formatCount(names.length - most)} more` : shown
}
