// An array in a node of the graph: its numbers as a grid, each of them leading to where it comes from, or a field.
import type { Numbers } from '@bp/lab'
import type { KeyboardEvent } from 'react'
import { NumberField } from '../parts/number-field.js'
import { Value } from '../parts/value.js'
import { rowsOf } from './result.js'
import { mostColumns, mostRows } from './sizes.js'

type Index = readonly number[]

interface CellsProps {
  readonly of: Numbers
  readonly shape: readonly number[]
  readonly kind: 'graph.value' | 'graph.derivative' | 'graph.tangent'
  readonly label: string
  readonly tone: 'forward' | 'backward'
  readonly from: () => void
  readonly tabIndex: 0 | -1
  /** Rows and columns that are drawn; `…` stands for the others. */
  readonly most?: readonly [rows: number, columns: number]
  /** Cells that make the one that is pointed at, `0,1`. */
  readonly lit?: ReadonlySet<string> | undefined
  readonly onPoint?: (cell: Index | null) => void
  /** Makes its cells fields. */
  readonly onChange?: ((cell: Index, value: number) => void) | undefined
}

export function Cells({
  of,
  shape,
  label,
  tabIndex,
  most: [rowLimit, columnLimit] = [mostRows, mostColumns],
  lit,
  onPoint,
  onChange,
  ...rest
}: CellsProps) {
  const rows = rowsOf(of, shape)
  return (
    <table
      className="graph-cells"
      aria-label={`${label}, ${shape.join('×')}`}
      onKeyDown={goToCell}
      onPointerLeave={() => onPoint?.(null)}
      onBlur={() => onPoint?.(null)}
    >
      <tbody>
        {rows.slice(0, rowLimit).map((row, index) => (
          <tr key={index}>
            {row.slice(0, columnLimit).map((value, column) => {
              const cell = indexOf(shape, index, column)
              const shared = {
                label: `${label} [${cell.map((at) => at + 1).join(', ')}]`,
                // One stop of the tab key for all cells: arrow keys go on from there.
                tabIndex: index === 0 && column === 0 ? tabIndex : -1,
              } as const
              return (
                <td
                  key={column}
                  className={lit?.has(cell.join()) ? 'lit' : ''}
                  onPointerEnter={() => onPoint?.(cell)}
                  onFocus={() => onPoint?.(cell)}
                >
                  {onChange ? (
                    <NumberField
                      {...shared}
                      value={value}
                      step={1}
                      onChange={(next) => onChange(cell, next)}
                    />
                  ) : (
                    <Value of={value} digits={3} {...shared} {...rest} />
                  )}
                </td>
              )
            })}
            {row.length > columnLimit && <td>…</td>}
          </tr>
        ))}
        {rows.length > rowLimit && (
          <tr>
            <td colSpan={columnLimit + 1}>⋮</td>
          </tr>
        )}
      </tbody>
    </table>
  )
}

/** Left and right go from cell to cell, through the rows; up and down too where they do not change a number; Enter down. */
function goToCell(event: KeyboardEvent<HTMLElement>): void {
  const target = event.target as HTMLElement
  const cells = [...event.currentTarget.querySelectorAll<HTMLElement>('button, input')]
  const columns = event.currentTarget.querySelectorAll('tr:first-child :is(button, input)').length
  const field = target instanceof HTMLInputElement ? target : null
  if (event.altKey || event.ctrlKey || event.metaKey) return
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ...(field ? { Enter: columns } : { ArrowUp: -columns, ArrowDown: columns }),
  }
  const step = steps[event.key]
  if (step === undefined) return
  event.stopPropagation()
  if (field && event.key !== 'Enter') {
    // Within what is being typed, the caret moves.
    const whole = field.selectionStart === 0 && field.selectionEnd === field.value.length
    const edge = step < 0 ? field.selectionEnd === 0 : field.selectionStart === field.value.length
    if (!whole && !edge) return
  }
  event.preventDefault()
  cells[cells.indexOf(target) + step]?.focus()
}

/** Index of a cell of an array that is drawn as rows: axes but the last are stacked. */
function indexOf(shape: readonly number[], row: number, column: number): number[] {
  const index = [column]
  let rest = row
  for (const size of shape.slice(0, -1).toReversed()) {
    index.unshift(rest % size)
    rest = Math.floor(rest / size)
  }
  return index
}

/** The numbers with one of them changed. */
export function writeNumberAt(numbers: Numbers, [first, ...rest]: Index, value: number): Numbers {
  if (typeof numbers === 'number' || first === undefined) return value
  return numbers.map((entry, index) =>
    index === first ? writeNumberAt(entry, rest, value) : entry,
  ) as Numbers
}
