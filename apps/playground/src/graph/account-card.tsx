// The account of the step that was done last: in symbols, in numbers, in words.

import { toText } from '@bp/expression'
import {
  editsAt,
  formatNumbers,
  type GraphDocument,
  type GraphPicture,
  type Source,
  type StepAccount,
  type Trace,
  type TraceNode,
  type TraceStep,
  type TraceView,
  writeFormula,
} from '@bp/lab'
import { Menu, type MenuItem } from '../parts/menu.js'
import { type Said, Sentence, type SentenceNumber } from '../parts/sentence.js'
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
  const words = wordsOf(texts, picture, onFrom)
  return (
    <div className="account">
      <p className="account-place">
        {texts.stepOf(texts.phases[current.phase], position, trace.steps.length)}
      </p>
      <OneAccount account={current.account} picture={picture} onFrom={onFrom} />
      {current.tangent && <OneAccount account={current.tangent} picture={picture} onFrom={onFrom} />}
      {current.account.sum && sumOf(current.account.sum)}
      {words && (
        <p className="account-words">
          <Sentence {...words} />
        </p>
      )}
      <p className="visually-hidden" role="status">
        {current.text}
      </p>
      {actions()}
    </div>
  )

  /** What can be done with the node that is chosen. */
  function actions() {
    if (!node) return null
    return (
      <>
        {node.kind === 'variable' && typeof node.value !== 'number' && arrayOf(node)}
        <div className="account-actions">
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
          {document.selected === node.id && (
            <Menu label={texts.edit.menu(node.title)} items={() => editsOf(node.id)} />
          )}
        </div>
      </>
    )
  }

  function editsOf(id: string): MenuItem[] {
    return editsAt(picture, id, Object.keys(document.values)).map(({ kind, text, source }) => ({
      title: text.replaceAll('*', '·').replaceAll('-', '−'),
      note: texts.edit[kind],
      run: () => change({ ...document, source, position: 0, selected: null }),
    }))
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
    const { shape, result } = current!.account
    const { node, edge } = current!
    const numbers: Record<string, SentenceNumber> = {}
    const write = (name: string, of: typeof sum.after, source: Source) => {
      if (typeof of !== 'number') return formatNumbers(of, shape)
      const kind = source.of === 'part' ? 'graph.part' : 'graph.derivative'
      const label = writeFormula(sum.left)
      numbers[name] = { value: of, kind, label, tone: 'backward', digits: 6, from: () => onFrom(source) }
      return `{${name}}`
    }
    const before = write('before', sum.before, { of: 'derivative', node })
    const part = write('part', result, { of: 'part', edge: edge!.id })
    const after = write('after', sum.after, { of: 'derivative', node })
    return (
      <p className={sum.overwrites ? 'account-sum wrong' : 'account-sum'}>
        <Formula of={sum.left} onFrom={onFrom} />{' '}
        <Sentence
          text={
            sum.overwrites
              ? texts.overwritten(before, after)
              : texts.added(before, part, after, sum.part === sum.parts)
          }
          numbers={numbers}
        />
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
  const { left, symbols, numbers } = account
  const step = picture.view.current!
  const derivative = left[0]?.kind === 'derivative'
  return (
    <>
      <p className="account-symbols">
        <span className={derivative ? 'backward' : 'forward'}>
          <Formula of={left} onFrom={onFrom} />
        </span>
        {symbols.length > 0 && !isPlain(account) && (
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
        = <Result {...resultOf(step, account, { picture, onFrom })} />
      </div>
      {account.rule.length > 0 && step.phase === 'backward' && account.shape.length > 0 && (
        <p className="account-rule">
          <Formula of={account.rule} onFrom={onFrom} />
        </p>
      )}
    </>
  )
}

/** A rule such as ∂f/∂b = 1 is its own result. */
export const isPlain = ({ symbols, result, shape }: StepAccount): boolean =>
  writeFormula(symbols) === formatNumbers(result, shape)

/** What a step computes: where its result comes from. */
function sourceOf({ edge, node }: TraceStep, { left }: StepAccount, { mode }: Trace): Source {
  if (edge) return { of: 'part', edge: edge.id }
  if (left[0]?.kind !== 'derivative') return { of: 'value', node }
  return { of: mode === 'forward' ? 'tangent' : 'derivative', node }
}

/** How the result of an account is written, and where it leads. */
export function resultOf(
  step: TraceStep,
  account: StepAccount,
  { picture, onFrom }: Pick<GraphPartProps, 'picture' | 'onFrom'>,
) {
  const source = sourceOf(step, account, picture.trace)
  const tone: 'forward' | 'backward' = source.of === 'value' ? 'forward' : 'backward'
  return {
    of: account.result,
    shape: account.shape,
    kind: `graph.${source.of}` as const,
    label: writeFormula(account.left),
    tone,
    from: () => onFrom(source),
  }
}

type GraphTexts = ReturnType<typeof useTexts>['graph']

/** What the step means, as a sentence. */
function wordsOf(
  texts: GraphTexts,
  { trace, view }: ShownPicture,
  onFrom: (source: Source) => void,
): Said | null {
  const { phase, node: id, edge, account } = view.current!
  const node = (wanted: string) => trace.nodes.find((other) => other.id === wanted)!
  const target = trace.target.title
  if (phase === 'seed')
    return {
      text: trace.mode === 'reverse' ? texts.words.seed(target) : texts.words.tangentSeed(node(id).title),
      numbers: {},
    }
  if (!edge || !account.relation) return null
  const { kind, by } = account.relation
  const from = node(edge.from)
  const to = node(edge.to)
  const other = by === null ? null : node(by)
  const scalar = typeof account.result === 'number' && edge.local !== null
  const numbers: Record<string, SentenceNumber> = {}
  const write = (name: string, value: unknown, kind: SentenceNumber['kind'], source: Source) => {
    if (typeof value !== 'number') return null
    const tone = source.of === 'value' ? 'forward' : 'backward'
    numbers[name] = {
      value,
      kind,
      label: writeFormula(account.left),
      tone,
      digits: 6,
      from: () => onFrom(source),
    }
    return `{${name}}`
  }
  const rule = texts.words.relation[kind]({
    from: from.title,
    to: to.title,
    by: other?.title ?? '',
    byValue: other && write('by', other.value, 'graph.value', { of: 'value', node: other.id }),
    // A gate that is shut has words of its own.
    local: edge.local === 0 ? '0' : write('local', edge.local, 'graph.local', { of: 'local', edge: edge.id }),
  })
  if (!scalar) return { text: rule, numbers }
  const consequence = texts.words.consequence(
    target,
    from.title,
    write('result', account.result, 'graph.part', { of: 'part', edge: edge.id })!,
    account.sum !== null,
  )
  return { text: to.id === trace.target.id ? rule : `${rule} ${consequence}`, numbers }
}
