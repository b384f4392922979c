// What is to be seen of a network at a step: weights, gradients, maps of every unit, predictions and norms.
import { compile, type Dataset, input, type RunRecord } from '@bp/core/lean'
import { labelsOf, largest, type MapRange } from './data.js'
import { decisionGrid } from './decision-grid.js'
import { countsOf, type Stroke } from './digits.js'
import type { HistogramSample } from './histogram.js'
import { unitsAtRest } from './layer-figures.js'
import { normOf } from './norm.js'
import { createNetworkRun, type NetworkRun, type Reached } from './run.js'

export interface LayerView {
  /** Row by row: all weights from the first unit of the layer before, and so on. */
  readonly weights: Float32Array
  readonly biases: Float32Array
  /** Derivatives of the loss of the next step. */
  readonly weightGradients: Float32Array
  readonly biasGradients: Float32Array
  readonly weightNorm: number
  /** 1 for what the next step leaves as it is. */
  readonly weightsFrozen: Float32Array
  readonly biasesFrozen: Float32Array
  /** Norm of the gradients of weights and biases together. */
  readonly gradientNorm: number
  /** Norm of what the last step added to weights and biases, relative to theirs; `null` before the first step. */
  readonly updateRatio: number | null
  /** Units whose output is 0 for every training row. */
  readonly dead: readonly number[]
  /** Units of a bounded activation that are at its limits, within a hundredth of its range, for every training row. */
  readonly saturated: readonly number[]
}

export interface RowView {
  readonly x1: number
  readonly x2: number
  readonly label: number
  /** The class that the network predicts. */
  readonly predicted: number
  /** The probability of class 1, or those of all classes. */
  readonly probabilities: readonly number[]
}

export interface LossRecord {
  readonly step: number
  readonly loss: number
  /** Of the rows held back. */
  readonly heldBack: number | null
}

export interface NetworkView {
  readonly step: number
  readonly status: 'idle' | 'paused' | 'done' | 'diverged'
  readonly reached: Reached | null
  /** For a run that diverged: where, in the words of core. */
  readonly divergence: string | null
  readonly sizes: readonly number[]
  readonly classes: number
  /** `null` for rows that are no points of a plane: there are no maps. */
  readonly range: MapRange | null
  /** Of the current weights on all training rows, with penalties. */
  readonly loss: number
  readonly heldBackLoss: number | null
  readonly accuracy: number
  readonly heldBackAccuracy: number | null
  readonly layers: readonly LayerView[]
  /** Sums and outputs of every unit for the chosen training row. */
  readonly sample: {
    readonly row: number
    readonly inputs: Float32Array
    readonly sums: readonly Float32Array[]
    readonly outputs: readonly Float32Array[]
  }
  /** Points along each side of the maps; one beyond each border. */
  readonly resolution: number
  /** Outputs of every unit of every layer at the points of the map, rows from the top: `maps[layer][unit]`. */
  readonly maps: readonly (readonly Float32Array[])[]
  readonly rows: readonly RowView[]
  readonly heldBackRows: readonly RowView[]
  /** Rows to be shown as pictures, where there is no map: those that are wrong first. */
  readonly pictures: readonly { readonly row: number; readonly pixels: Float32Array }[]
  /** Probabilities of the classes of what is drawn on the paper; `null` while it is empty. */
  readonly paper: readonly number[] | null
  /** Training rows by class, true ones as rows and predicted ones as columns. */
  readonly confusion: readonly (readonly number[])[]
  readonly history: readonly LossRecord[]
  /** Up to this step, where the run keeps them. */
  readonly samples: readonly HistogramSample[]
}

/** More rows are not shown as pictures. */
const mostPictures = 24

/** Points along each side of a map. */
const resolution = 42

interface Compiled {
  readonly rows: (x: Float32Array) => Record<string, Float32Array>
  readonly map: (() => Record<string, Float32Array>) | null
  readonly initialLoss: LossRecord
}

const compiledFor = new WeakMap<NetworkRun, Compiled>()

/** `sample` is the index of a training row; `strokes` are what is drawn on the paper. */
export function networkView(run: NetworkRun, sample = 0, strokes: readonly Stroke[] = []): NetworkView {
  const { document, data, sizes } = run
  const { training, heldBack, classes, range, inputs } = data
  const { rows: forward, map, initialLoss } = compiled(run)
  const state = run.getState()
  const trained = forward(training.inputs)
  const rows = rowViews(training, trained.predictions!)
  const heldBackRows = heldBack ? rowViews(heldBack, run.predict(heldBack.inputs)) : []
  const { gradients } = run.gradients()
  const frozen = run.frozen()
  const update = lastUpdate(run)
  const row = Math.min(sample, training.rows - 1)
  const of = (name: string, layer: number) => {
    const units = sizes[layer + 1]!
    return trained[`${name}${layer}`]!.slice(row * units, (row + 1) * units)
  }
  const counts = range ? null : countsOf(strokes)
  const loss = run.loss('training')!
  const heldBackLoss = run.loss('heldBack')
  const onMap = map?.()
  const depth = sizes.length - 1
  return {
    step: state.step,
    status: state.status as NetworkView['status'],
    reached: state.reached,
    divergence: state.error?.message ?? null,
    sizes,
    classes,
    range,
    loss,
    heldBackLoss,
    accuracy: shareRight(rows),
    heldBackAccuracy: heldBack ? shareRight(heldBackRows) : null,
    layers: Array.from({ length: depth }, (_, layer) => {
      const [w, b] = [2 * layer, 2 * layer + 1].map((index) =>
        Float32Array.from(run.model.parameters[index]!.values),
      ) as [Float32Array, Float32Array]
      const [dw, db] = [gradients[2 * layer]!, gradients[2 * layer + 1]!]
      const outputs = trained[`output${layer}`]!
      const activation = document.layers[layer]?.activation
      const units = sizes[layer + 1]!
      return {
        weights: w,
        biases: b,
        weightGradients: dw,
        biasGradients: db,
        weightsFrozen: frozen[2 * layer]!,
        biasesFrozen: frozen[2 * layer + 1]!,
        weightNorm: normOf(w),
        gradientNorm: normOf(dw, db),
        updateRatio: update && update.norms[layer]! / normOf(w, b),
        ...unitsAtRest(activation, outputs, units),
      }
    }),
    sample: {
      row,
      inputs: training.inputs.slice(row * inputs, (row + 1) * inputs),
      sums: Array.from({ length: depth }, (_, layer) => of('sum', layer)),
      outputs: Array.from({ length: depth }, (_, layer) => of('output', layer)),
    },
    resolution,
    maps: onMap
      ? Array.from({ length: depth }, (_, layer) => columns(onMap[`output${layer}`]!, sizes[layer + 1]!))
      : [],
    rows,
    heldBackRows,
    pictures: range ? [] : pictures(rows, training),
    paper: counts && Array.from(run.predict(Float32Array.from(counts, (count) => count / 16))),
    confusion: confusionOf(rows, classes),
    history: [
      initialLoss,
      ...state.history.map(({ step, loss, validation }: RunRecord) => ({
        step,
        loss,
        heldBack: validation?.loss ?? null,
      })),
      ...(state.step > (state.history.at(-1)?.step ?? 0)
        ? [{ step: state.step, loss, heldBack: heldBackLoss }]
        : []),
    ],
    samples: run.samplesUntil(state.step),
  }
}

/** The norm, by layer, of what the last step added; leaves the run as it was. */
function lastUpdate(run: NetworkRun): { norms: number[] } | null {
  const { step, status } = run.getState()
  // A run that diverged stays where it is.
  if (step === 0 || status === 'diverged') return null
  const after = run.weights()
  run.goTo(step - 1)
  const before = run.weights()
  run.goTo(step)
  let offset = 0
  const changes = run.model.parameters.map(({ size }) => {
    const change = after.slice(offset, offset + size).map((value, index) => value - before[offset + index]!)
    offset += size
    return change
  })
  return {
    norms: Array.from({ length: changes.length / 2 }, (_, layer) =>
      normOf(changes[2 * layer]!, changes[2 * layer + 1]!),
    ),
  }
}

function compiled(run: NetworkRun): Compiled {
  const known = compiledFor.get(run)
  if (known) return known
  const { training, range, inputs } = run.data
  const functionOf = (count: number) => {
    const x = input([count, inputs])
    const { sums, outputs, predictions } = run.layersOf(x)
    const named = Object.fromEntries([
      ...sums.map((sum, layer) => [`sum${layer}`, sum]),
      ...outputs.map((output, layer) => [`output${layer}`, output]),
    ])
    const compiled = compile({ inputs: { x }, outputs: { ...named, predictions } })
    return (x: Float32Array) => compiled({ x }) as Record<string, Float32Array>
  }
  const points = range && mapPoints(range)
  const onMap = points && functionOf(points.length / 2)
  const before = run.getState().step === 0 ? run : createNetworkRun(run.document)
  const made: Compiled = {
    rows: functionOf(training.rows),
    map: onMap && (() => onMap(points)),
    initialLoss: {
      step: 0,
      loss: before.loss('training')!,
      heldBack: before.loss('heldBack'),
    },
  }
  compiledFor.set(run, made)
  return made
}

/** The points of a map, one of them beyond each border, so that it can be drawn smoothly up to there. */
function mapPoints({ x1, x2 }: MapRange): Float32Array {
  const unit = decisionGrid(resolution, 0, 1)
  const beyond = 1 / (resolution - 2)
  const along = ([low, high]: readonly [number, number], share: number) =>
    low + ((1 + 2 * beyond) * share - beyond) * (high - low)
  return unit.map((share, index) => along(index % 2 === 0 ? x1 : x2, share))
}

function columns(values: Float32Array, width: number): Float32Array[] {
  return Array.from({ length: width }, (_, column) =>
    Float32Array.from({ length: values.length / width }, (_, row) => values[row * width + column]!),
  )
}

function rowViews(data: Dataset, probabilities: Float32Array): RowView[] {
  const width = probabilities.length / data.rows
  return labelsOf(data).map((label, row) => {
    const own = Array.from(probabilities.subarray(row * width, (row + 1) * width))
    return {
      x1: data.inputs[data.inputShape[0]! * row]!,
      x2: data.inputs[data.inputShape[0]! * row + 1]!,
      label,
      predicted: largest(own),
      probabilities: own,
    }
  })
}

function pictures(rows: readonly RowView[], { inputs, inputShape }: Dataset): NetworkView['pictures'] {
  const width = inputShape[0]!
  const wrong = rows.flatMap(({ label, predicted }, row) => (label === predicted ? [] : [row]))
  const right = rows.flatMap(({ label, predicted }, row) => (label === predicted ? [row] : []))
  return [...wrong, ...right].slice(0, mostPictures).map((row) => ({
    row,
    pixels: inputs.slice(row * width, (row + 1) * width),
  }))
}

const shareRight = (rows: readonly RowView[]) =>
  rows.filter(({ label, predicted }) => label === predicted).length / rows.length

function confusionOf(rows: readonly RowView[], classes: number): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  for (const { label, predicted } of rows) counts[label]![predicted]!++
  return counts
}
