// The field for the expression, with any problem explained below it.
import { useId } from 'react'
import type { Problem } from './state.js'

interface ExpressionFieldProps {
  readonly source: string
  readonly problem: Problem | null
  readonly onSource: (source: string) => void
  readonly onVariable: (name: string) => void
}

export function ExpressionField({ source, problem, onSource, onVariable }: ExpressionFieldProps) {
  const id = useId()
  return (
    <div className="expression">
      <label htmlFor={id}>Expression</label>
      <input
        id={id}
        type="text"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        value={source}
        aria-invalid={problem !== null}
        aria-describedby={`${id}-problem`}
        onChange={(event) => onSource(event.target.value)}
      />
      <div id={`${id}-problem`} className="problem" aria-live="polite">
        {problem && (
          <>
            <p>
              <strong>{problem.message}</strong>
              {problem.span && ` (column ${problem.span.start + 1})`}
            </p>
            {problem.span && (
              <pre aria-hidden="true">
                {source.slice(0, problem.span.start)}
                <mark>{source.slice(problem.span.start, problem.span.end) || ' '}</mark>
                {source.slice(problem.span.end)}
                {`\n${' '.repeat(problem.span.start)}^`}
              </pre>
            )}
            {problem.hint && <p>{sentence(problem.hint)}</p>}
            <p className="cures">
              {problem.fix && (
                <button type="button" onClick={() => onSource(apply(source, problem.fix!))}>
                  Write <code>{problem.fix.replacement}</code> instead
                </button>
              )}
              {problem.unknown && (
                <button type="button" onClick={() => onVariable(problem.unknown!)}>
                  Make <code>{problem.unknown}</code> a variable
                </button>
              )}
            </p>
            <p className="stale">The graph below still shows the last valid expression.</p>
          </>
        )}
      </div>
    </div>
  )
}

function apply(source: string, { start, end, replacement }: NonNullable<Problem['fix']>): string {
  return source.slice(0, start) + replacement + source.slice(end)
}

function sentence(text: string): string {
  const end = /[.?!]$/.test(text) ? '' : '.'
  return text.charAt(0).toUpperCase() + text.slice(1) + end
}
