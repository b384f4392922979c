// Checks the derivatives against central differences: the error is a V over the step h.
import { checkDerivative, type DerivativeCheck } from '@bp/lab'
import { useMemo } from 'react'
import { Value } from '../parts/value.js'
import { useTexts } from '../shell/language.js'
import type { GraphPartProps } from './account-card.js'

const width = 320
const height = 180
const margin = { left: 40, right: 8, top: 10, bottom: 24 }

export function CheckTab({ document, change, picture, onFrom }: GraphPartProps) {
  const texts = useTexts().graph
  const { trace, view, graph } = picture
  const ready = view.position >= trace.steps.length
  const rows = useMemo(
    () =>
      ready && trace.target.shape.length === 0
        ? [...graph.variables.keys()].map((name) => checkDerivative(graph, name, trace.target.id))
        : [],
    [ready, graph, trace.target],
  )
  if (!ready)
    return (
      <div className="graph-wait">
        <p>{texts.nudge.first}</p>
        <button type="button" onClick={() => change({ ...document, position: trace.steps.length })}>
          {texts.nudge.toEnd}
        </button>
      </div>
    )
  return (
    <div className="graph-check">
      <p>{texts.check.intro(trace.target.title)}</p>
      <Chart rows={rows} label={texts.check.chart} />
      <table>
        <thead>
          <tr>
            <th scope="col">{texts.check.variable}</th>
            <th scope="col">{texts.check.exact}</th>
            <th scope="col">{texts.check.measured}</th>
            <th scope="col">{texts.check.error}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, derivative, estimates, best, passes }) => (
            <tr key={name}>
              <td>{name}</td>
              <td>
                <Value
                  of={derivative}
                  kind="graph.derivative"
                  label={texts.derivativeBy(trace.target.title, name)}
                  tone="backward"
                  from={() => onFrom({ of: 'derivative', node: name })}
                />
              </td>
              <td>
                <Value
                  of={estimates.find(({ h }) => h === best.h)!.estimate}
                  kind="graph.measured"
                  label={texts.check.measured}
                  tone="forward"
                  from={() => onFrom({ of: 'value', node: trace.target.id })}
                />
              </td>
              <td>
                <Value
                  of={best.error}
                  digits={2}
                  kind="graph.error"
                  label={texts.check.error}
                  from={() => onFrom({ of: 'derivative', node: name })}
                />{' '}
                <span aria-hidden="true">{passes ? '✓' : '✗'}</span>
                <span className="visually-hidden">{passes ? texts.check.right : texts.check.wrong}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Chart({ rows, label }: { readonly rows: readonly DerivativeCheck[]; readonly label: string }) {
  const smallest = 1e-17
  const x = (h: number) => margin.left + ((-Math.log10(h) - 1) / 11) * (width - margin.left - margin.right)
  const decades = rows.flatMap(({ estimates }) =>
    estimates.map(({ error }) => Math.log10(Math.max(error, smallest))),
  )
  const high = Math.ceil(Math.max(0, ...decades))
  const low = -17
  const y = (error: number) =>
    margin.top +
    ((high - Math.log10(Math.max(error, smallest))) / (high - low)) * (height - margin.top - margin.bottom)
  return (
    <svg className="graph-check-chart" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      {[0, -5, -10, -15].map((power) => (
        <g key={power}>
          <line x1={margin.left} x2={width - margin.right} y1={y(10 ** power)} y2={y(10 ** power)} />
          <text x={margin.left - 6} y={y(10 ** power) + 3} textAnchor="end">{`1e${power}`}</text>
        </g>
      ))}
      {[1, 4, 7, 10].map((power) => (
        <text key={power} x={x(10 ** -power)} y={height - 6} textAnchor="middle">{`h = 1e−${power}`}</text>
      ))}
      {rows.map(({ name, estimates }) => (
        <polyline
          key={name}
          points={estimates
            .filter(({ error }) => Number.isFinite(error))
            .map(({ h, error }) => `${x(h).toFixed(1)},${y(error).toFixed(1)}`)
            .join(' ')}
        />
      ))}
    </svg>
  )
}
