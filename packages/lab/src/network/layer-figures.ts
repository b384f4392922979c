// What is to be seen of each layer of a network that trains: norms, units at their limits, and a histogram.
import {
  compile,
  type Dataset,
  gradients,
  input,
  type LossName,
  losses,
  type Model,
  StepContext,
  type Tensor,
} from '@bp/core'
import { type Histogram, histogram } from './histogram.js'
import { normOf } from './norm.js'

export interface LayerFigures {
  /** `null` for a layer without weights. */
  readonly weightNorm: number | null
  /** Of the loss of the rows that were looked at. */
  readonly gradientNorm: number | null
  /** Units whose output is 0 for all of these rows. */
  readonly dead: number
  /** Units of a bounded activation that are at its limits, within a hundredth of its range, for all of these rows. */
  readonly saturated: number
  /** Of the weights, without biases. */
  readonly weights: Histogram | null
}

/** More rows would show hardly anything else. */
export const mostFigureRows = 256

/** Bins of a histogram of weights. */
export const figureBins = 24

/** Limits of the activations that have some, a hundredth of their range inwards. */
const limits: { readonly [activation: string]: readonly [number, number] } = {
  sigmoid: [0.01, 0.99],
  tanh: [-0.98, 0.98],
}

/** Units of a layer that give 0 for every row, and units that are at their limits for every row. */
export function unitsAtRest(
  activation: string | undefined,
  outputs: Float32Array,
  units: number,
): { readonly dead: number[]; readonly saturated: number[] } {
  const everywhere = (holds: (value: number) => boolean) =>
    Array.from({ length: units }, (_, unit) => unit).filter((unit) => {
      for (let at = unit; at < outputs.length; at += units) if (!holds(outputs[at]!)) return false
      return true
    })
  const within = limits[activation ?? '']
  return {
    dead: activation === 'relu' ? everywhere((value) => value === 0) : [],
    saturated: within ? everywhere((value) => value < within[0] || value > within[1]) : [],
  }
}

/**
 * Looks at the layers of a model on the first rows of some data; compiled once, for the weights of any step. `activation`
 * is that of the hidden layers.
 */
export function layerFigures(
  model: Model,
  loss: LossName,
  activation: string,
  data: Dataset,
): () => LayerFigures[] {
  const rows = Math.min(data.rows, mostFigureRows)
  const [width, targets] = [data.inputShape[0]!, data.targetShape[0]!]
  const x = input([rows, width])
  const y = input([rows, targets])
  const context = new StepContext()
  const outputs: Tensor[] = []
  for (const layer of model.layers) outputs.push(layer.apply(context, outputs.at(-1) ?? x))
  const slopes = gradients(losses[loss].of(outputs.at(-1)!, y), model.parameters)
  const compiled = compile({
    inputs: { x, y },
    outputs: Object.fromEntries([
      ...outputs.map((output, layer) => [`output${layer}`, output]),
      ...slopes.map((slope, index) => [`slope${index}`, slope]),
    ]),
  })
  const given = {
    x: data.inputs.subarray(0, rows * width),
    y: data.targets.subarray(0, rows * targets),
  }
  return () => {
    const computed = compiled(given as never) as Record<string, Float32Array>
    return model.layers.map((layer, at) => {
      const own = layer.parameters.map((parameter) => model.parameters.indexOf(parameter))
      const values = own.map((index) => model.parameters[index]!.values)
      const hidden = at < model.layers.length - 1
      const atRest = unitsAtRest(
        hidden ? activation : undefined,
        computed[`output${at}`]!,
        layer.outputShape[0]!,
      )
      return {
        weightNorm: own.length === 0 ? null : normOf(...values),
        gradientNorm: own.length === 0 ? null : normOf(...own.map((index) => computed[`slope${index}`]!)),
        dead: atRest.dead.length,
        saturated: atRest.saturated.length,
        weights: values[0] ? histogram(values[0], figureBins) : null,
      }
    })
  }
}
