// What is made of a table, as lines of text.
import { describeTable, type Inspection, type ReportLine, type TableDescription } from '@bp/table'
import stringWidth from 'string-width'
import { cut, padEnd, visible } from '../fit.js'

/** More columns are counted rather than listed before a training. */
const mostLines = 12
const widestName = 24
const widestKind = 36

/** All columns. */
export function reportTable(inspection: Inspection): string[] {
  return drawReport(describeTable(inspection))
}

/** What has become of the columns about which there is something to say, as many as fit before a training. */
export function reportBriefly(inspection: Inspection, description: TableDescription): string[] {
  const lines = describeTable(inspection, description)
  const said = lines.filter(
    ({ role, kind, becomes }) => role === 'target' || kind !== 'number' || becomes !== '',
  )
  const plain = lines.length - said.length
  const shown = said.slice(0, mostLines)
  const more = said.length - shown.length
  return [
    ...drawReport(shown),
    ...(plain > 0
      ? [`  ${plain} ${shown.length > 0 ? 'more ' : ''}column${plain === 1 ? '' : 's'} of plain numbers`]
      : []),
    ...(more > 0 ? [`  and ${more} more column${more === 1 ? '' : 's'}; bp inspect shows all`] : []),
  ]
}

function drawReport(lines: readonly ReportLine[]): string[] {
  const cells = lines.map(({ column, kind, becomes }) => [
    cut(visible(column), widestName),
    cut(visible(kind), widestKind),
    visible(becomes),
  ])
  const [first, second] = [0, 1].map((at) => Math.max(0, ...cells.map((row) => stringWidth(row[at]!))))
  return cells.map(([name, kind, becomes]) =>
    `  ${padEnd(name!, first!)}  ${padEnd(kind!, second!)}  ${becomes}`.trimEnd(),
  )
}

/** `10,000 rows · 14 columns`. */
export function describeSize({ table }: Inspection, formatCount: (count: number) => string): string {
  const { rows, columns } = table
  return `${formatCount(rows)} row${rows === 1 ? '' : 's'} · ${formatCount(columns.length)} column${columns.length === 1 ? '' : 's'}`
}
