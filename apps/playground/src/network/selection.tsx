// What is selected in the drawing: a unit with all that comes into it, or a weight with what the next step does to it.
import {
  canFreeze,
  formatNumber,
  type NetworkDocument,
  type NetworkView,
  type SubSteps,
  unitName,
  weightName,
  withSubscripts,
} from '@bp/lab'
import { NumberField } from '../parts/number-field.js'
import { SignButton } from '../parts/sign-button.js'
import { Value } from '../parts/value.js'
import { useTexts } from '../shell/language.js'
import { columnOf, gridOf, type Inside, scaleOf } from './drawing.js'
import { Pixels, UnitMap } from './map-canvas.js'
import type { TrainingState } from './protocol.js'

interface SelectionProps {
  /** The document that the training is of. */
  readonly document: NetworkDocument
  readonly training: TrainingState
  readonly selected: string
  readonly onSelect: (name: string | null) => void
  readonly onInside: Inside
  /** Goes to the update of the step after `step` steps. */
  readonly onUpdate: (step: number) => void
  readonly onFreeze: (layer: number, from: number, to: number, frozen: boolean) => void
  readonly onEdit: (layer: number, from: number, to: number, value: number) => void
}

/** Layer, from and to of a weight or bias by its name. */
function weightAt(sizes: readonly number[], name: string) {
  for (let layer = 0; layer + 1 < sizes.length; layer++)
    for (let to = 0; to < sizes[layer + 1]!; to++)
      for (let from = -1; from < sizes[layer]!; from++)
        if (weightName(sizes, layer, from, to) === name) return { layer, from, to }
  return null
}

function unitAt(sizes: readonly number[], name: string) {
  for (const [layer, count] of sizes.entries())
    for (let unit = 0; unit < count; unit++) if (unitName(sizes, layer, unit) === name) return { layer, unit }
  return null
}

/** Value and derivative of a weight; of a bias with `from` −1. */
function numbersOf({ layers, sizes }: NetworkView, layer: number, from: number, to: number) {
  const own = layers[layer]!
  const at = from < 0 ? to : from * sizes[layer + 1]! + to
  return {
    value: (from < 0 ? own.biases : own.weights)[at]!,
    gradient: (from < 0 ? own.biasGradients : own.weightGradients)[at]!,
  }
}

/** The fewest digits that are this float32. */
function shortest(value: number): number {
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return value
}

/** The value of a weight after the next step. */
function valueAfter({ after }: SubSteps, sizes: readonly number[], layer: number, from: number, to: number) {
  if (!after) return null
  let offset = 0
  for (let before = 0; before < layer; before++) offset += (sizes[before]! + 1) * sizes[before + 1]!
  const units = sizes[layer + 1]!
  return after[offset + (from < 0 ? sizes[layer]! * units : from * units) + to]!
}

export function Selection(props: SelectionProps) {
  const texts = useTexts().network
  const { training, selected, onSelect } = props
  const { sizes } = training.view
  const weight = weightAt(sizes, selected)
  const unit = unitAt(sizes, selected)
  if (!weight && !unit) return null
  return (
    <section className="network-selection" aria-label={withSubscripts(selected)}>
      <div className="network-head">
        <h2>
          <i>{withSubscripts(selected)}</i>
        </h2>
        <SignButton className="quiet" title={texts.close} sign="✕" onPress={() => onSelect(null)} />
      </div>
      {weight ? <Weight {...props} {...weight} /> : <Unit {...props} {...unit!} />}
    </section>
  )
}

function Weight({
  document,
  training,
  selected,
  layer,
  from,
  to,
  onInside,
  onUpdate,
  onEdit,
  onFreeze,
}: SelectionProps & { readonly layer: number; readonly from: number; readonly to: number }) {
  const texts = useTexts().network
  const { view, parts } = training
  const { value, gradient } = numbersOf(view, layer, from, to)
  const after = parts && valueAfter(parts, view.sizes, layer, from, to)
  const { kind, learningRate } = document.optimizer
  const { weightsFrozen, biasesFrozen } = view.layers[layer]!
  const frozen = (from < 0 ? biasesFrozen[to] : weightsFrozen[from * view.sizes[layer + 1]! + to]) === 1
  const kindOf = from < 0 ? 'network.bias' : 'network.weight'
  return (
    <>
      <dl className="network-figures">
        <div>
          <dt>{texts.value}</dt>
          <dd>
            <Value
              of={value}
              kind={kindOf}
              label={texts.weightOf(selected)}
              tone="forward"
              digits={5}
              from={() => onUpdate(view.step - 1)}
            />
          </dd>
        </div>
        <div>
          <dt>{texts.derivative}</dt>
          <dd>
            <Value
              of={gradient}
              kind="network.gradient"
              label={texts.gradientOf(selected)}
              tone="backward"
              digits={4}
              from={() => onInside(selected, 'derivative')}
            />
          </dd>
        </div>
        <div>
          <dt>{texts.nextUpdate}</dt>
          <dd>
            <Value
              of={after ?? null}
              kind={kindOf}
              label={texts.nextUpdate}
              tone="forward"
              digits={5}
              from={() => onUpdate(view.step)}
            />
          </dd>
        </div>
      </dl>
      {kind === 'sgd' && !frozen && (
        <p className="network-maths">
          <i>{withSubscripts(selected)}</i> ←{' '}
          <Value
            of={value}
            kind={kindOf}
            label={texts.weightOf(selected)}
            tone="forward"
            digits={4}
            from={() => onUpdate(view.step - 1)}
          />{' '}
          − {formatNumber(learningRate)} · {gradient < 0 && '('}
          <Value
            of={gradient}
            kind="network.gradient"
            label={texts.gradientOf(selected)}
            tone="backward"
            digits={3}
            from={() => onInside(selected, 'derivative')}
          />
          {gradient < 0 && ')'}
        </p>
      )}
      <div className="network-field">
        <span>{texts.setByHand}</span>
        <NumberField
          label={texts.edit(selected)}
          value={shortest(value)}
          step={0.1}
          onChange={(value) => onEdit(layer, from, to, value)}
        />
      </div>
      <div className="network-field">
        <span>{canFreeze(document) ? frozen && texts.isFrozen : texts.noFreeze}</span>
        {canFreeze(document) && (
          <button
            type="button"
            className="network-freeze"
            aria-pressed={frozen}
            onClick={() => onFreeze(layer, from, to, !frozen)}
          >
            {texts.freeze}
          </button>
        )}
      </div>
    </>
  )
}

/** More weights of a unit are not listed. */
const mostWeights = 16

/** The inputs of a unit in their order; of very many, those of the largest weights. */
function listedInputs({ layers, sizes }: NetworkView, layer: number, unit: number): number[] {
  const froms = [...Array(sizes[layer]!).keys()]
  if (froms.length <= mostWeights) return froms
  const size = (from: number) => Math.abs(layers[layer]!.weights[from * sizes[layer + 1]! + unit]!)
  return froms
    .sort((a, b) => size(b) - size(a))
    .slice(0, 8)
    .sort((a, b) => a - b)
}

function Unit({
  document,
  training,
  layer,
  unit,
  onSelect,
  onInside,
}: SelectionProps & { readonly layer: number; readonly unit: number }) {
  const texts = useTexts().network
  const { view } = training
  const { sizes } = view
  const isPicture = view.range === null
  const froms = layer === 0 ? [] : listedInputs(view, layer - 1, unit)
  return (
    <div className="network-unit-card">
      {(!isPicture || layer === 1) && (
        <div className="network-unit-large">
          {isPicture ? (
            <Pixels values={columnOf(view.layers[0]!.weights, sizes[1]!, unit)} signed />
          ) : (
            <UnitMap grid={gridOf(training, layer, unit)} scale={scaleOf(document, sizes, layer, unit)} />
          )}
        </div>
      )}
      {layer > 0 && (
        <table>
          <thead className="visually-hidden">
            <tr>
              <th scope="col">{texts.weights}</th>
              <th scope="col">{texts.value}</th>
              <th scope="col">{texts.derivative}</th>
            </tr>
          </thead>
          <tbody>
            {[...froms, -1].map((from) => {
              const name = weightName(sizes, layer - 1, from, unit)
              const { value, gradient } = numbersOf(view, layer - 1, from, unit)
              return (
                <tr key={name}>
                  <th scope="row">
                    <i>{withSubscripts(name)}</i>
                  </th>
                  <td>
                    <Value
                      of={value}
                      kind={from < 0 ? 'network.bias' : 'network.weight'}
                      label={from < 0 ? texts.biasOf(name) : texts.weightOf(name)}
                      tone="forward"
                      digits={3}
                      from={() => onSelect(name)}
                    />
                  </td>
                  <td>
                    <Value
                      of={gradient}
                      kind="network.gradient"
                      label={texts.gradientOf(name)}
                      tone="backward"
                      digits={3}
                      from={() => onInside(name, 'derivative')}
                    />
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      )}
    </div>
  )
}
