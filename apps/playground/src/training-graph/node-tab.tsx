// What is selected: an operation with its numbers, what it takes and where it goes, or a scope.
import {
  type ArrayNumbers,
  formatCount,
  isRun,
  type NetworkDocument,
  ownName,
  scopesOf,
  unitName,
  weightName,
  writeShape,
} from '@bp/lab'
import { Value } from '../parts/value.js'
import { useTexts } from '../shell/language.js'
import type { PartProps } from './drawing.js'
import type { Shown } from './protocol.js'

interface NodeTabProps extends PartProps {
  /** Opens the Graph place with a row of this step, at a unit, a weight or `loss`. */
  readonly lookInside: (row: number, name: string) => void
  readonly toNetwork: (own?: Partial<NetworkDocument>) => void
}

export function NodeTab(props: NodeTabProps) {
  const texts = useTexts().trainingGraph
  const { document, go, shown } = props
  const { operations, run } = shown
  const name = document.selected
  const operation = name === null ? undefined : operations.get(name)
  const select = (name: string) => go({ selected: name, instruction: null }, 'selected')
  if (!operation) {
    const scope = name !== null && !isRun(name) && shown.scopes.includes(name) ? name : null
    if (scope === null) return <Overview {...props} />
    const own = [...operations.values()].filter((one) => scopesOf(one.name).includes(scope))
    return (
      <>
        <Heading name={scope} kind={`${texts.scope} · ${texts.operations(own.length)}`} />
        {scope === 'cost' && run && <p>{texts.fused[run.fused]}</p>}
        <Names names={own.map((one) => one.name)} onSelect={select} />
      </>
    )
  }
  const numbers = run?.numbers.get(operation.name)
  const users = [...operations.values()].filter(({ inputs }) => inputs.includes(operation.name))
  const instructions = (run?.program ?? []).flatMap(({ name, nodes }, index) =>
    nodes.includes(operation.name) ? [{ name, index }] : [],
  )
  const fused =
    run &&
    operation.part === 'forward' &&
    (scopesOf(operation.name)[0] === 'cost' || isFusedSigmoid(operation, shown))
  const from = sourceOf(props, operation.name)
  return (
    <>
      <Heading name={operation.name} kind={texts.kind(operation.op, writeShape(operation.shape))} />
      {operation.of !== undefined && operation.part === 'gradients' && (
        <p>
          {texts.isDerivative} <Name name={operation.of} onSelect={select} />
        </p>
      )}
      {numbers && (
        <>
          <Numbers
            title={operation.part === 'update' ? texts.valueAfter : texts.value}
            name={operation.name}
            numbers={numbers.value}
            kind={
              operation.part === 'update' ? 'update' : operation.part === 'gradients' ? 'derivative' : 'value'
            }
            from={from}
          />
          {numbers.derivative && (
            <Numbers
              title={texts.derivative}
              name={texts.derivativeOf(operation.name)}
              numbers={numbers.derivative}
              kind="derivative"
              from={from}
            />
          )}
        </>
      )}
      {operation.derivative !== undefined && (
        <p className="training-graph-by">
          {texts.derivative} {texts.computedBy} <Name name={operation.derivative} onSelect={select} />
        </p>
      )}
      {fused && <p>{texts.fused[run.fused]}</p>}
      <dl className="training-graph-relations">
        <dt>{texts.takes}</dt>
        <dd>
          <Names names={operation.inputs} onSelect={select} />
        </dd>
        <dt>{texts.takenBy}</dt>
        <dd>
          <Names names={users.map(({ name }) => name)} onSelect={select} />
        </dd>
        {instructions.map(({ name, index }) => (
          <div key={index} style={{ display: 'contents' }}>
            <dt>{texts.inInstruction}</dt>
            <dd>
              <button
                type="button"
                className="training-graph-link"
                onClick={() => go({ instruction: index, tab: 'program' })}
              >
                {index + 1} {name}
              </button>
            </dd>
          </div>
        ))}
      </dl>
    </>
  )
}

/** The cost of the step; NaN for a graph without numbers. */
export function costOf({ operations, run }: Shown): number {
  const cost = [...operations.values()].findLast(({ part }) => part === 'forward')
  return (cost && run?.numbers.get(cost.name)?.value?.mean) ?? Number.NaN
}

/** What there is, while nothing is selected: the cost of the step, and the outermost scopes. */
function Overview({ go, shown, lookInside }: NodeTabProps) {
  const texts = useTexts().trainingGraph
  const { operations, run } = shown
  const cost = costOf(shown)
  return (
    <>
      {run && (
        <section className="training-graph-numbers">
          <h3>{texts.costAt(formatCount(run.step))}</h3>
          <p className="training-graph-large">
            <Value
              of={cost}
              kind="training-graph.value"
              label={texts.costAt(formatCount(run.step))}
              tone="forward"
              from={() => lookInside(run.rows[0] ?? 0, 'loss')}
            />
          </p>
        </section>
      )}
      <p className="training-graph-hint">{run ? texts.choose : `${texts.choose} ${texts.chooseFile}`}</p>
      <dl className="training-graph-relations">
        {shown.scopes
          .filter((scope) => !scope.includes('/'))
          .slice(0, mostNames)
          .map((scope) => (
            <div key={scope} style={{ display: 'contents' }}>
              <dt>
                <Name name={scope} onSelect={(selected) => go({ selected, instruction: null }, 'selected')} />
              </dt>
              <dd className="training-graph-none">
                {texts.operations(
                  [...operations.keys()].filter((name) => name.startsWith(`${scope}/`)).length,
                )}
              </dd>
            </div>
          ))}
      </dl>
    </>
  )
}

/** The last layer's activation is computed with the cost, where the loss is cross-entropy. */
const isFusedSigmoid = ({ name }: { readonly name: string }, { run }: Shown) =>
  run !== null &&
  run.fused !== 'squaredDifference' &&
  new RegExp(`^layer${run.sizes.length - 1}/(?:Sigmoid|Softmax)$`).test(name)

/** Where a number of an operation comes from, by its row and column in the table. */
function sourceOf({ document, shown, lookInside, toNetwork }: NodeTabProps, name: string) {
  const { run } = shown
  if (!run) return undefined
  const { sizes, rows } = run
  const [, number, own] = /^(?:gradients\/)?layer(\d+)\/(.*)$/.exec(name) ?? []
  return (row: number, column: number) => {
    const update = /^update\//.test(name)
    if (update) {
      toNetwork({ step: Math.min(document.network.step + 1, document.network.until.steps) })
      return
    }
    const layer = Number(number)
    if (own === 'weights') lookInside(document.network.row, weightName(sizes, layer - 1, row, column))
    else if (own === 'bias') lookInside(document.network.row, weightName(sizes, layer - 1, -1, column))
    else if (number !== undefined && !name.startsWith('gradients'))
      lookInside(rows[row] ?? 0, unitName(sizes, layer, column))
    else if (name === 'X') lookInside(rows[row] ?? 0, unitName(sizes, 0, column))
    else lookInside(rows[row] ?? 0, 'loss')
  }
}

function Heading({ name, kind }: { readonly name: string; readonly kind: string }) {
  const scope = scopesOf(name).at(-1)
  return (
    <header className="training-graph-heading">
      <h2>
        {scope !== undefined && <small>{scope}/</small>}
        {ownName(name)}
      </h2>
      <p>{kind}</p>
    </header>
  )
}

interface NumbersProps {
  readonly title: string
  readonly name: string
  readonly numbers: ArrayNumbers | null
  readonly kind: 'value' | 'derivative' | 'update'
  readonly from: ((row: number, column: number) => void) | undefined
}

/** An array as a table, or a single number. */
function Numbers({ title, name, numbers, kind, from }: NumbersProps) {
  const texts = useTexts().trainingGraph
  const tone = kind === 'derivative' ? 'backward' : 'forward'
  const show = (of: number | null, row: number, column: number, label: string, digits?: number) => (
    <Value
      of={of}
      kind={`training-graph.${kind}`}
      label={label}
      tone={tone}
      {...(digits !== undefined && { digits })}
      {...(from && { from: () => from(row, column) })}
    />
  )
  const columns = numbers?.cells[0]?.length ?? 0
  const size = numbers?.shape.reduce((product, one) => product * one, 1) ?? 0
  const isCut = numbers !== null && size > numbers.cells.length * columns
  return (
    <section className="training-graph-numbers">
      <h3>{title}</h3>
      {numbers === null ? (
        show(null, 0, 0, name)
      ) : numbers.shape.length === 0 ? (
        <p className="training-graph-large">{show(numbers.mean, 0, 0, name)}</p>
      ) : (
        <>
          <table>
            <tbody>
              {numbers.cells.map((cells, row) => (
                <tr key={row}>
                  {cells.map((cell, column) => (
                    <td key={column}>
                      {show(cell, row, column, texts.cellOf(name, row + 1, column + 1), columns > 4 ? 2 : 4)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
          {isCut && <p className="training-graph-cut">{texts.cut(writeShape(numbers.shape))}</p>}
          {size > 1 && (
            <p className="training-graph-cut">
              {texts.summary}:{' '}
              {[numbers.least, numbers.mean, numbers.greatest].map((of, index) => (
                <span key={index}>{show(of, 0, 0, texts.summary, 4)} </span>
              ))}
            </p>
          )}
        </>
      )}
    </section>
  )
}

interface NamesProps {
  readonly names: readonly string[]
  readonly onSelect: (name: string) => void
}

/** More than this are not listed: the search finds them. */
const mostNames = 60

function Names({ names, onSelect }: NamesProps) {
  const texts = useTexts().trainingGraph
  if (names.length === 0) return <span className="training-graph-none">{texts.nothing}</span>
  return (
    <span className="training-graph-names">
      {names.slice(0, mostNames).map((name) => (
        <Name key={name} name={name} onSelect={onSelect} />
      ))}
      {names.length > mostNames && '…'}
    </span>
  )
}

function Name({ name, onSelect }: { readonly name: string; readonly onSelect: (name: string) => void }) {
  return (
    <button type="button" className="training-graph-link" onClick={() => onSelect(name)}>
      {name}
    </button>
  )
}
