// Recurrent layers, unrolled, so that a sequence is an ordinary graph.
import { type Checked, checkCount, checkFlag, checkOptions, optional } from '../checks/check-options.js'
import { ShapeError } from '../checks/errors.js'
import { checkFits } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { add, broadcastTo, matmul, mul, reshape, sigmoid, slice, stack, sub, tanh } from '../ops/index.js'
import { type ActivationName, activations, checkActivation } from './activation.js'
import { asMatrix } from './dense.js'
import type { Initializer, InitializerName } from './initializers.js'
import {
  type Apply,
  type Builder,
  checkInitializer,
  checkRank,
  type LayerOptions,
  type LayerPlan,
  layer,
  layerChecks,
  outputOf,
} from './layer.js'

export interface RecurrentOptions extends LayerOptions {
  /** Size of the state. */
  units: number
  /** Returns the state of every step, rows of [steps, units], instead of the last one, [units]. */
  returnSequences?: boolean
  /** Initializer of the input weights, default `glorotUniform`; recurrent weights are orthogonal. */
  weights?: InitializerName | Initializer
}

const recurrentChecks = {
  ...layerChecks,
  units: checkCount,
  returnSequences: optional(checkFlag, false),
  weights: optional<InitializerName | Initializer, 'glorotUniform'>(checkInitializer, 'glorotUniform'),
}

export interface RnnOptions extends RecurrentOptions {
  /** Activation function; default `tanh`. */
  activation?: ActivationName
}

/** Simple recurrent layer: h = activation(x · W + h · U + b), from h = 0 (Elman 1990). */
export function rnn(options: RnnOptions): LayerPlan {
  const { activation, ...checked } = checkOptions('rnn', options, {
    ...recurrentChecks,
    activation: optional(checkActivation, 'tanh'),
  })
  return recurrent('rnn', options, checked, 1, (builder) => {
    const { units } = checked
    const u = builder.parameter('recurrentWeights', [units, units], 'orthogonal', units, units)
    return (x, [h]) => [activations[activation](add(x, matmul(h!, u)))]
  })
}

/**
 * Long short-term memory: i, f, o = σ(…), g = tanh(…) of x · W + h · U + b; c = f ∘ c + i ∘ g; h = o ∘ tanh(c), from
 * h = c = 0 (Hochreiter and Schmidhuber 1997; Gers et al. 2000). Columns of W, U and b are in the order i, f, g, o.
 */
export function lstm(options: RecurrentOptions): LayerPlan {
  const checked = checkOptions('lstm', options, recurrentChecks)
  return recurrent('lstm', options, checked, 4, (builder) => {
    const { units } = checked
    const u = builder.parameter('recurrentWeights', [units, 4 * units], 'orthogonal', units, units)
    return (x, [h, c]) => {
      const sums = add(x, matmul(h!, u))
      const [i, f, g, o] = [0, 1, 2, 3].map((gate) => columns(sums, gate, units)) as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ]
      const cell = add(mul(sigmoid(f), c!), mul(sigmoid(i), tanh(g)))
      return [mul(sigmoid(o), tanh(cell)), cell]
    }
  })
}

/**
 * Gated recurrent unit: z, r = σ(x · W + h · U + b); n = tanh(x · W + b + r ∘ (h · U + d)); h = (1 − z) ∘ n + z ∘ h,
 * from h = 0 (Cho et al. 2014, in the form of cuDNN and PyTorch). Columns of W, U and both biases are in the order
 * z, r, n.
 */
export function gru(options: RecurrentOptions): LayerPlan {
  const checked = checkOptions('gru', options, recurrentChecks)
  return recurrent('gru', options, checked, 3, (builder) => {
    const { units } = checked
    const u = builder.parameter('recurrentWeights', [units, 3 * units], 'orthogonal', units, units)
    const d = builder.parameter('recurrentBias', [3 * units], 'zeros')
    return (x, [h]) => {
      const sums = add(matmul(h!, u), d)
      const gate = (index: number) => sigmoid(add(columns(x, index, units), columns(sums, index, units)))
      const z = gate(0)
      const n = tanh(add(columns(x, 2, units), mul(gate(1), columns(sums, 2, units))))
      return [add(n, mul(z, sub(h!, n)))]
    }
  })
}

/** These compile in half a minute. */
const mostSteps = 10_000

/** The next state, whose first part is the output, from x · W + b and the previous state. */
type Step = (x: Tensor, state: readonly Tensor[]) => Tensor[]

/** Shared by all: one product for the inputs of all steps, then step by step from zeros. */
function recurrent(
  kind: string,
  options: RecurrentOptions,
  { units, returnSequences, weights }: Checked<RecurrentOptions, typeof recurrentChecks>,
  gates: number,
  build: (builder: Builder) => Step,
): LayerPlan {
  return layer(kind, options, (builder, shape) => {
    checkRank(kind, shape, 2, '[steps, inputs]')
    const [steps, inputs] = shape as [number, number]
    checkCount(kind, 'steps', steps)
    if (steps > mostSteps)
      throw new ShapeError(
        `${kind}: rows of ${steps} steps are too long, since the graph is unrolled; split them into rows of at most ${mostSteps}`,
      )
    const width = gates * units
    checkFits(kind, 'the sums of all steps', [steps, width])
    const w = builder.parameter('weights', [inputs, width], weights, inputs, units)
    const next = build(builder)
    const b = builder.parameter('bias', [width], 'zeros')
    const apply: Apply = (_, x) => {
      const [rows, steps] = x.shape as [number, number]
      const products = reshape(add(matmul(asMatrix(x), w), b), [rows, steps, width])
      const zeros = broadcastTo(0, [rows, units])
      let state: readonly Tensor[] = [zeros, zeros]
      const outputs: Tensor[] = []
      for (let step = 0; step < steps; step++) {
        const piece = slice(products, { begin: [0, step], size: [-1, 1] })
        state = next(reshape(piece, [rows, width]), state)
        outputs.push(state[0]!)
      }
      return returnSequences ? stack(outputs, 1) : outputs.at(-1)!
    }
    // All steps are alike, so the cost of ten thousand follows from that of one and two.
    const [one, two] = [1, 2].map((steps) => outputOf(kind, apply, [[steps, inputs]]).flops) as [
      number,
      number,
    ]
    const outputShape = returnSequences ? [steps, units] : [units]
    return Object.assign(apply, { outputInfo: { outputShape, flops: one + (steps - 1) * (two - one) } })
  })
}

/** The columns of a gate. */
function columns(x: Tensor, gate: number, units: number): Tensor {
  return slice(x, { begin: [0, gate * units], size: [-1, units] })
}
