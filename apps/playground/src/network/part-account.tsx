// One part of a step, told once: in words, in symbols, and in numbers.
import {
  type NetworkDocument,
  type SubSteps,
  subStepsOf,
  unitName,
  weightName,
  withSubscripts,
} from '@bp/lab'
import { Sentence, type SentenceNumber } from '../parts/sentence.js'
import { useTexts } from '../shell/language.js'
import type { Inside } from './drawing.js'
import type { TrainingState } from './protocol.js'

interface PartAccountProps {
  /** The document that the training is of. */
  readonly document: NetworkDocument
  readonly training: TrainingState
  readonly part: number
  readonly selected: string | null
  readonly onInside: Inside
}

const kindOf = (name: string) =>
  name === 'loss'
    ? 'network.loss'
    : /^w/.test(name)
      ? 'network.weight'
      : /^b/.test(name)
        ? 'network.bias'
        : 'network.output'

/** More terms of a sum are left out. */
const mostTerms = 3

/** Writes a number that leads to a unit, a weight or `loss`. */
type Write = (value: number, name: string, of: 'value' | 'derivative', digits?: number) => string

const named = withSubscripts

export function PartAccount({ document, training, part, selected, onInside }: PartAccountProps) {
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
  const numbers: Record<string, SentenceNumber> = {}
  const write: Write = (value, name, of, digits = 3) => {
    const key = `n${Object.keys(numbers).length}`
    numbers[key] = {
      value,
      kind: of === 'derivative' ? 'network.gradient' : kindOf(name),
      label: named(name),
      tone: of === 'derivative' ? 'backward' : 'forward',
      digits,
      from: () => onInside(name, of),
    }
    return `{${key}}`
  }
  const lines = done && parts && linesOf(document, sizes, parts, done, selected, write)
  return (
    <section className="network-account" aria-label={texts.parts}>
      {lines?.map((line, index) => (
        <p key={index} className="network-maths">
          <Sentence text={line} numbers={numbers} />
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
  number: Write,
): string[] {
  const factor: Write = (value, ...rest) =>
    value < 0 ? `(${number(value, ...rest)})` : number(value, ...rest)
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
    const own = unitName(sizes, layer + 1, unit)
    const name = named(own)
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
          .map(
            (from) =>
              `${factor(weight(from), weightName(sizes, layer, from, unit), 'value')}·${factor(inputsOf(layer)[from]!, unitName(sizes, layer, from), 'value')}`,
          )
          .join(' + ')}${more} + ${factor(weight(-1), weightName(sizes, layer, -1, unit), 'value')}`,
      )}`,
      `= ${bend(number(sums[unit]!, own, 'value'))} = ${number(outputs[unit]!, own, 'value')}`,
    ]
  }
  if (done.phase === 'loss') {
    const { outputs } = parts.layers.at(-1)!
    const result = `= ${number(parts.loss, 'loss', 'value')}`
    const answer = (unit: number) => number(outputs[unit]!, unitName(sizes, sizes.length - 1, unit), 'value')
    const target = parts.targets.indexOf(Math.max(...parts.targets))
    if (document.loss === 'squaredError')
      return outputs.length === 1
        ? ['L = (y − t)²', `= (${answer(0)} − ${parts.targets[0]})²`, result]
        : ['L = mean (y − t)²', result]
    if (outputs.length > 1) return [`L = −ln ${named(`y${target + 1}`)}`, `= −ln ${answer(target)}`, result]
    const t = parts.targets[0]!
    return [
      'L = −(t·ln y + (1 − t)·ln(1 − y))',
      `= −ln ${t === 1 ? answer(0) : `(1 − ${answer(0)})`}`,
      result,
    ]
  }
  const layer = done.phase === 'backward' ? done.layer : (layerOf(sizes, selected) ?? 0)
  const [from, to] = weightIn(sizes, layer, selected)
  const weight = weightName(sizes, layer, from, to)
  const name = named(weight)
  const units = sizes[layer + 1]!
  const own = parts.layers[layer]!
  if (done.phase === 'backward') {
    const unit = named(unitName(sizes, layer + 1, to))
    const input = named(unitName(sizes, layer, from))
    return [
      `∂L/∂${name} = ∂L/∂Σ(${unit}) · ${input}`,
      `= ${factor(own.sumGradients[to]!, unitName(sizes, layer + 1, to), 'derivative')} · ${factor(inputsOf(layer)[from]!, unitName(sizes, layer, from), 'value')}`,
      `= ${number(own.weightGradients[from * units + to]!, weightName(sizes, layer, from, to), 'derivative')}`,
    ]
  }
  const at = offsetOf(sizes, layer) + from * units + to
  return [
    `${name}: ${number(parts.before[at]!, weight, 'value', 5)} → ${parts.after ? number(parts.after[at]!, weight, 'value', 5) : '—'}`,
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
