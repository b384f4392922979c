// Moves one variable and compares what the derivative predicts with what happens.
import { curve, formatNumber, nudge } from '@bp/lab'
import { useState } from 'react'
import { NumberField } from '../parts/number-field.js'
import { Sentence, type SentenceNumber } from '../parts/sentence.js'
import { Value } from '../parts/value.js'
import { useTexts } from '../shell/language.js'
import type { GraphPartProps } from './account-card.js'
import { Tangent } from './tangent.js'

const deltas = [1, 0.1, 0.001]

export function NudgeTab({ document, change, picture, onFrom }: GraphPartProps) {
  const texts = useTexts().graph.nudge
  const { trace, view, graph } = picture
  const variables = trace.nodes.filter(({ kind, value }) => kind === 'variable' && typeof value === 'number')
  const selected = variables.find(({ id }) => id === (document.selected ?? view.current?.node))
  const [name, setName] = useState<string | null>(null)
  const [delta, setDelta] = useState(1)
  const variable = variables.find(({ id }) => id === name) ?? selected ?? variables[0]
  const total = trace.steps.length
  if (view.position < total)
    return (
      <div className="graph-wait">
        <p>{texts.first}</p>
        <button type="button" onClick={() => change({ ...document, position: total })}>
          {texts.toEnd}
        </button>
      </div>
    )
  if (!variable || typeof trace.target.value !== 'number') return <p>{texts.onlyNumbers}</p>
  const target = trace.target
  const derivative = trace.mode === 'reverse' ? variable.derivative : null
  const slope = typeof derivative === 'number' ? derivative : 0
  const moved = [...new Set([delta, ...deltas])].map((by) => ({
    by,
    ...nudge(graph, variable.id, by, target.id),
  }))
  const shown = moved[0]!
  const toDerivative = () => onFrom({ of: 'derivative', node: variable.id })
  const toValue = () => onFrom({ of: 'value', node: target.id })
  const numbers: Record<string, SentenceNumber> = {
    slope: {
      value: slope,
      kind: 'graph.derivative',
      label: texts.slope(''),
      tone: 'backward',
      digits: 4,
      from: toDerivative,
    },
    predicted: {
      value: shown.predicted,
      kind: 'graph.predicted',
      label: texts.predicted,
      tone: 'backward',
      digits: 4,
      from: toDerivative,
    },
    real: {
      value: shown.change,
      kind: 'graph.real',
      label: texts.real,
      tone: 'forward',
      digits: 4,
      from: toValue,
    },
  }
  return (
    <div className="graph-nudge">
      <div className="graph-nudge-controls">
        <label>
          {texts.variable}{' '}
          <select value={variable.id} onChange={(event) => setName(event.target.value)}>
            {variables.map(({ id, title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <span>{texts.by}</span>
        <NumberField label={texts.by} value={delta} step={0.1} scrub onChange={setDelta} />
      </div>
      <Tangent
        label={texts.curve(target.title, variable.title)}
        at={variable.value as number}
        value={target.value as number}
        slope={slope}
        delta={delta}
        real={shown.after}
        curve={(low, high) => curve(graph, variable.id, { low, high, target: target.id })}
        caption={<Sentence text={texts.slope('{slope}')} numbers={numbers} />}
      />
      <p className="graph-nudge-words">
        <Sentence
          text={texts.sentence(
            variable.title,
            formatNumber(shown.by, 4),
            target.title,
            '{predicted}',
            '{real}',
          )}
          numbers={numbers}
        />
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">{texts.by}</th>
            <th scope="col">{texts.predicted}</th>
            <th scope="col">{texts.real}</th>
            <th scope="col">{texts.error}</th>
          </tr>
        </thead>
        <tbody>
          {moved.map(({ by, predicted, change: real }) => (
            <tr key={by}>
              <td>
                <button type="button" className="value" onClick={() => setDelta(by)}>
                  {formatNumber(by)}
                </button>
              </td>
              <td>
                <Value
                  of={predicted}
                  digits={4}
                  kind="graph.predicted"
                  label={texts.predicted}
                  tone="backward"
                  from={toDerivative}
                />
              </td>
              <td>
                <Value
                  of={real}
                  digits={4}
                  kind="graph.real"
                  label={texts.real}
                  tone="forward"
                  from={toValue}
                />
              </td>
              <td>
                <Value
                  of={real - predicted}
                  digits={3}
                  kind="graph.error"
                  label={texts.error}
                  from={toDerivative}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
