// How parameters follow their gradients: each rule once for the kernel, once in plain float64.
import type { OpcodeName } from './compile/lowering.js'
import { ValueError } from './errors.js'

/** An update rule. It holds no state itself: that belongs to a training step, by parameter. */
export interface Optimizer {
  readonly name: string
  /** The kernel's instruction for it. */
  readonly opcode: OpcodeName
  /** What the rule keeps for each parameter between steps. */
  readonly slots: readonly string[]
  /** Numbers of the rule, the learning rate first. */
  readonly settings: readonly number[]
  /** One step in float64, in place. `slots` and `settings` are the state. */
  update(
    parameters: Float64Array,
    gradients: Float64Array,
    slots: readonly Float64Array[],
    settings: Float64Array,
  ): void
}

export interface LearningRate {
  /** How far to go along the gradient in each step. */
  learningRate: number
}

/** Stochastic gradient descent: p −= η·g. */
export function sgd({ learningRate }: LearningRate): Optimizer {
  return {
    name: 'sgd',
    opcode: 'Sgd',
    slots: [],
    settings: [checkLearningRate('sgd', learningRate)],
    update(parameters, gradients, _, [rate]) {
      for (let i = 0; i < parameters.length; i++) parameters[i]! -= rate! * gradients[i]!
    },
  }
}

export interface MomentumOptions extends LearningRate {
  /** Share of the velocity that is kept, 0.9 unless given. */
  momentum?: number
  /** Nesterov's form: look ahead along the velocity. */
  nesterov?: boolean
}

/** Descent with momentum: v = μ·v + g; p −= η·v, or η·(g + μ·v) in Nesterov's form (Sutskever et al. 2013). */
export function momentum({ learningRate, momentum = 0.9, nesterov = false }: MomentumOptions): Optimizer {
  checkShare('momentum', 'momentum', momentum)
  return {
    name: 'momentum',
    opcode: 'Momentum',
    slots: ['velocity'],
    settings: [checkLearningRate('momentum', learningRate), momentum, Number(nesterov)],
    update(parameters, gradients, [velocity], [rate, mu, ahead]) {
      for (let i = 0; i < parameters.length; i++) {
        const g = gradients[i]!
        const v = mu! * velocity![i]! + g
        velocity![i] = v
        parameters[i]! -= rate! * (ahead ? g + mu! * v : v)
      }
    },
  }
}

export interface AdamOptions extends LearningRate {
  /** Decay of the mean of gradients, 0.9 unless given. */
  beta1?: number
  /** Decay of the mean of their squares, 0.999 unless given. */
  beta2?: number
  /** Keeps the division finite, 1e-8 unless given. */
  epsilon?: number
}

/**
 * Adam: m = β₁m + (1 − β₁)g; v = β₂v + (1 − β₂)g²; p −= η · m̂ / (√v̂ + ε), with m̂ = m/(1 − β₁ᵗ) and
 * v̂ = v/(1 − β₂ᵗ) (Kingma and Ba 2015).
 */
export function adam({ learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions): Optimizer {
  checkShare('adam', 'beta1', beta1)
  checkShare('adam', 'beta2', beta2)
  if (!(epsilon > 0) || !Number.isFinite(epsilon))
    throw new ValueError(`adam: epsilon must be a small number above 0, got ${epsilon}`)
  return {
    name: 'adam',
    opcode: 'Adam',
    slots: ['mean', 'variance'],
    settings: [checkLearningRate('adam', learningRate), beta1, beta2, epsilon, 1, 1],
    update(parameters, gradients, [mean, variance], settings) {
      settings[4]! *= settings[1]!
      settings[5]! *= settings[2]!
      const [rate, b1, b2, small, power1, power2] = settings as unknown as [
        number,
        number,
        number,
        number,
        number,
        number,
      ]
      for (let i = 0; i < parameters.length; i++) {
        const g = gradients[i]!
        const m = b1 * mean![i]! + (1 - b1) * g
        const v = b2 * variance![i]! + (1 - b2) * g * g
        mean![i] = m
        variance![i] = v
        parameters[i]! -= ((rate / (1 - power1)) * m) / (Math.sqrt(v / (1 - power2)) + small)
      }
    },
  }
}

/** @throws ValueError unless it is a finite number above 0. */
export function checkLearningRate(optimizer: string, learningRate: number): number {
  if (!(learningRate > 0) || !Number.isFinite(learningRate))
    throw new ValueError(
      `${optimizer}: the learning rate must be a finite number above 0, got ${learningRate}; 0.01 is a usual start`,
    )
  return learningRate
}

function checkShare(optimizer: string, name: string, value: number): void {
  if (!(value >= 0 && value < 1))
    throw new ValueError(`${optimizer}: ${name} must be from 0 up to but without 1, got ${value}`)
}
