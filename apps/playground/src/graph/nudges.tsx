// What a derivative means: change one variable and see how much the output changes.
import { formatNumber, nudge } from '@bp/lab'
import { useId, useState } from 'react'
import type { Picture } from './state.js'

const amounts = [1, 0.1, 0.001]

export function Nudges({ graph, trace }: Picture) {
  const group = useId()
  const [amount, setAmount] = useState(1)
  const output = trace.output.title
  const changes = trace.nodes
    .filter(({ kind, derivative }) => kind === 'variable' && typeof derivative === 'number')
    .map(({ name }) => ({ name, ...nudge(graph, name, amount) }))
  if (changes.length === 0) return null
  const rows = changes.map((row) => ({ ...row, linear: nearlyEqual(row.change, row.predicted, row.before) }))

  return (
    <section className="nudges" aria-labelledby={`${group}-title`}>
      <h3 id={`${group}-title`}>What a derivative means</h3>
      <fieldset className="choices">
        <legend>Change one variable by</legend>
        {amounts.map((choice) => (
          <label key={choice}>
            <input type="radio" name={group} checked={choice === amount} onChange={() => setAmount(choice)} />
            <span>{formatNumber(choice)}</span>
          </label>
        ))}
      </fieldset>
      <p className="nudge-line">
        {rows.map(({ name, change }, index) => (
          <span key={name}>
            {index === 0 ? 'If ' : 'if '}
            <var>{name}</var> changes by {formatNumber(amount)}, <var>{output}</var> changes by{' '}
            <strong>{written(change)}</strong>
            {index < rows.length - 1 ? '; ' : '.'}
          </span>
        ))}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">change</th>
            <th scope="col">derivative × change</th>
            <th scope="col">
              actual change of <var>{output}</var>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, change, predicted, linear }) => (
            <tr key={name}>
              <th scope="row">
                <var>{name}</var> + {formatNumber(amount)}
              </th>
              <td>{written(predicted)}</td>
              <td>
                {written(change)} <span className="verdict">{linear ? '= predicted' : '≠ curved here'}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="note">
        {rows.every(({ linear }) => linear)
          ? 'The derivative predicts the change exactly, since the output is linear in each variable.'
          : 'The derivative is the slope at this point: the smaller the change, the better the prediction.'}
      </p>
    </section>
  )
}

/** Equal up to the rounding error of the difference of two outputs. */
function nearlyEqual(a: number, b: number, scale: number): boolean {
  return Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(scale), Math.abs(a))
}

/** With four digits: the last ones of a difference of rounded numbers are noise. */
function written(number: number): string {
  return formatNumber(number, 4)
}
