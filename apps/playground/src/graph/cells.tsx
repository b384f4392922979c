// An array in a node of the graph: its numbers as a grid, each of them leading to where it comes from.
import type { Numbers } from '@bp/lab'
import { Value } from '../parts/value.js'
import { rowsOf } from './result.js'
import { mostColumns, mostRows } from './sizes.js'

export interface CellsProps {
  readonly of: Numbers
  readonly shape: readonly number[]
  readonly kind: 'graph.value' | 'graph.derivative' | 'graph.tangent'
  readonly label: string
  readonly tone: 'forward' | 'backward'
  readonly from: () => void
  readonly tabIndex: 0 | -1
}

export function Cells({ of, shape, label, ...rest }: CellsProps) {
  const rows = rowsOf(of, shape)
  return (
    <table className="graph-cells" aria-label={`${label}, ${shape.join('×')}`}>
      <tbody>
        {rows.slice(0, mostRows).map((row, index) => (
          <tr key={index}>
            {row.slice(0, mostColumns).map((value, column) => (
              <td key={column}>
                <Value of={value} digits={3} label={`${label} [${index}, ${column}]`} {...rest} />
              </td>
            ))}
            {row.length > mostColumns && <td>…</td>}
          </tr>
        ))}
        {rows.length > mostRows && (
          <tr>
            <td colSpan={mostColumns + 1}>⋮</td>
          </tr>
        )}
      </tbody>
    </table>
  )
}
