// The derivation as mathematics: one line for each step of the way back, as far as it is walked.
import { toDerivation } from '@bp/lab'
import { CopyButton } from '../parts/copy-button.js'
import { useTexts } from '../shell/language.js'
import { type GraphPartProps, isPlain, resultOf } from './account-card.js'
import { Formula } from './formula.js'
import { Result } from './result.js'

/** Steps before the current one that are written out. */
const mostSteps = 100

export function MathsTab({ picture, onFrom, lit, onPoint }: GraphPartProps) {
  const texts = useTexts().graph.maths
  const { trace, view } = picture
  const from = Math.max(0, view.position - mostSteps)
  const steps = trace.steps.slice(from, view.position)
  return (
    <div className="graph-maths">
      {view.position === 0 && <p>{texts.none}</p>}
      {from > 0 && <p>… {from}</p>}
      {steps.map((step, index) => {
        const { account, phase, node } = step
        return (
          <div
            key={index}
            className={`${phase === 'forward' ? 'forward' : 'backward'} ${lit.includes(node) ? 'lit' : ''}`}
            onPointerEnter={() => onPoint([node])}
            onPointerLeave={() => onPoint(null)}
          >
            <Formula of={account.left} onFrom={onFrom} />
            <span className="maths-right">
              {account.symbols.length > 0 && !isPlain(account) && (
                <>
                  {' = '}
                  <Formula of={account.symbols} onFrom={onFrom} />
                </>
              )}
              {account.numbers.length > 0 && (
                <>
                  {' = '}
                  <Formula of={account.numbers} onFrom={onFrom} />
                </>
              )}
              {' = '}
              <Result {...resultOf(step, account, { picture, onFrom })} most={4} />
            </span>
          </div>
        )
      })}
      <p className="account-actions">
        <CopyButton title={texts.copy} text={toDerivation(trace)} />
      </p>
    </div>
  )
}
