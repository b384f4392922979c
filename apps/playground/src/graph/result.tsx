// The result of a step: a number, or an array as a small table.
import type { Numbers } from '@bp/lab'
import type { Kind } from '../parts/kinds.js'
import { Value } from '../parts/value.js'

interface ResultProps {
  readonly of: Numbers
  readonly shape: readonly number[]
  readonly kind: Kind
  readonly label: string
  readonly tone: 'forward' | 'backward'
  /** Goes to the step. */
  readonly from: () => void
  /** Significant digits in a table, default 3. */
  readonly digits?: number
  /** Rows and columns that are shown, default 5; `…` stands for the others. */
  readonly most?: number
}

export function Result({ of, shape, digits = 3, most = 5, ...rest }: ResultProps) {
  if (typeof of === 'number') return <Value of={of} {...rest} />
  const rows = rowsOf(of, shape)
  const shownRows = rows.slice(0, most)
  return (
    <table className="cells">
      <tbody>
        {shownRows.map((row, index) => (
          <tr key={index}>
            {row.slice(0, most).map((value, column) => (
              <td key={column}>
                <Value of={value} digits={digits} {...rest} />
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
