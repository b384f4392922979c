// What commands without a screen share: their form, and columns of text.
import stringWidth from 'string-width'
import { padEnd } from './fit.js'
import type { Interface } from './terminal.js'
import { UsageError } from './usage-error.js'

/** @throws UsageError for a full screen. */
export function noScreen(command: string, given: Interface | undefined): 'plain' | 'json' {
  if (given === 'tui') throw new UsageError(`${command} writes lines; use --ui plain or --ui json`)
  return given ?? 'plain'
}

/** Columns as wide as they must be. */
export function inColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => stringWidth(row[at]!))))
  return rows.map((row) =>
    row
      .map((text, at) => padEnd(text, widths[at]!))
      .join('  ')
      .trimEnd(),
  )
}
