// What a derivative means: move one variable and see how far the output moves.
import { formatNumber, nudge } from '@bp/lab'
import { useId, useState } from 'react'
import type { Picture } from './state.js'

const amounts = [1, 0.1, 0.001]

export function Nudges({ graph, trace }: Picture) {
  const group = useId()
  const [amount, setAmount] = useState(1)
  const output = trace.output.title
  const moved = trace.nodes
    .filter(({ kind, derivative }) => kind === 'variable' && typeof derivative === 'number')
    .map(({ name }) => ({ name, ...nudge(graph, name, amount) }))
  if (moved.length === 0) return null
  const rows = moved.map((row) => ({ ...row, straight: nearlyEqual(row.change, row.predicted, row.before) }))

  return (
    <section className="nudges" aria-labelledby={`${group}-title`}>
      <h3 id={`${group}-title`}>What a derivative means</h3>
      <fieldset className="choices">
        <legend>Move one variable by</legend>
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
            <th scope="col">move</th>
            <th scope="col">derivative × move</th>
            <th scope="col">
              <var>{output}</var> really moves
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, change, predicted, straight }) => (
            <tr key={name}>
              <th scope="row">
                <var>{name}</var> + {formatNumber(amount)}
              </th>
              <td>{written(predicted)}</td>
              <td>
                {written(change)} <span className="verdict">{straight ? '= the same' : '≠ it bends'}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="note">
        {rows.every(({ straight }) => straight)
          ? 'The derivative foretells it exactly, since along each variable the output is a straight line.'
          : 'The derivative is the slope at this very point: the smaller the move, the better it foretells.'}
      </p>
    </section>
  )
}

/** Equal but for the rounding of the difference of two outputs. */
function nearlyEqual(a: number, b: number, scale: number): boolean {
  return Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(scale), Math.abs(a))
}

/** To four digits: a difference of rounded numbers is noisy in its last ones. */
function written(number: number): string {
  return formatNumber(number, 4)
}
