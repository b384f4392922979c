// The first half of the page: an expression, its graph, and how every derivative flows through it.
import { listed, viewAt } from '@bp/lab'
import { useEffect, useMemo, useReducer, useRef } from 'react'
import { Drawing } from './drawing.js'
import { ExpressionField } from './expression-field.js'
import { Nudges } from './nudges.js'
import { initialState, presets, reduce } from './state.js'
import { StepsList } from './steps-list.js'
import { Timeline } from './timeline.js'

export function GraphLab() {
  const [state, dispatch] = useReducer(reduce, undefined, () => initialState())
  const { source, picture, problem, position, expanded } = state
  const section = useRef<HTMLElement>(null)
  const go = (position: number) => dispatch({ type: 'position', position })

  const view = useMemo(() => viewAt(picture.trace, position), [picture, position])

  useEffect(() => {
    const step = (event: KeyboardEvent) => {
      const direction = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
      const target = event.target as HTMLElement
      const here = target === document.body || section.current!.contains(target)
      if (
        direction === 0 ||
        !here ||
        target.matches('input') ||
        event.altKey ||
        event.ctrlKey ||
        event.metaKey
      )
        return
      event.preventDefault()
      dispatch({ type: 'position', position: position + direction })
    }
    addEventListener('keydown', step)
    return () => removeEventListener('keydown', step)
  }, [position])

  return (
    <section ref={section} id="graph" className="card" aria-labelledby="graph-title">
      <h2 id="graph-title">A graph and its derivatives</h2>
      <p className="lead">
        Every formula is a graph of small operations. Values flow{' '}
        <span className="forward-word">forward →</span>, from the variables to the result. Then derivatives
        flow <span className="backward-word">← backward</span>: each operation multiplies the derivative it
        receives by its own local derivative and passes the product on.
      </p>
      <div className="toolbar">
        <ExpressionField
          source={source}
          problem={problem}
          onSource={(source) => dispatch({ type: 'source', source })}
          onVariable={(name) => dispatch({ type: 'value', name, value: 1 })}
        />
        <fieldset className="presets">
          <legend>Examples</legend>
          {presets.map((preset) => (
            <button
              key={preset.title}
              type="button"
              aria-pressed={preset.source === source}
              onClick={() => dispatch({ type: 'preset', preset })}
            >
              <code>{preset.title}</code>
            </button>
          ))}
        </fieldset>
        {picture.composites.length > 0 && (
          <label className="check">
            <input
              type="checkbox"
              checked={expanded}
              onChange={(event) => dispatch({ type: 'expanded', expanded: event.target.checked })}
            />
            <span>Show {listed(picture.composites, 'and')} as a chain of simple operations</span>
          </label>
        )}
      </div>
      <div className={problem ? 'picture stale' : 'picture'}>
        <Drawing
          trace={picture.trace}
          view={view}
          editable={picture.editable}
          onValue={(name, value) => dispatch({ type: 'value', name, value })}
          onPosition={go}
        />
        <p className="legend">
          <span className="forward-word">value</span>
          <span className="backward-word">derivative</span>
          <span>▲ increases the result, ▼ decreases it</span>
          <span>on an edge: local × upstream = passed on</span>
          <span>— not computed yet</span>
          <span>
            change a value: type, or <kbd>↑</kbd> <kbd>↓</kbd>
          </span>
          <span>
            step: <kbd>←</kbd> <kbd>→</kbd>
          </span>
        </p>
        <Timeline trace={picture.trace} position={position} onPosition={go} />
        {picture.trace.warnings.map((warning) => (
          <p key={warning} className="warning" role="alert">
            {warning}
          </p>
        ))}
        <div className="explanations">
          <StepsList trace={picture.trace} position={position} onPosition={go} />
          <Nudges {...picture} />
        </div>
      </div>
    </section>
  )
}
