// The account of the step that was done last: in symbols, in numbers, in words.

import { toText } from '@bp/expression'
import {
  formatNumbers,
  type GraphDocument,
  type GraphPicture,
  type Source,
  type StepAccount,
  type TraceNode,
  type TraceView,
  writeFormula,
} from '@bp/lab'
import { Value } from '../parts/value.js'
import { useTexts } from '../shell/language.js'
import type { PlaceProps } from '../shell/place.js'
import { Cells, writeNumberAt } from './cells.js'
import { Formula } from './formula.js'
import { Result } from './result.js'

/** A picture of a graph after some of its steps. */
export interface ShownPicture extends GraphPicture {
  readonly view: TraceView
}

export interface GraphPartProps extends Pick<PlaceProps<GraphDocument>, 'document' | 'change'> {
  readonly picture: ShownPicture
  /** Goes to the step that made a number. */
  readonly onFrom: (source: Source) => void
  /** Nodes that are marked in the text, the drawing and the code: those pointed at, else the one of this step. */
  readonly lit: readonly string[]
  /** Points at nodes, or no longer. */
  readonly onPoint: (nodes: readonly string[] | null) => void
}

interface AccountCardProps extends GraphPartProps {
  readonly onBreakpoint: (node: string) => void
}

/** Rows and columns of an array that the card shows. */
const mostRows = 30
const mostColumns = 12

export function AccountCard({ document, change, picture, onFrom, onBreakpoint }: AccountCardProps) {
  const texts = useTexts().graph
  const { trace, view } = picture
  const { current, position } = view
  const node = trace.nodes.find(({ id }) => id === (document.selected ?? current?.node))
  if (!current)
    return (
      <div className="account">
        <p className="account-place">{texts.ready}</p>
        <p className="account-symbols">
          {toText(picture.program).split('\n').at(-1)!.replaceAll('*', ' · ')}
        </p>
        <p className="account-words">{texts.begin(trace.output.title)}</p>
        {actions()}
      </div>
    )
  const words = wordsOf(texts, picture)
  return (
    <div className="account">
      <p className="account-place">
        {texts.stepOf(texts.phases[current.phase], position, trace.steps.length)}
      </p>
      <OneAccount account={current.account} picture={picture} onFrom={onFrom} />
      {current.tangent && <OneAccount account={current.tangent} picture={picture} onFrom={onFrom} />}
      {current.account.sum && sumOf(current.account.sum)}
      {words && <p className="account-words">{words}</p>}
      <p className="visually-hidden" role="status">
        {current.text}
      </p>
      {actions()}
    </div>
  )

  /** What can be done with the node that is chosen. */
  function actions() {
    if (node?.kind === 'variable' && typeof node.value !== 'number') return arrayOf(node)
    if (!node?.op) return null
    return (
      <p className="account-actions">
        {node.expandable && (
          <button
            type="button"
            onClick={() => change({ ...document, opened: [...document.opened, node.id] })}
          >
            {texts.openNode(node.symbol)}
          </button>
        )}
        <button
          type="button"
          aria-pressed={document.breakpoints.includes(node.id)}
          onClick={() => onBreakpoint(node.id)}
        >
          {texts.stopAt(node.title)}
        </button>
      </p>
    )
  }

  /** All numbers of an array: the drawing has room for a few rows and columns. */
  function arrayOf({ id, name, title, value, shape }: TraceNode) {
    const variable = picture.variables.find((one) => one.name === name)
    return (
      <div className="account-array">
        <Cells
          of={value}
          shape={shape}
          most={[mostRows, mostColumns]}
          kind="graph.value"
          label={texts.valueOf(title)}
          tone="forward"
          tabIndex={0}
          from={() => onFrom({ of: 'value', node: id })}
          onChange={
            variable && variable.from !== 'source'
              ? (cell, next) =>
                  change(
                    {
                      ...document,
                      values: { ...document.values, [name]: writeNumberAt(value, cell, next) },
                    },
                    { merge: `value ${name} ${cell.join()}` },
                  )
              : undefined
          }
        />
      </div>
    )
  }

  function sumOf(sum: NonNullable<StepAccount['sum']>) {
    if (sum.before === null) return <p className="account-sum">{texts.firstPart(sum.parts)}</p>
    const shape = current!.account.shape
    const write = (numbers: typeof sum.after) => formatNumbers(numbers, shape)
    return (
      <p className={sum.overwrites ? 'account-sum wrong' : 'account-sum'}>
        <Formula of={sum.left} onFrom={onFrom} />{' '}
        {sum.overwrites
          ? texts.overwritten(write(sum.before), write(sum.after))
          : texts.added(
              write(sum.before),
              write(current!.account.result),
              write(sum.after),
              sum.part === sum.parts,
            )}
      </p>
    )
  }
}

interface OneAccountProps {
  readonly account: StepAccount
  readonly picture: ShownPicture
  readonly onFrom: (source: Source) => void
}

function OneAccount({ account, picture, onFrom }: OneAccountProps) {
  const { left, symbols, numbers, result, shape } = account
  const derivative = left[0]?.kind === 'derivative'
  const step = picture.view.current!
  // A rule such as ∂f/∂b = 1 is its own result.
  const plain = writeFormula(symbols) === formatNumbers(result, shape)
  return (
    <>
      <p className="account-symbols">
        <span className={derivative ? 'backward' : 'forward'}>
          <Formula of={left} onFrom={onFrom} />
        </span>
        {symbols.length > 0 && !plain && (
          <>
            {' = '}
            <Formula of={symbols} onFrom={onFrom} />
          </>
        )}
      </p>
      {numbers.length > 0 && (
        <p className="account-numbers">
          = <Formula of={numbers} onFrom={onFrom} />
        </p>
      )}
      <div className={`account-result ${derivative ? 'backward' : 'forward'}`}>
        ={' '}
        {typeof result === 'number' ? (
          <Value
            of={result}
            kind={step.edge ? 'graph.part' : derivative ? 'graph.derivative' : 'graph.value'}
            label={writeFormula(left)}
            tone={derivative ? 'backward' : 'forward'}
            from={() =>
              onFrom(
                step.edge
                  ? { of: 'part', edge: step.edge.id }
                  : { of: derivative ? 'derivative' : 'value', node: step.node },
              )
            }
          />
        ) : (
          <Result of={result} shape={shape} />
        )}
      </div>
      {account.rule.length > 0 && step.phase === 'backward' && account.shape.length > 0 && (
        <p className="account-rule">
          <Formula of={account.rule} onFrom={onFrom} />
        </p>
      )}
    </>
  )
}

type GraphTexts = ReturnType<typeof useTexts>['graph']

/** What the step means, as a sentence. */
function wordsOf(texts: GraphTexts, { trace, view }: ShownPicture): string | null {
  const { phase, node: id, edge, account } = view.current!
  const node = (wanted: string) => trace.nodes.find((other) => other.id === wanted)!
  const target = trace.target.title
  if (phase === 'seed')
    return trace.mode === 'reverse' ? texts.words.seed(target) : texts.words.tangentSeed(node(id).title)
  if (!edge || !account.relation) return null
  const { kind, by } = account.relation
  const from = node(edge.from)
  const to = node(edge.to)
  const other = by === null ? null : node(by)
  const scalar = typeof account.result === 'number' && edge.local !== null
  const rule = texts.words.relation[kind]({
    from: from.title,
    to: to.title,
    by: other?.title ?? '',
    byValue: other && typeof other.value === 'number' ? formatNumbers(other.value, []) : null,
    local: edge.local === null ? null : formatNumbers(edge.local, []),
  })
  if (!scalar) return rule
  const consequence = texts.words.consequence(
    target,
    from.title,
    formatNumbers(account.result, []),
    account.sum !== null,
  )
  return to.id === trace.target.id ? rule : `${rule} ${consequence}`
}
