// One part of a step, told once: in words, in symbols, and in numbers.
import {
  formatNumber,
  type NetworkDocument,
  type SubSteps,
  subStepsOf,
  unitName,
  weightName,
  withSubscripts,
} from '@bp/lab'
import type { ReactNode } from 'react'
import { useTexts } from '../shell/language.js'
import type { TrainingState } from './protocol.js'

interface PartAccountProps {
  /** The document that the training is of. */
  readonly document: NetworkDocument
  readonly training: TrainingState
  readonly part: number
  readonly selected: string | null
}

/** More terms of a sum are left out. */
const mostTerms = 3

const number = (value: number) => formatNumber(value, 3)
const factor = (value: number) => (value < 0 ? `(${number(value)})` : number(value))
const named = withSubscripts

export function PartAccount({ document, training, part, selected }: PartAccountProps) {
  const texts = useTexts().network
  const { view, parts } = training
  const { sizes } = view
  const done = subStepsOf(sizes.length - 1)[part - 2]
  const layerName = (layer: number) =>
    layer + 2 === sizes.length ? texts.outputLayer : texts.hiddenLayer(layer + 1)
  const words = !done
    ? texts.partText.start
    : 'layer' in done
      ? texts.partText[done.phase](layerName(done.layer))
      : texts.partText[done.phase]
  const lines = done && parts && linesOf(document, sizes, parts, done, selected)
  return (
    <section className="network-account" aria-label={texts.parts}>
      {lines?.map((line, index) => (
        <p key={index} className="network-maths">
          {line}
        </p>
      ))}
      <p role="status">{words}</p>
    </section>
  )
}

function linesOf(
  document: NetworkDocument,
  sizes: readonly number[],
  parts: SubSteps,
  done: NonNullable<ReturnType<typeof subStepsOf>[number]>,
  selected: string | null,
): ReactNode[] {
  const inputsOf = (layer: number) => (layer === 0 ? parts.inputs : parts.layers[layer - 1]!.outputs)
  if (done.phase === 'forward') {
    const { layer } = done
    const unit = indexOf(sizes[layer + 1]!, (unit) => unitName(sizes, layer + 1, unit) === selected)
    const { sums, outputs } = parts.layers[layer]!
    const activation = document.layers[layer]?.activation ?? (sizes.at(-1) === 1 ? 'sigmoid' : 'softmax')
    const bend = (inside: string) =>
      activation === 'linear' ? inside : `${activation === 'sigmoid' ? 'σ' : activation}(${inside})`
    const froms = Array.from({ length: sizes[layer]! }, (_, from) => from)
    const shown = froms.slice(0, mostTerms)
    const more = froms.length > shown.length ? ' + …' : ''
    const weight = (from: number) => {
      const units = sizes[layer + 1]!
      return parts.before[offsetOf(sizes, layer) + (from < 0 ? sizes[layer]! * units : from * units) + unit]!
    }
    const name = named(unitName(sizes, layer + 1, unit))
    return [
      `${name} = ${bend(
        `${shown
          .map(
            (from) => `${named(weightName(sizes, layer, from, unit))}·${named(unitName(sizes, layer, from))}`,
          )
          .join(' + ')}${more} + ${named(weightName(sizes, layer, -1, unit))}`,
      )}`,
      `= ${bend(
        `${shown
          .map((from) => `${factor(weight(from))}·${factor(inputsOf(layer)[from]!)}`)
          .join(' + ')}${more} + ${factor(weight(-1))}`,
      )}`,
      <>
        = {bend(number(sums[unit]!))} = <b className="forward">{number(outputs[unit]!)}</b>
      </>,
    ]
  }
  if (done.phase === 'loss') {
    const { outputs } = parts.layers.at(-1)!
    const result = <b className="forward">{number(parts.loss)}</b>
    const target = parts.targets.indexOf(Math.max(...parts.targets))
    if (document.loss === 'squaredError')
      return outputs.length === 1
        ? ['L = (y − t)²', `= (${number(outputs[0]!)} − ${parts.targets[0]})²`, <>= {result}</>]
        : ['L = mean (y − t)²', <>= {result}</>]
    if (outputs.length > 1)
      return [`L = −ln ${named(`y${target + 1}`)}`, `= −ln ${number(outputs[target]!)}`, <>= {result}</>]
    const [t, y] = [parts.targets[0]!, outputs[0]!]
    return [
      'L = −(t·ln y + (1 − t)·ln(1 − y))',
      `= −ln ${t === 1 ? number(y) : `(1 − ${number(y)})`}`,
      <>= {result}</>,
    ]
  }
  const layer = done.phase === 'backward' ? done.layer : (layerOf(sizes, selected) ?? 0)
  const [from, to] = weightIn(sizes, layer, selected)
  const name = named(weightName(sizes, layer, from, to))
  const units = sizes[layer + 1]!
  const own = parts.layers[layer]!
  if (done.phase === 'backward') {
    const unit = named(unitName(sizes, layer + 1, to))
    const input = named(unitName(sizes, layer, from))
    return [
      `∂L/∂${name} = ∂L/∂Σ(${unit}) · ${input}`,
      `= ${factor(own.sumGradients[to]!)} · ${factor(inputsOf(layer)[from]!)}`,
      <>
        = <b className="backward">{number(own.weightGradients[from * units + to]!)}</b>
      </>,
    ]
  }
  const at = offsetOf(sizes, layer) + from * units + to
  return [
    <>
      {name}: {formatNumber(parts.before[at]!, 5)} →{' '}
      <b className="forward">{parts.after ? formatNumber(parts.after[at]!, 5) : '—'}</b>
    </>,
  ]
}

/** The first that is meant, or 0. */
function indexOf(count: number, isMeant: (index: number) => boolean): number {
  for (let index = 0; index < count; index++) if (isMeant(index)) return index
  return 0
}

/** Where the weights of a layer begin in the order of the model. */
function offsetOf(sizes: readonly number[], layer: number): number {
  let offset = 0
  for (let before = 0; before < layer; before++) offset += (sizes[before]! + 1) * sizes[before + 1]!
  return offset
}

/** The selected weight if it is in this layer, or the first. */
function weightIn(sizes: readonly number[], layer: number, selected: string | null): [number, number] {
  for (let from = 0; from < sizes[layer]!; from++)
    for (let to = 0; to < sizes[layer + 1]!; to++)
      if (weightName(sizes, layer, from, to) === selected) return [from, to]
  return [0, 0]
}

function layerOf(sizes: readonly number[], selected: string | null): number | null {
  for (let layer = 0; layer + 1 < sizes.length; layer++) {
    const [from, to] = weightIn(sizes, layer, selected)
    if (weightName(sizes, layer, from, to) === selected) return layer
  }
  return null
}
