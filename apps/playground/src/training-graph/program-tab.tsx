// The program that the graph is compiled to: each instruction with the operations that it computes.
import { Sentence } from '../parts/sentence.js'
import { Value } from '../parts/value.js'
import { useTexts } from '../shell/language.js'
import type { PartProps } from './drawing.js'

export function ProgramTab({ document, go, shown }: PartProps) {
  const texts = useTexts().trainingGraph
  const { run, operations } = shown
  if (!run) return <p className="training-graph-hint">{texts.programOfFile}</p>
  const count = [...operations.values()].filter(({ inputs }) => inputs.length > 0).length
  // The first instruction is where both begin
  const of = { kind: 'training-graph.count', from: () => go({ instruction: 0 }, 'instruction') } as const
  return (
    <>
      <p className="training-graph-hint">
        <Sentence
          text={texts.programOf('{instructions}', '{operations}')}
          numbers={{
            instructions: { ...of, value: run.program.length, label: texts.tabs.program },
            operations: { ...of, value: count, label: texts.nodes },
          }}
        />
      </p>
      <ol className="training-graph-program">
        {run.program.map(({ name, operations, bytes, nodes }, index) => {
          const chosen = document.instruction === index
          const holds = document.selected !== null && nodes.includes(document.selected)
          const toggle = () => go({ instruction: chosen ? null : index }, 'instruction')
          return (
            <li key={index} className={holds ? 'holds' : ''}>
              <button
                type="button"
                className="training-graph-instruction"
                aria-pressed={chosen}
                onClick={toggle}
              >
                <b>{name}</b>
                <small>{nodes.length === 0 && name === 'Record' ? texts.keepsLoss : nodes.join(', ')}</small>
              </button>
              <p>
                <Value of={operations} kind="training-graph.count" label={texts.products} from={toggle} />{' '}
                {texts.products} ·{' '}
                <Value of={bytes} kind="training-graph.count" label={texts.bytes} from={toggle} />{' '}
                {texts.bytes}
              </p>
            </li>
          )
        })}
      </ol>
    </>
  )
}
