// One step taken apart, for one row: forward layer by layer, the loss, backward layer by layer, and the update.
import { compile, gradients, input, losses, mul, type Tensor } from '@bp/core/lean'
import type { NetworkRun } from './run.js'

/** The parts of a step, in order; `layer` counts from the first one with weights. */
export type SubStep =
  | { readonly phase: 'forward'; readonly layer: number }
  | { readonly phase: 'loss' }
  | { readonly phase: 'backward'; readonly layer: number }
  | { readonly phase: 'update' }

export interface SubStepLayer {
  readonly sums: Float32Array
  readonly outputs: Float32Array
  /** Derivatives of the row's loss with respect to its sums, weights and biases. */
  readonly sumGradients: Float32Array
  readonly weightGradients: Float32Array
  readonly biasGradients: Float32Array
}

export interface SubSteps {
  readonly row: number
  readonly inputs: Float32Array
  readonly targets: Float32Array
  readonly layers: readonly SubStepLayer[]
  /** Of this row alone, without penalties. */
  readonly loss: number
  /** Weights and biases in the order of the model, before and after the step of its whole batch. */
  readonly before: Float32Array
  /** `null` where no step follows: at the end, or where it diverges. */
  readonly after: Float32Array | null
}

/** The parts of a step of a network with this many layers of weights. */
export function subStepsOf(layers: number): SubStep[] {
  const each = Array.from({ length: layers }, (_, layer) => layer)
  return [
    ...each.map((layer): SubStep => ({ phase: 'forward', layer })),
    { phase: 'loss' },
    ...each.reverse().map((layer): SubStep => ({ phase: 'backward', layer })),
    { phase: 'update' },
  ]
}

/** The numbers of the next step for one training row, with what it drops of that row; leaves the run as it was. */
export function subSteps(run: NetworkRun, row: number): SubSteps {
  const { training, inputs: wide } = run.data
  const width = training.targetShape[0]!
  const x = input([1, wide])
  const t = input([1, width])
  const drops = run.droppedOf(row)
  const masks = drops.map((drop) => drop && input([1, drop.length]))
  const { sums, outputs } = run.layersOf(x, (layer, rows) => (masks[layer] ? mul(rows, masks[layer]) : rows))
  const loss = lossOfLayers(run, { sums, outputs }, t)
  const { parameters } = run.model
  const derivatives = gradients(loss, [...sums, ...parameters])
  const named = <T>(name: string, all: readonly (T | null)[]) =>
    Object.fromEntries(all.flatMap((one, index) => (one === null ? [] : [[`${name}${index}`, one]])))
  const inputs = training.inputs.slice(wide * row, wide * (row + 1))
  const targets = training.targets.slice(width * row, width * (row + 1))
  const numbers = compile({
    inputs: { x, t, ...named('drop', masks) } as never,
    outputs: { loss, ...named('sum', sums), ...named('output', outputs), ...named('gradient', derivatives) },
  })({ x: inputs, t: targets, ...named('drop', drops) } as never) as Record<string, Float32Array>
  const depth = sums.length
  return {
    row,
    inputs,
    targets,
    layers: sums.map((_, layer) => ({
      sums: numbers[`sum${layer}`]!,
      outputs: numbers[`output${layer}`]!,
      sumGradients: numbers[`gradient${layer}`]!,
      weightGradients: numbers[`gradient${depth + 2 * layer}`]!,
      biasGradients: numbers[`gradient${depth + 2 * layer + 1}`]!,
    })),
    loss: numbers.loss![0]!,
    before: run.weights(),
    after: weightsAfter(run),
  }
}

/** The loss of rows, without penalties, from the sums and outputs of their layers. */
export function lossOfLayers(
  { document, data }: NetworkRun,
  { sums, outputs }: { readonly sums: readonly Tensor[]; readonly outputs: readonly Tensor[] },
  targets: Tensor,
): Tensor {
  return document.loss === 'squaredError'
    ? losses.meanSquaredError.of(outputs.at(-1)!, targets)
    : losses[data.classes === 2 ? 'sigmoidCrossEntropy' : 'softmaxCrossEntropy'].of(sums.at(-1)!, targets)
}

function weightsAfter(run: NetworkRun): Float32Array | null {
  const { step, status } = run.getState()
  if (status === 'diverged' || status === 'done') return null
  run.step()
  const after = run.getState().step > step ? run.weights() : null
  if (after) run.goTo(step)
  return after
}
