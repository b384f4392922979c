// Optimizers: each update rule once for the kernel, and once in plain float64.
import {
  type Check,
  type Checked,
  check,
  checkCount,
  checkFlag,
  checkNotNegative,
  checkOptions,
  checkPositive,
  checkShare,
  listOf,
  optional,
  optionsOf,
} from '../checks/check-options.js'
import { ValueError } from '../checks/errors.js'
import type { OpcodeWith } from '../compile/lowering.js'
import { Variable } from '../graph/tensor.js'
import { power } from '../numbers/elementary.js'
import { checkRate, type Schedule } from './schedules.js'

/** Parameters with their own settings. */
export interface ParameterGroup {
  /** A pattern that matches the names of the parameters (`/bias$/`), or the parameters themselves. */
  parameters: RegExp | readonly Variable[]
  /** Multiplies the learning rate; default 1. */
  learningRateFactor?: number
  /** Replaces the weight decay of the optimizer. */
  weightDecay?: number
}

/**
 * Gradient clipping, before weight decay: by value, by the Euclidean norm of the gradient of each parameter, or by the
 * global norm of all gradients (Pascanu, Mikolov and Bengio 2013). Infinite gradients become NaN, which stops a run.
 */
export type Clip = { value: number } | { norm: number } | { globalNorm: number }

/** Options of all optimizers. */
export interface OptimizerOptions {
  /** The learning rate, or a schedule of it. */
  learningRate: number | Schedule
  /**
   * L2 weight decay: λ·p is added to the gradient, which is the gradient of λ/2 · Σ p². Default 0. In `adamW` and
   * `lion` it is decoupled from the gradient instead: p −= η·λ·p.
   */
  weightDecay?: number
  /** Gradient clipping. */
  clip?: Clip
  /** Parameters with their own settings; the first group that matches a parameter applies. */
  groups?: readonly ParameterGroup[]
  /** Gradient accumulation: one update per this many steps, with the mean of their gradients; default 1. */
  accumulate?: number
  /** Decay d of an exponential moving average of the parameters, a = d·a + (1 − d)·p after each update, e.g. 0.999. */
  ema?: number
}

/** An update rule. It is stateless: the state belongs to a training step, by parameter. */
export interface Optimizer extends Readonly<Required<Omit<OptimizerOptions, 'clip' | 'ema'>>> {
  readonly name: string
  /** Its kernel instruction. */
  readonly opcode: OpcodeWith<'parameters' | 'settings'>
  /** Names of the state arrays of each parameter; `null` for those that the options do not need. */
  readonly slots: readonly (string | null)[]
  /** Settings of the rule, following the learning rate and the weight decay. */
  readonly settings: readonly number[]
  /** Values that the rule itself advances, following the settings, as they are before the first step. */
  readonly counters: readonly number[]
  readonly clip: Clip | null
  readonly ema: number | null
  /**
   * One step in float64, in place. `slots` are state, and so are the counters at the end of `settings`, which are
   * learning rate, weight decay, settings and counters.
   */
  update(
    parameters: Float64Array,
    gradients: Float64Array,
    slots: readonly Float64Array[],
    settings: Float64Array,
  ): void
}

export const checkOptimizer = check<Optimizer>(
  'an optimizer, e.g. adam({ learningRate: 0.001 })',
  (value) => typeof (value as Optimizer | null)?.update === 'function',
)

type Rule = Pick<Optimizer, 'opcode' | 'slots' | 'settings' | 'update'> & { counters?: readonly number[] }

const limits = {
  value: optional(checkPositive),
  norm: optional(checkPositive),
  globalNorm: optional(checkPositive),
}

const checkClip: Check<Clip> = (caller, name, value) => {
  const clip = Object.entries(optionsOf(limits)(caller, name, value)).filter(
    ([, limit]) => limit !== undefined,
  )
  if (clip.length !== 1)
    throw new ValueError(
      `${caller}: ${name} must have exactly one of ${Object.keys(limits).join(', ')}, got ${clip.length}`,
    )
  return Object.fromEntries(clip) as Clip
}

const shared = {
  learningRate: checkRate,
  weightDecay: optional(checkNotNegative, 0),
  clip: optional(checkClip),
  groups: optional(
    listOf(
      optionsOf<ParameterGroup>({
        parameters: check(
          'a pattern or an array of variables',
          (value) =>
            value instanceof RegExp ||
            (Array.isArray(value) && [...value].every((one) => one instanceof Variable)),
        ),
        learningRateFactor: optional(checkNotNegative),
        weightDecay: optional(checkNotNegative),
      }),
    ),
    [],
  ),
  accumulate: optional(checkCount, 1),
  ema: optional(checkShare),
}

function optimizer(name: string, options: Checked<OptimizerOptions, typeof shared>, rule: Rule): Optimizer {
  const { learningRate, weightDecay, clip = null, groups, accumulate, ema = null } = options
  return { name, counters: [], ...rule, learningRate, weightDecay, clip, groups, accumulate, ema }
}

const sgdChecks = {
  ...shared,
  // PyTorch and Keras take it here.
  momentum: optional(check('given to momentum({ learningRate, momentum }) instead', () => false)),
}

/** Stochastic gradient descent: p −= η·g (Robbins and Monro 1951). */
export function sgd(options: OptimizerOptions): Optimizer {
  return optimizer('sgd', checkOptions('sgd', options, sgdChecks), {
    opcode: 'Sgd',
    slots: [],
    settings: [],
    update(parameters, gradients, _, [rate, decay]) {
      for (const [i, p] of parameters.entries()) parameters[i]! -= rate! * (gradients[i]! + decay! * p)
    },
  })
}

export interface MomentumOptions extends OptimizerOptions {
  /** Decay of the velocity; default 0.9. */
  momentum?: number
  /** Nesterov momentum. */
  nesterov?: boolean
}

/** Descent with momentum: v = μ·v + g; p −= η·v, or η·(g + μ·v) with `nesterov` (Sutskever et al. 2013). */
export function momentum(options: MomentumOptions): Optimizer {
  const checked = checkOptions('momentum', options, {
    ...shared,
    momentum: optional(checkShare, 0.9),
    nesterov: optional(checkFlag, false),
  })
  return optimizer('momentum', checked, {
    opcode: 'Momentum',
    slots: ['velocity'],
    settings: [checked.momentum, Number(checked.nesterov)],
    update(parameters, gradients, [velocity], [rate, decay, mu, ahead]) {
      for (const [i, p] of parameters.entries()) {
        const g = gradients[i]! + decay! * p
        const v = mu! * velocity![i]! + g
        velocity![i] = v
        parameters[i] = p - rate! * (ahead ? g + mu! * v : v)
      }
    },
  })
}

export interface AdamOptions extends OptimizerOptions {
  /** Decay of the first moment; default 0.9. */
  beta1?: number
  /** Decay of the second moment (of the infinity norm in `adamax`); default 0.999. */
  beta2?: number
  /** Added to the denominator for numerical stability; default 1e-8. */
  epsilon?: number
}

/**
 * Adam: m = β₁m + (1 − β₁)g; v = β₂v + (1 − β₂)g²; p −= η · m̂ / (√v̂ + ε), with m̂ = m/(1 − β₁ᵗ) and
 * v̂ = v/(1 − β₂ᵗ) (Kingma and Ba 2015).
 */
export function adam(options: AdamOptions): Optimizer {
  return adamOf('adam', false, options)
}

/**
 * Adam with decoupled weight decay: p −= η·λ·p, then the step of `adam` with the plain gradient (Loshchilov and Hutter
 * 2019). λ is 0.01 by default.
 */
export function adamW(options: AdamOptions): Optimizer {
  return adamOf('adamW', true, options)
}

const adamChecks = {
  ...shared,
  beta1: optional(checkShare, 0.9),
  beta2: optional(checkShare, 0.999),
  epsilon: optional(checkPositive, 1e-8),
}

function adamOf(name: string, decoupled: boolean, options: AdamOptions): Optimizer {
  const { beta1, beta2, epsilon, ...rest } = checkOptions(name, options, {
    ...adamChecks,
    weightDecay: optional(checkNotNegative, decoupled ? 0.01 : 0),
  })
  return optimizer(name, rest, {
    opcode: 'Adam',
    slots: ['mean', 'variance'],
    settings: [beta1, beta2, epsilon, Number(decoupled)],
    counters: [1, 1],
    update(parameters, gradients, [mean, variance], settings) {
      settings[6]! *= settings[2]!
      settings[7]! *= settings[3]!
      const [rate, decay, beta1, beta2, epsilon, decoupled, power1, power2] = settings
      for (const [i, p] of parameters.entries()) {
        const g = gradients[i]! + (decoupled ? 0 : decay! * p)
        mean![i] = blend(beta1!, mean![i]!, g)
        variance![i] = blend(beta2!, variance![i]!, g * g)
        const step = mean![i]! / (1 - power1!) / (Math.sqrt(variance![i]! / (1 - power2!)) + epsilon!)
        parameters[i] = p - rate! * (step + (decoupled ? decay! * p : 0))
      }
    },
  })
}

/**
 * Adamax, Adam with the infinity norm: m = β₁m + (1 − β₁)g; u = max(β₂u, |g| + ε); p −= η/(1 − β₁ᵗ) · m/u (Kingma and
 * Ba 2015, section 7.1; ε as in PyTorch).
 */
export function adamax(options: AdamOptions): Optimizer {
  const { beta1, beta2, epsilon, ...rest } = checkOptions('adamax', options, adamChecks)
  return optimizer('adamax', rest, {
    opcode: 'Adamax',
    slots: ['mean', 'norm'],
    settings: [beta1, beta2, epsilon],
    counters: [1],
    update(parameters, gradients, [mean, norm], settings) {
      settings[5]! *= settings[2]!
      const [rate, decay, beta1, beta2, epsilon, power1] = settings
      for (const [i, p] of parameters.entries()) {
        const g = gradients[i]! + decay! * p
        mean![i] = blend(beta1!, mean![i]!, g)
        norm![i] = Math.max(beta2! * norm![i]!, Math.abs(g) + epsilon!)
        parameters[i] = p - ((rate! / (1 - power1!)) * mean![i]!) / norm![i]!
      }
    },
  })
}

export interface NadamOptions extends AdamOptions {
  /** Decay ψ of the momentum schedule; default 0.004. */
  momentumDecay?: number
}

/**
 * NAdam, Adam with Nesterov momentum: with m, v̂ of Adam and μₜ = β₁·(1 − ½·0.96^(ψ·t)), p −= η · ((1 − μₜ)·g/(1 − Π
 * μ) + μₜ₊₁·m/(1 − μₜ₊₁·Π μ)) / (√v̂ + ε), Π over μ₁ … μₜ (Dozat 2016; ψ as in PyTorch).
 */
export function nadam(options: NadamOptions): Optimizer {
  const { beta1, beta2, epsilon, momentumDecay, ...rest } = checkOptions('nadam', options, {
    ...adamChecks,
    momentumDecay: optional(checkNotNegative, 0.004),
  })
  const fall = power(0.96, momentumDecay)
  return optimizer('nadam', rest, {
    opcode: 'Nadam',
    slots: ['mean', 'variance'],
    settings: [beta1, beta2, epsilon, fall],
    // β₂ᵗ, Π μ, and ½·0.96^(ψ·(t + 1)).
    counters: [1, 1, fall / 2],
    update(parameters, gradients, [mean, variance], settings) {
      const mu = settings[2]! * (1 - settings[8]!)
      settings[6]! *= settings[3]!
      settings[7]! *= mu
      settings[8]! *= settings[5]!
      const [rate, decay, beta1, beta2, epsilon, , power2, product, half] = settings
      const nextMu = beta1! * (1 - half!)
      for (const [i, p] of parameters.entries()) {
        const g = gradients[i]! + decay! * p
        mean![i] = blend(beta1!, mean![i]!, g)
        variance![i] = blend(beta2!, variance![i]!, g * g)
        const step = ((1 - mu) / (1 - product!)) * g + (nextMu / (1 - product! * nextMu)) * mean![i]!
        parameters[i] = p - (rate! * step) / (Math.sqrt(variance![i]! / (1 - power2!)) + epsilon!)
      }
    },
  })
}

export interface RmsPropOptions extends OptimizerOptions {
  /** Decay of the mean square; default 0.99. */
  alpha?: number
  /** Added to the denominator for numerical stability; default 1e-8. */
  epsilon?: number
  /** Decay of the velocity; default 0. */
  momentum?: number
  /** Divide by an estimate of the standard deviation instead of the root mean square. */
  centered?: boolean
}

/**
 * RMSProp: s = αs + (1 − α)g²; p −= η·g/(√s + ε) (Tieleman and Hinton 2012). Centered, with
 * m = αm + (1 − α)g, √(s − m²) takes the place of √s (Graves 2013). With momentum v = μ·v + g/(√s + ε); p −= η·v.
 */
export function rmsProp(options: RmsPropOptions): Optimizer {
  const { alpha, epsilon, momentum, centered, ...rest } = checkOptions('rmsProp', options, {
    ...shared,
    alpha: optional(checkShare, 0.99),
    epsilon: optional(checkPositive, 1e-8),
    momentum: optional(checkShare, 0),
    centered: optional(checkFlag, false),
  })
  return optimizer('rmsProp', rest, {
    opcode: 'RmsProp',
    slots: ['square', centered ? 'mean' : null, momentum > 0 ? 'velocity' : null],
    settings: [alpha, epsilon, momentum],
    update(parameters, gradients, [square, mean, velocity], [rate, decay, keep, epsilon, mu]) {
      for (const [i, p] of parameters.entries()) {
        const g = gradients[i]! + decay! * p
        square![i] = blend(keep!, square![i]!, g * g)
        let variance = square![i]!
        if (centered) {
          mean![i] = blend(keep!, mean![i]!, g)
          variance = Math.max(0, variance - mean![i]! ** 2)
        }
        let direction = g / (Math.sqrt(variance) + epsilon!)
        if (mu! > 0) {
          direction += mu! * velocity![i]!
          velocity![i] = direction
        }
        parameters[i] = p - rate! * direction
      }
    },
  })
}

export interface AdagradOptions extends OptimizerOptions {
  /** Added to the denominator for numerical stability; default 1e-10. */
  epsilon?: number
}

/** Adagrad: s = s + g²; p −= η·g/(√s + ε) (Duchi, Hazan and Singer 2011). */
export function adagrad(options: AdagradOptions): Optimizer {
  const checked = checkOptions('adagrad', options, { ...shared, epsilon: optional(checkPositive, 1e-10) })
  return optimizer('adagrad', checked, {
    opcode: 'Adagrad',
    slots: ['sum'],
    settings: [checked.epsilon],
    update(parameters, gradients, [sum], [rate, decay, epsilon]) {
      for (const [i, p] of parameters.entries()) {
        const g = gradients[i]! + decay! * p
        sum![i]! += g * g
        parameters[i] = p - (rate! * g) / (Math.sqrt(sum![i]!) + epsilon!)
      }
    },
  })
}

/** Options of `adadelta`. */
export interface AdadeltaOptions extends Omit<OptimizerOptions, 'learningRate'> {
  /** Multiplies the step of the rule; default 1. */
  learningRate?: number | Schedule
  /** Decay of the mean squares; default 0.9. */
  rho?: number
  /** Added under the square roots for numerical stability; default 1e-6. */
  epsilon?: number
}

/**
 * Adadelta: s = ρs + (1 − ρ)g²; d = √(a + ε)/√(s + ε) · g; a = ρa + (1 − ρ)d²; p −= η·d (Zeiler 2012).
 */
export function adadelta(options: AdadeltaOptions = {}): Optimizer {
  const { rho, epsilon, ...rest } = checkOptions('adadelta', options, {
    ...shared,
    learningRate: optional(checkRate, 1),
    rho: optional(checkShare, 0.9),
    epsilon: optional(checkPositive, 1e-6),
  })
  return optimizer('adadelta', rest, {
    opcode: 'Adadelta',
    slots: ['square', 'steps'],
    settings: [rho, epsilon],
    update(parameters, gradients, [square, steps], [rate, decay, keep, epsilon]) {
      for (const [i, p] of parameters.entries()) {
        const g = gradients[i]! + decay! * p
        square![i] = blend(keep!, square![i]!, g * g)
        const step = (Math.sqrt(steps![i]! + epsilon!) / Math.sqrt(square![i]! + epsilon!)) * g
        steps![i] = blend(keep!, steps![i]!, step * step)
        parameters[i] = p - rate! * step
      }
    },
  })
}

export interface LionOptions extends OptimizerOptions {
  /** Weight of the momentum in the direction of the step; default 0.9. */
  beta1?: number
  /** Decay of the momentum; default 0.99. */
  beta2?: number
}

/**
 * Lion: p −= η · (sign(β₁m + (1 − β₁)g) + λ·p); m = β₂m + (1 − β₂)g (Chen et al. 2023). Needs a learning rate 3 to 10
 * times smaller than that of Adam.
 */
export function lion(options: LionOptions): Optimizer {
  const { beta1, beta2, ...rest } = checkOptions('lion', options, {
    ...shared,
    beta1: optional(checkShare, 0.9),
    beta2: optional(checkShare, 0.99),
  })
  return optimizer('lion', rest, {
    opcode: 'Lion',
    slots: ['mean'],
    settings: [beta1, beta2],
    update(parameters, gradients, [mean], [rate, decay, beta1, beta2]) {
      for (const [i, p] of parameters.entries()) {
        const g = gradients[i]!
        const direction = Math.sign(blend(beta1!, mean![i]!, g))
        mean![i] = blend(beta2!, mean![i]!, g)
        parameters[i] = p - rate! * (direction + decay! * p)
      }
    },
  })
}

/** keep·mean + (1 − keep)·value */
function blend(keep: number, mean: number, value: number): number {
  return keep * mean + (1 - keep) * value
}
