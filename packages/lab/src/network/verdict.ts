// What became of a training, told apart by what was measured; nothing is said where nothing tells.
import { add, compile, gradients, input, mul, sum, type Tensor } from '@bp/core/lean'
import type { NetworkDocument } from './document.js'
import { normOf } from './norm.js'
import { createNetworkRun, type NetworkRun } from './run.js'
import { lossOfLayers } from './sub-steps.js'
import type { LossRecord, NetworkView } from './view.js'

export type Verdict =
  /** Every training row is right. */
  | {
      readonly kind: 'learned'
      readonly rows: number
      readonly loss: number
      readonly heldBackRight: number | null
    }
  /** `grew`: the loss was above that of the start when the numbers ran out. */
  | { readonly kind: 'diverged'; readonly step: number; readonly where: string; readonly grew: boolean }
  /** Without a hidden layer that bends: `floor` is the least loss there is. `proof` says how that is known. */
  | {
      readonly kind: 'linear'
      readonly floor: number
      readonly proof: 'xor' | 'convex'
      readonly gradientNorm: number
      readonly hidden: boolean
    }
  /** All units of a hidden layer are equal to the bit, and stay so. */
  | { readonly kind: 'symmetric'; readonly layer: number; readonly units: number }
  /** A ReLU layer gives 0 for every row, so nothing flows back through it. */
  | { readonly kind: 'dead'; readonly layer: number; readonly units: number }
  | {
      readonly kind: 'saturated'
      readonly layer: number
      readonly units: number
      readonly gradientNorm: number
    }
  /** Of the derivatives at the output, this share reaches a layer before it: hardly any. Rows are measured one by one. */
  | { readonly kind: 'vanishing'; readonly layer: number; readonly share: number }
  /** The derivatives at a layer are this many times those at the output. */
  | { readonly kind: 'exploding'; readonly layer: number; readonly times: number }
  /** The loss rises, between this many of the records, or ends above the start. */
  | {
      readonly kind: 'rate-too-large'
      readonly rises: number
      readonly records: number
      readonly startLoss: number
      readonly loss: number
    }
  /** The weights have moved by this fraction of their norm, although the gradient is not small. */
  | {
      readonly kind: 'rate-too-small'
      readonly moved: number
      readonly gradientNorm: number
      readonly fall: number
    }
  /** The loss still falls: by this fraction over these last steps. */
  | { readonly kind: 'falling'; readonly fall: number; readonly steps: number }
  /** Hardly any slope, but a direction that curves down: it goes on, later. */
  | { readonly kind: 'plateau'; readonly gradientNorm: number; readonly curvature: number }
  /** Hardly any slope, and no direction curves down: more steps lead nowhere; another seed may. */
  | {
      readonly kind: 'minimum'
      readonly gradientNorm: number
      readonly curvature: number
      readonly loss: number
    }

/** Steps before which nothing is said of a rate. */
const fewSteps = 100
/** Weights that moved by less than this fraction of their norm have hardly moved. */
const hardlyMoved = 0.01
/** Gradients of a smaller norm are hardly a slope. */
const flat = 1e-3
/** A loss that falls by less than this fraction over the last quarter hardly falls. */
const hardlyFalls = 0.01
/** Derivatives that shrink, or grow, by more than this on their way back vanish, or explode. */
const shrinks = 1e-3
const grows = 100
/** Up to this many parameters their second derivatives are computed. */
const mostCurvatures = 80

/** What the measurements of a run at rest say. `view` is that of the run at its step. */
export function verdict(run: NetworkRun, view: NetworkView): Verdict | null {
  const { document } = run
  const { step, history, loss, rows } = view
  const startLoss = history[0]!.loss
  if (view.status === 'diverged')
    return { kind: 'diverged', step: step + 1, where: view.divergence!, grew: loss > startLoss || step === 0 }
  if (step === 0) return null
  if (view.accuracy === 1)
    return { kind: 'learned', rows: rows.length, loss, heldBackRight: view.heldBackAccuracy }
  const gradientNorm = Math.sqrt(view.layers.reduce((sum, layer) => sum + layer.gradientNorm ** 2, 0))

  for (const [layer, { units, activation }] of document.layers.entries()) {
    if (units > 1 && areEqual(view, layer)) return { kind: 'symmetric', layer, units }
    if (activation === 'relu' && view.layers[layer]!.dead.length === units)
      return { kind: 'dead', layer, units }
  }

  const recent = lastQuarter(history)
  const bends = document.layers.some(({ activation }) => activation !== 'linear')
  const penalized = document.l1 > 0 || document.l2 > 0
  // What is held or dropped makes another loss of it.
  const changed = document.freezes.length > 0 || document.layers.some(({ dropout }) => dropout !== undefined)
  if (!bends && document.loss === 'crossEntropy' && !penalized) {
    const hidden = document.layers.length > 0
    if (document.data.kind === 'xor')
      return { kind: 'linear', floor: Math.LN2, proof: 'xor', gradientNorm, hidden }
    // A convex loss without slope is at its lowest; linear layers in between change its shape but not its floor.
    if (!hidden && !changed && gradientNorm < flat)
      return { kind: 'linear', floor: loss, proof: 'convex', gradientNorm, hidden }
  }

  const flows = document.layers.length > 1 ? flowsOf(run) : []
  const last = flows.at(-1)!
  const most = flows.indexOf(Math.max(...flows))
  if (last > 0 && flows[most]! > grows * last)
    return { kind: 'exploding', layer: most, times: flows[most]! / last }

  const rises = risesOf(recent)
  const descends =
    !changed && document.optimizer.kind === 'sgd' && (document.batch === 0 || document.batch >= rows.length)
  if (loss > 1.05 * startLoss || (descends && recent.length > 8 && rises >= recent.length / 4))
    return { kind: 'rate-too-large', rises, records: recent.length - 1, startLoss, loss }

  for (const [layer, { units }] of document.layers.entries())
    if (view.layers[layer]!.saturated.length === units && gradientNorm < 10 * flat)
      return { kind: 'saturated', layer, units, gradientNorm }

  const least = flows.indexOf(Math.min(...flows))
  if (last > 0 && flows[least]! < shrinks * last)
    return { kind: 'vanishing', layer: least, share: flows[least]! / last }

  if (step < fewSteps) return null
  const moved = movedBy(run)
  const fall = (startLoss - loss) / startLoss
  if (moved < hardlyMoved && gradientNorm > flat) return { kind: 'rate-too-small', moved, gradientNorm, fall }

  const recentFall = (recent[0]!.loss - loss) / Math.abs(recent[0]!.loss)
  if (recentFall > hardlyFalls) return { kind: 'falling', fall: recentFall, steps: step - recent[0]!.step }
  // Batches or momentum make a loss waver, which tells nothing.
  if (gradientNorm > 50 * flat || !descends) return null
  const curvatures = curvaturesOf(run)
  if (!curvatures) return null
  const [lowest, greatest] = [Math.min(...curvatures), Math.max(...curvatures)]
  if (lowest < -1e-3 * Math.max(greatest, -lowest, flat))
    return { kind: 'plateau', gradientNorm, curvature: lowest }
  return gradientNorm < 10 * flat ? { kind: 'minimum', gradientNorm, curvature: lowest, loss } : null
}

/**
 * The root mean square, over the rows, of the derivatives of their losses with respect to the sums of each layer. Those of
 * weights do not tell how much comes back: what the rows want of a weight may cancel.
 */
function flowsOf(run: NetworkRun): number[] {
  const { training, inputs } = run.data
  const x = input([training.rows, inputs])
  const t = input([training.rows, training.targetShape[0]!])
  const layers = run.layersOf(x)
  const derivatives = gradients(lossOfLayers(run, layers, t), layers.sums)
  const outputs = Object.fromEntries(derivatives.map((derivative, layer) => [`sum${layer}`, derivative]))
  const numbers = compile({ inputs: { x, t }, outputs })({ x: training.inputs, t: training.targets } as never)
  return derivatives.map((_, layer) => normOf((numbers as Record<string, Float32Array>)[`sum${layer}`]!))
}

/** Whether all units of a hidden layer have the same weights, in and out, to the bit. */
function areEqual({ layers, sizes }: NetworkView, layer: number): boolean {
  const units = sizes[layer + 1]!
  const { weights, biases } = layers[layer]!
  const onward = layers[layer + 1]!.weights
  const width = sizes[layer + 2]!
  for (let unit = 1; unit < units; unit++) {
    if (biases[unit] !== biases[0]) return false
    for (let from = 0; from < sizes[layer]!; from++)
      if (weights[from * units + unit] !== weights[from * units]) return false
    for (let to = 0; to < width; to++) if (onward[unit * width + to] !== onward[to]) return false
  }
  return true
}

function lastQuarter(history: readonly LossRecord[]): readonly LossRecord[] {
  const from = history.at(-1)!.step * 0.75
  return history.filter(({ step }, index) => step >= from || index === history.length - 2)
}

/** How often the loss is higher than at the record before, by more than rounding. */
function risesOf(records: readonly LossRecord[]): number {
  return records.filter(({ loss }, index) => index > 0 && loss > records[index - 1]!.loss * (1 + 1e-5)).length
}

/** How far the weights are from where they started, relative to their norm there. */
function movedBy(run: NetworkRun): number {
  const now = run.weights()
  const norm = normOf(run.start)
  const distance = normOf(now.map((value, index) => value - run.start[index]!))
  return norm === 0 ? (distance === 0 ? 0 : Number.POSITIVE_INFINITY) : distance / norm
}

/** The eigenvalues of the second derivatives of the loss of all rows; `null` for too many weights. */
function curvaturesOf(run: NetworkRun): number[] | null {
  const { training, inputs } = run.data
  const { parameters } = run.model
  const count = parameters.reduce((total, { size }) => total + size, 0)
  if (count > mostCurvatures) return null
  const x = input([training.rows, inputs])
  const y = input([training.rows, training.targetShape[0]!])
  const loss = run.lossOf(run.model.apply(x), y)
  const directions = parameters.map(({ shape }) => input(shape))
  const slope = gradients(loss, parameters)
    .map((part, index): Tensor => sum(mul(part, directions[index]!)))
    .reduce((total, part) => add(total, part))
  const products = gradients(slope, parameters)
  const product = compile({
    inputs: { x, y, ...Object.fromEntries(directions.map((direction, index) => [`v${index}`, direction])) },
    outputs: Object.fromEntries(products.map((part, index) => [`p${index}`, part])),
  })
  const matrix: number[][] = []
  for (let at = 0; at < count; at++) {
    let offset = 0
    const given: Record<string, Float32Array> = {}
    for (const [index, { size }] of parameters.entries()) {
      given[`v${index}`] = Float32Array.from({ length: size }, (_, i) => Number(offset + i === at))
      offset += size
    }
    const row = product({ x: training.inputs, y: training.targets, ...given } as never)
    matrix.push(
      parameters.flatMap((_, index) => Array.from((row as Record<string, Float32Array>)[`p${index}`]!)),
    )
  }
  return eigenvalues(matrix)
}

/** Of a symmetric matrix, by Jacobi's rotations. */
function eigenvalues(given: readonly (readonly number[])[]): number[] {
  const n = given.length
  // Rounding leaves it not quite symmetric.
  const a = given.map((row, i) => row.map((value, j) => (value + given[j]![i]!) / 2))
  for (let sweep = 0; sweep < 50; sweep++) {
    let off = 0
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) off += a[i]![j]! ** 2
    if (off < 1e-24) break
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        if (a[p]![q] === 0) continue
        const theta = (a[q]![q]! - a[p]![p]!) / (2 * a[p]![q]!)
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
        const c = 1 / Math.sqrt(t * t + 1)
        const s = t * c
        for (let k = 0; k < n; k++) {
          const [kp, kq] = [a[k]![p]!, a[k]![q]!]
          a[k]![p] = c * kp - s * kq
          a[k]![q] = s * kp + c * kq
        }
        for (let k = 0; k < n; k++) {
          const [pk, qk] = [a[p]![k]!, a[q]![k]!]
          a[p]![k] = c * pk - s * qk
          a[q]![k] = s * pk + c * qk
        }
      }
  }
  return a.map((row, index) => row[index]!)
}

export interface SeedTrial {
  readonly seed: number
  readonly right: number
  readonly rows: number
  readonly loss: number
}

/** What other seeds come to with the same settings, one after the other. */
export function* trySeeds(document: NetworkDocument): Generator<SeedTrial> {
  for (let seed = 1; ; seed++) {
    if (seed === document.seed) continue
    const run = createNetworkRun({ ...document, seed, edits: [], step: 0 })
    run.step(document.until.steps)
    yield { seed, loss: run.loss('training')!, rows: run.data.training.rows, right: run.right }
  }
}
