// What is wrong with the numbers so far: where it began, why, and the cure.
import { formatNumber, type TraceProblem } from '@bp/lab'
import { useTexts } from '../shell/language.js'
import type { GraphPartProps } from './account-card.js'

export function Problems({ document, change, picture }: GraphPartProps) {
  const texts = useTexts().graph
  const { trace, view } = picture
  // Nothing is told before it is computed; what the graph itself rules out is.
  const shown = trace.problems.filter((problem) => !('step' in problem) || problem.step < view.position)
  if (shown.length === 0) return null
  const title = (id: string) => trace.nodes.find((node) => node.id === id)!.title
  const write = (problem: TraceProblem): string => {
    const name = title(problem.node)
    if (problem.kind === 'array-target') return texts.problems['array-target'](name, problem.shape.join('×'))
    if (problem.kind === 'no-derivative') return texts.problems['no-derivative'](name, problem.ops.join(', '))
    const cell = problem.cell.length > 0 ? `[${problem.cell.join(', ')}]` : ''
    const what = problem.of === 'value' ? `${name}${cell}` : `∂${trace.target.title}/∂${name}${cell}`
    const why = texts.problems.because[problem.reason]
    return problem.kind === 'underflow'
      ? texts.problems.underflow(what, why)
      : texts.problems.notFinite(what, formatNumber(problem.value), why)
  }
  return (
    <div className="graph-problems">
      {shown.map((problem) => (
        <div key={`${problem.kind} ${problem.node}`} className="warning" role="alert">
          <p>{write(problem)}</p>
          {'step' in problem && problem.step + 1 !== view.position && (
            <button
              type="button"
              className="quiet"
              onClick={() => change({ ...document, position: problem.step + 1, selected: problem.node })}
            >
              {texts.problems.show}
            </button>
          )}
        </div>
      ))}
    </div>
  )
}
