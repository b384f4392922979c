// The points that the cost calls x and y, to be changed by hand.
import { type DescentDocument, lecturePoints, mostPoints } from '@bp/lab'
import { NumberField } from '../parts/number-field.js'
import { useTexts } from '../shell/language.js'
import type { PictureProps } from './picture.js'

export function DataTable({ document, change }: PictureProps) {
  const texts = useTexts().descent
  const { points } = document
  const set = (next: DescentDocument['points'], merge?: string) => change({ points: next, step: 0 }, merge)
  if (points.length === 0)
    return (
      <div className="descent-data">
        <p>{texts.noData}</p>
        <button type="button" onClick={() => set(lecturePoints)}>
          {texts.useData}
        </button>
      </div>
    )
  return (
    <div className="descent-data">
      <p>{texts.dataNote}</p>
      <table>
        <thead>
          <tr>
            <th>
              <var>x</var>
            </th>
            <th>
              <var>y</var>
            </th>
            <td />
          </tr>
        </thead>
        <tbody>
          {points.map((point, row) => (
            <tr key={row}>
              {point.map((value, column) => (
                <td key={column}>
                  <NumberField
                    label={texts.cell(column === 0 ? 'x' : 'y', row + 1)}
                    value={value}
                    step={0.1}
                    onChange={(next) => {
                      const changed: readonly [number, number] =
                        column === 0 ? [next, point[1]] : [point[0], next]
                      set(points.with(row, changed), `point ${row} ${column}`)
                    }}
                  />
                </td>
              ))}
              <td>
                <button
                  type="button"
                  className="quiet"
                  aria-label={texts.removePoint(row + 1)}
                  disabled={points.length === 1}
                  onClick={() => set(points.toSpliced(row, 1))}
                >
                  <span aria-hidden="true">×</span>
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <button
        type="button"
        disabled={points.length >= mostPoints}
        onClick={() => {
          const [x, y] = points.at(-1)!
          set([...points, [x + 1, y]])
        }}
      >
        {texts.addPoint}
      </button>
    </div>
  )
}
