// The card of the network: what is selected, and its views as tabs.
import {
  canFreeze,
  differencesOf,
  formatCount,
  formatNumber,
  histogram,
  lossTable,
  type NetworkDocument,
  type NetworkTab,
  type NetworkView,
  networkTabs,
  weightName,
} from '@bp/lab'
import { useState } from 'react'
import { HistogramStrip, rangeOf } from '../parts/histogram-strip.js'
import type { Kind } from '../parts/kinds.js'
import { saveFile } from '../parts/save-file.js'
import { SignButton } from '../parts/sign-button.js'
import { Tabs } from '../parts/tabs.js'
import { Value } from '../parts/value.js'
import { useTexts } from '../shell/language.js'
import type { Inside } from './drawing.js'
import { LossChart, type LossLine } from './loss-chart.js'
import { AnswerMap, type Grid, inputsAt, type MapPoint, nearestPoint, Pixels } from './map-canvas.js'
import { Paper } from './paper.js'
import { Points } from './points.js'
import { Programs } from './programs.js'
import type { Trainer, TrainerState } from './trainer.js'
import type { Compared } from './use-compared.js'
import { VerdictLine } from './verdict-line.js'

interface CardProps {
  readonly document: NetworkDocument
  readonly state: TrainerState
  readonly trainer: Trainer
  readonly compared: readonly Compared[]
  readonly onDocument: (change: Partial<NetworkDocument>, merge?: string) => void
  readonly onSettings: (change: Partial<NetworkDocument>, merge?: string) => void
  readonly onFreeze: (layer: number, from: number, to: number, frozen: boolean) => void
  readonly onInside: Inside
}

export function Card(props: CardProps) {
  const texts = useTexts().network
  const { document, onDocument } = props
  const contents: Record<NetworkTab, () => React.ReactNode> = {
    answers: () => <Answers {...props} />,
    loss: () => <Losses {...props} />,
    layers: () => <Layers {...props} />,
    data: () => (document.data.kind === 'digits' ? <Paper {...props} /> : <Points {...props} />),
    code: () => <Programs trainer={props.trainer} state={props.state} />,
  }
  return (
    <Tabs
      label={texts.tabList}
      tabs={networkTabs.map((name) => ({ name, title: texts.tabs[name], content: contents[name] }))}
      selected={document.tab}
      onSelect={(tab) => onDocument({ tab }, 'tab')}
    />
  )
}

/** The answers everywhere, as a grid. */
export const answersOf = ({ maps, resolution }: NetworkView): Grid => ({ values: maps.at(-1)!, resolution })

const pointsOf = ({ rows, heldBackRows }: NetworkView): MapPoint[] => [
  ...rows.map(({ x1, x2, label, predicted }) => ({
    x1,
    x2,
    label,
    wrong: label !== predicted,
    heldBack: false,
  })),
  ...heldBackRows.map(({ x1, x2, label, predicted }) => ({
    x1,
    x2,
    label,
    wrong: label !== predicted,
    heldBack: true,
  })),
]

/** More rows are not listed. */
const mostRows = 12

function Answers({ document, state, trainer, compared, onDocument, onSettings, onInside }: CardProps) {
  const texts = useTexts().network
  const nameOf = useNames(document)
  const { view } = state.training!
  const { rows, heldBackRows, confusion, range } = view
  const right = rows.filter(({ label, predicted }) => label === predicted).length
  const heldBackRight = heldBackRows.filter(({ label, predicted }) => label === predicted).length
  const listed = rows.slice(0, mostRows)
  return (
    <>
      <div className="network-head">
        <h2>{texts.answers}</h2>
        <span>
          {texts.right(right, rows.length)}
          {heldBackRows.length > 0 && <> · {texts.heldBackRight(heldBackRight, heldBackRows.length)}</>}
        </span>
      </div>
      {range === null ? (
        <Pictures view={view} onRow={(row) => onDocument({ row }, 'row')} />
      ) : (
        <div className={compared.length > 0 ? 'network-maps several' : 'network-maps'}>
          <AnswerMap
            grid={answersOf(view)}
            range={range}
            points={pointsOf(view)}
            marked={view.sample.row}
            role="img"
            aria-label={texts.decisionMap(right, rows.length)}
            onClick={(event) => {
              const at = inputsAt(
                range,
                event.currentTarget.getBoundingClientRect(),
                event.clientX,
                event.clientY,
              )
              const row = nearestPoint(
                rows.map(({ x1, x2 }) => [x1, x2] as const),
                range,
                at,
                0.08,
              )
              if (row >= 0) onDocument({ row }, 'row')
            }}
          />
          {compared.map(({ document: other, view }, index) => (
            <figure key={index}>
              {view?.range && (
                <AnswerMap
                  grid={answersOf(view)}
                  range={view.range}
                  points={pointsOf(view)}
                  role="img"
                  aria-label={nameOf(other)}
                />
              )}
              <figcaption>
                <span>{nameOf(other)}</span>
                <SignButton
                  className="quiet"
                  title={texts.forget(nameOf(other))}
                  sign="✕"
                  onPress={() => onDocument({ compared: document.compared.filter((one) => one !== other) })}
                />
              </figcaption>
            </figure>
          ))}
        </div>
      )}
      <VerdictLine state={state} trainer={trainer} onSettings={onSettings} onInside={onInside} />
      <LossChart
        history={view.history}
        compared={linesOf(compared, nameOf)}
        guessing={guessingOf(document, view, texts.guessing)}
        logX={false}
        logY={false}
        height={132}
        onStep={(step) => onDocument({ step }, 'step')}
      />
      {range !== null && (
        <table className="network-rows">
          <caption className="visually-hidden">{texts.rowsTable}</caption>
          <thead>
            <tr>
              <th scope="col">x₁</th>
              <th scope="col">x₂</th>
              <th scope="col">{texts.target}</th>
              <th scope="col">{texts.predicted}</th>
              <th scope="col">
                <span className="visually-hidden">{texts.correct}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {listed.map(({ x1, x2, label, predicted, probabilities }, row) => (
              <tr key={row} className={row === view.sample.row ? 'followed' : ''}>
                <td>
                  <button
                    type="button"
                    className="quiet network-follow"
                    aria-pressed={row === document.row}
                    onClick={() => onDocument({ row }, 'row')}
                  >
                    <span className="visually-hidden">{texts.follow(row + 1)}: </span>
                    {formatNumber(x1, 3)}
                  </button>
                </td>
                <td>
                  <Value
                    of={x2}
                    kind="network.input"
                    label={`x₂, ${texts.follow(row + 1)}`}
                    digits={3}
                    from={() => onInside('x2', 'value', row)}
                  />
                </td>
                <td>{label}</td>
                <td>
                  <Value
                    of={probabilities.length === 1 ? probabilities[0]! : probabilities[predicted]!}
                    kind="network.prediction"
                    label={texts.predicted}
                    tone="forward"
                    digits={4}
                    from={() => onInside('y', 'value', row)}
                  />
                </td>
                <td>
                  <span aria-hidden="true">{label === predicted ? '✓' : '✗'}</span>
                  <span className="visually-hidden">
                    {label === predicted ? texts.isRight : texts.isWrong}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {range !== null && rows.length > listed.length && (
        <p className="network-note">{texts.firstRows(listed.length, rows.length)}</p>
      )}
      <h3>{texts.confusion}</h3>
      <table className={confusion.length > 4 ? 'network-confusion many' : 'network-confusion'}>
        <thead>
          <tr>
            <th scope="col">{texts.trueClass}</th>
            {confusion.map((_, label) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {confusion.map((counts, label) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              {counts.map((count, predicted) => (
                <td key={predicted} className={label === predicted ? 'diagonal' : ''}>
                  <Value
                    of={count}
                    kind="network.count"
                    label={texts.confusionOf(label, predicted)}
                    from={() => {
                      const row = rows.findIndex((one) => one.label === label && one.predicted === predicted)
                      if (row >= 0) onDocument({ row }, 'row')
                    }}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="network-fingerprint">
        {texts.fingerprint} <code data-figure="fingerprint">{state.fingerprint ?? '—'}</code>{' '}
        {texts.fingerprintText}
      </p>
    </>
  )
}

/** Rows that are pictures, those that are wrong first, with what is answered. */
function Pictures({ view, onRow }: { readonly view: NetworkView; readonly onRow: (row: number) => void }) {
  const texts = useTexts().network
  return (
    <ul className="network-pictures">
      {view.pictures.map(({ row, pixels }) => {
        const { label, predicted } = view.rows[row]!
        const wrong = label !== predicted
        return (
          <li key={row}>
            <button
              type="button"
              className={wrong ? 'wrong' : ''}
              aria-pressed={row === view.sample.row}
              aria-label={texts.pictureOf(label, predicted)}
              onClick={() => onRow(row)}
            >
              <Pixels values={pixels} />
              <span>
                {label}
                {wrong && <b> ✗ {predicted}</b>}
              </span>
            </button>
          </li>
        )
      })}
    </ul>
  )
}

/** The loss of guessing the share of each class alike; `null` where the loss is not cross-entropy. */
function guessingOf(document: NetworkDocument, { classes }: NetworkView, label: string) {
  if (document.loss !== 'crossEntropy') return null
  return { loss: Math.log(classes), label: classes === 2 ? label : label.replace('ln 2', `ln ${classes}`) }
}

/** What a compared run has otherwise than this one: `α 0.1, seed 3`. */
function useNames(document: NetworkDocument): (other: NetworkDocument) => string {
  const texts = useTexts().network
  const names: Readonly<Record<string, string>> = {
    ...texts.dataKinds,
    ...texts.losses,
    ...texts.optimizers,
    ...texts.initializations,
  }
  return (other) =>
    differencesOf(other, document)
      .map(({ field, text }) => `${texts.fields[field] ?? field} ${names[text] ?? text}`.trim())
      .join(', ')
}

/** The lines of the compared runs that are known. */
const linesOf = (compared: readonly Compared[], name: (document: NetworkDocument) => string): LossLine[] =>
  compared.map(({ document, view }) => ({ name: name(document), history: view?.history ?? [] }))

function Losses({ document, state, trainer, compared, onDocument, onSettings, onInside }: CardProps) {
  const texts = useTexts().network
  const { view } = state.training!
  const nameOf = useNames(document)
  const [smooth, setSmooth] = useState(0)
  const [logX, setLogX] = useState(false)
  const [logY, setLogY] = useState(false)
  const axis = (name: string, on: boolean, set: (on: boolean) => void) => (
    <button type="button" className="network-axis" onClick={() => set(!on)}>
      {name}: {on ? texts.logarithmic : texts.linear}
    </button>
  )
  return (
    <>
      <div className="network-head">
        <h2>
          {texts.lossLabel}{' '}
          <Value
            of={view.loss}
            kind="network.loss"
            label={texts.lossLabel}
            digits={4}
            from={() => onInside('loss', 'value')}
          />
        </h2>
        <span>
          {axis('x', logX, setLogX)} {axis('y', logY, setLogY)}
        </span>
      </div>
      <LossChart
        history={view.history}
        compared={linesOf(compared, nameOf)}
        guessing={guessingOf(document, view, texts.guessing)}
        logX={logX}
        logY={logY}
        height={230}
        smooth={smooth}
        onStep={(step) => onDocument({ step }, 'step')}
      />
      <div className="network-chart-tools">
        <label>
          {texts.smoothing}
          <input
            type="range"
            className="network-smoothing"
            min={0}
            max={0.95}
            step={0.05}
            value={smooth}
            onChange={(event) => setSmooth(Number(event.target.value))}
          />
        </label>
        <button
          type="button"
          onClick={() =>
            saveFile(
              'losses.csv',
              new Blob(
                [lossTable([{ name: texts.thisRun, history: view.history }, ...linesOf(compared, nameOf)])],
                { type: 'text/csv' },
              ),
            )
          }
        >
          {texts.saveCsv}
        </button>
      </div>
      {compared.length > 0 && (
        <ul className="network-compared">
          {compared.map(({ document: other, view }, index) => (
            <li key={index}>
              <span className={`network-key line-${index}`} />
              <button
                type="button"
                className="quiet"
                title={texts.goToRun}
                onClick={() => onDocument({ ...other, compared: document.compared, tab: document.tab })}
              >
                {nameOf(other)}
              </button>
              <Value
                of={view?.loss ?? null}
                kind="network.loss"
                label={`${nameOf(other)}, ${texts.lossLabel}`}
                digits={4}
                from={() => onDocument({ ...other, compared: document.compared, tab: document.tab })}
              />
              <SignButton
                className="quiet"
                title={texts.forget(nameOf(other))}
                sign="✕"
                onPress={() => onDocument({ compared: document.compared.filter((one) => one !== other) })}
              />
            </li>
          ))}
        </ul>
      )}
      <VerdictLine state={state} trainer={trainer} onSettings={onSettings} onInside={onInside} />
    </>
  )
}

/** A gradient below this share of the largest one vanishes; an update above this share of its weights explodes. */
const vanishing = 1e-3
const exploding = 1

function Layers({ document, state, onDocument, onFreeze, onInside }: CardProps) {
  const texts = useTexts().network
  const { view } = state.training!
  const largest = Math.max(...view.layers.map(({ gradientNorm }) => gradientNorm))
  const depth = view.layers.length
  const nameAt = (layer: number, at: number) => {
    const units = view.sizes[layer + 1]!
    return weightName(view.sizes, layer, Math.floor(at / units), at % units)
  }
  return (
    <>
      <div className="network-head">
        <h2>{texts.norms}</h2>
      </div>
      <table className="network-norms">
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">{texts.layers}</span>
            </th>
            <th scope="col">{texts.weightNorm}</th>
            <th scope="col">{texts.gradientNorm}</th>
            <th scope="col">{texts.updateRatio}</th>
          </tr>
        </thead>
        <tbody>
          {view.layers.map(({ weightNorm, gradientNorm, updateRatio }, layer) => {
            const title = texts.layerName(layer + 1, layer + 1 === depth)
            const see = () => onInside('loss', 'derivative')
            return (
              <tr key={title}>
                <th scope="row">{title}</th>
                <td>
                  <Value
                    of={weightNorm}
                    kind="network.norm"
                    label={`${title}, ${texts.weightNorm}`}
                    tone="forward"
                    digits={3}
                    from={() => onDocument({ selected: null }, 'selected')}
                  />
                </td>
                <td>
                  <Value
                    of={gradientNorm}
                    kind="network.norm"
                    label={`${title}, ${texts.gradientNorm}`}
                    tone="backward"
                    digits={3}
                    from={see}
                  />
                </td>
                <td>
                  <Value
                    of={updateRatio}
                    kind="network.ratio"
                    label={`${title}, ${texts.updateRatio}`}
                    digits={2}
                    from={() => onDocument({ step: Math.max(0, view.step - 1) }, 'step')}
                  />
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
      {view.layers.map((layer, index) => {
        const title = texts.layerName(index + 1, index + 1 === depth)
        const badges = [
          layer.dead.length > 0 && ([texts.dead(layer.dead.length), texts.badges.dead] as const),
          layer.saturated.length > 0 &&
            ([texts.saturated(layer.saturated.length), texts.badges.saturated] as const),
          depth > 1 &&
            largest > 0 &&
            layer.gradientNorm < vanishing * largest &&
            ([texts.vanishing, texts.badges.vanishing] as const),
          (layer.updateRatio ?? 0) > exploding && ([texts.exploding, texts.badges.exploding] as const),
        ].filter((badge) => badge !== false)
        return (
          <section key={title} className="network-layer">
            <h3>
              {title}{' '}
              {badges.map(([badge, meaning]) => (
                <span key={badge} className="network-badge" title={meaning}>
                  {badge}
                </span>
              ))}
              {canFreeze(document) && (
                <button
                  type="button"
                  className="network-freeze"
                  aria-pressed={isFrozen(layer)}
                  onClick={() => onFreeze(index, -1, -1, !isFrozen(layer))}
                >
                  {texts.freeze}
                  <span className="visually-hidden"> {title}</span>
                </button>
              )}
            </h3>
            <div className="network-histograms">
              <Histogram
                values={layer.weights}
                what={texts.weights}
                kind="network.weight"
                tone="forward"
                from={(at) => onDocument({ selected: nameAt(index, at) }, 'selected')}
              />
              <Histogram
                values={layer.weightGradients}
                what={texts.gradients}
                kind="network.gradient"
                tone="backward"
                from={(at) => onInside(nameAt(index, at), 'derivative')}
              />
              {view.samples.length > 1 &&
                (['weights', 'gradients'] as const).map((name) => (
                  <HistogramStrip
                    key={name}
                    samples={view.samples.map(({ step, layers }) => ({
                      step,
                      histogram: layers[index]![name],
                    }))}
                    label={texts.overTime(
                      texts[name],
                      ...rangeOf(view.samples.map(({ layers }) => layers[index]![name])),
                      formatCount(view.step),
                    )}
                    tone={name === 'weights' ? 'forward' : 'backward'}
                    from={0}
                    to={document.until.steps}
                    run={{
                      step: view.step,
                      onStep: (step) => onDocument({ step, part: 0 }, 'step'),
                    }}
                  />
                ))}
            </div>
          </section>
        )
      })}
    </>
  )
}

const isFrozen = ({ weightsFrozen, biasesFrozen }: NetworkView['layers'][number]) =>
  weightsFrozen.every((one) => one === 1) && biasesFrozen.every((one) => one === 1)

const bins = 16

function Histogram({
  values,
  what,
  kind,
  tone,
  from,
}: {
  readonly values: Float32Array
  readonly what: string
  readonly kind: Kind
  readonly tone: 'forward' | 'backward'
  /** Goes to the weight of an index. */
  readonly from: (at: number) => void
}) {
  const texts = useTexts().network
  const { low, high, counts } = histogram(values, bins)
  const most = Math.max(...counts)
  return (
    <figure>
      <figcaption>{what}</figcaption>
      <svg
        viewBox="0 0 160 44"
        preserveAspectRatio="none"
        role="img"
        aria-label={texts.histogramOf(what, formatNumber(low, 2), formatNumber(high, 2))}
      >
        {counts.map((count, bin) => (
          <rect
            key={bin}
            className={tone}
            x={bin * 10 + 0.5}
            y={44 - (44 * count) / most}
            width={9}
            height={(44 * count) / most}
          />
        ))}
      </svg>
      <p>
        {[low, high].map((end) => (
          <Value
            key={end === low ? 'low' : 'high'}
            of={end}
            kind={kind}
            label={what}
            tone={tone}
            digits={2}
            from={() => from(values.indexOf(end))}
          />
        ))}
      </p>
    </figure>
  )
}
