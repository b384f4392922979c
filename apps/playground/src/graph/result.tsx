// The result of a step: a number, or an array as a small table.
import { formatNumber, type Numbers } from '@bp/lab'

interface ResultProps {
  readonly of: Numbers
  readonly shape: readonly number[]
  /** Significant digits in a table, default 3. */
  readonly digits?: number
  /** Rows and columns that are shown, default 5; `…` stands for the others. */
  readonly most?: number
}

export function Result({ of, shape, digits = 3, most = 5 }: ResultProps) {
  if (typeof of === 'number') return <span title={String(of)}>{formatNumber(of)}</span>
  const rows = rowsOf(of, shape)
  const shownRows = rows.slice(0, most)
  return (
    <table className="cells">
      <tbody>
        {shownRows.map((row, index) => (
          <tr key={index}>
            {row.slice(0, most).map((value, column) => (
              <td key={column} title={String(value)}>
                {formatNumber(value, digits)}
              </td>
            ))}
            {row.length > most && <td>…</td>}
          </tr>
        ))}
        {rows.length > most && (
          <tr>
            <td>⋮</td>
          </tr>
        )}
      </tbody>
    </table>
  )
}

/** An array as rows of numbers: a vector is one row, what has more axes is stacked. */
export function rowsOf(numbers: Numbers, shape: readonly number[]): number[][] {
  if (typeof numbers === 'number') return [[numbers]]
  if (shape.length === 1) return [numbers as number[]]
  if (shape.length === 2) return numbers as number[][]
  return (numbers as Numbers[]).flatMap((part) => rowsOf(part, shape.slice(1)))
}
