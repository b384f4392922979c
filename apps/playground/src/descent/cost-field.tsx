// The cost as it is typed: the picture follows as soon as it can be read, and stays calm until then.

import { ExpressionError, sayReason } from '@bp/expression'
import { type Bowl, BowlError, type DescentDocument, formatNumber } from '@bp/lab'
import { useEffect, useId, useState } from 'react'
import { useSlices } from '../parts/use-slices.js'
import { type Texts, useTexts } from '../shell/language.js'
import { compiling } from './scene.js'

interface CostFieldProps {
  readonly document: DescentDocument
  /** The cost of the document; null if it cannot be read. */
  readonly bowl: Bowl | null
  /** What is wrong with the cost of the document, if a link brought it. */
  readonly error: unknown
  readonly onCost: (cost: Bowl) => void
  /** Shows the data that the cost is on. */
  readonly onData: (() => void) | undefined
}

/** A pause of this many ms while typing, and what is wrong is said. */
const patience = 900

/** Points in the field; the others are in their table. */
const shownPoints = 3

export function CostField({ document, bowl, error, onCost, onData }: CostFieldProps) {
  const all = useTexts()
  const texts = all.descent
  const id = useId()
  const [draft, setDraft] = useState<string | null>(null)
  const [problem, setProblem] = useState<unknown>(null)
  const [said, setSaid] = useState(false)
  // The document was changed from elsewhere: by undo, or by a preset.
  const [seen, setSeen] = useState(document.cost)
  if (seen !== document.cost) {
    setSeen(document.cost)
    if (draft !== null && draft !== document.cost) {
      setDraft(null)
      setProblem(null)
    }
  }
  useEffect(() => {
    setSaid(false)
    if (!problem) return
    const timer = setTimeout(() => setSaid(true), patience)
    return () => clearTimeout(timer)
  }, [problem])

  // What was typed last is read in slices, and the place draws it as soon as it is whole.
  const { points } = document
  const { result: typed, busy } = useSlices(
    function* () {
      return draft === null ? null : { text: draft, ...(yield* compiling(draft, points)) }
    },
    [draft, points],
  )
  useEffect(() => {
    if (busy || typed?.text !== draft || !typed) return
    setProblem(typed.error)
    if (typed.bowl && draft !== document.cost) onCost(typed.bowl)
  }, [typed, busy])

  const shown = said && problem ? problem : draft === null ? error : null
  const { parameters, readings } = bowl ?? { parameters: [], readings: [] }
  return (
    <div className="descent-cost-field">
      <label htmlFor={id}>
        <span className="visually-hidden">{texts.cost}</span>
        <span aria-hidden="true">
          <var>cost</var>
          {parameters.length > 0 && (
            <>
              (
              {parameters.map((name, index) => (
                <span key={name}>
                  {index > 0 && ', '}
                  <var>{name}</var>
                </span>
              ))}
              )
            </>
          )}{' '}
          =
        </span>
      </label>
      <input
        id={id}
        type="text"
        value={draft ?? document.cost}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        aria-invalid={shown !== null}
        aria-describedby={shown ? `${id}-problem` : undefined}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={() => setSaid(true)}
      />
      {draft === null || problem === null ? <Readings readings={readings} /> : null}
      {onData && document.points.length > 0 && (
        <button type="button" className="quiet descent-on" onClick={onData}>
          {texts.on}{' '}
          {document.points
            .slice(0, shownPoints)
            .map((point) => `(${point.map((value) => formatNumber(value, 3)).join(', ')})`)
            .join(' ')}
          {document.points.length > shownPoints && ' …'}
        </button>
      )}
      {shown !== null && (
        <p className="descent-problem" id={`${id}-problem`} role="status">
          {messageOf(shown, all)} {draft !== null && texts.problems.shown}
        </p>
      )}
    </div>
  )
}

/** How what is spelled in another way is read: `wx` as w·x. */
function Readings({ readings }: Pick<Bowl, 'readings'>) {
  const { read } = useTexts().graph
  if (readings.length === 0) return null
  return <span className="descent-read">{readings.map(({ from, to }) => read(from, to)).join(' · ')}</span>
}

/** What is wrong with a cost, and the cure. */
export function messageOf(error: unknown, { descent: texts, expression }: Texts): string {
  if (error instanceof BowlError) {
    const { problem, found } = error
    if (problem === 'noParameter') return texts.problems.noParameter
    return problem === 'notScalar'
      ? texts.problems.notScalar(found.join('×'))
      : texts.problems.tooManyParameters(found.join(', '))
  }
  if (error instanceof ExpressionError) return `${sayReason(expression, error.reason).join('; ')}.`
  return error instanceof Error ? error.message : String(error)
}
