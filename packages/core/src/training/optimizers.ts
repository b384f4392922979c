// How parameters follow their gradients: each rule once for the kernel, once in plain float64.
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

/** Parameters that follow settings of their own. */
export interface ParameterGroup {
  /** A pattern that finds the names of the parameters (`/bias$/`), or the parameters themselves. */
  parameters: RegExp | readonly Variable[]
  /** What the learning rate is multiplied by for them, 1 unless given. */
  learningRateFactor?: number
  /** Weight decay in place of the optimizer's. */
  weightDecay?: number
}

/**
 * The largest that gradients may become, before weight decay: each number by itself, the Euclidean norm of each
 * parameter's gradient, or the norm of all gradients together (Pascanu, Mikolov and Bengio 2013). A gradient that is
 * infinite becomes NaN, which stops a run.
 */
export type Clip = { value: number } | { norm: number } | { globalNorm: number }

/** What all optimizers understand. */
export interface OptimizerOptions {
  /** How far to go along the gradient in each step, or a schedule that says it for each step. */
  learningRate: number | Schedule
  /**
   * Pulls parameters to 0: λ·p is added to the gradient, which is the gradient of λ/2 · Σ p². None unless given.
   * In `adamW` and `lion` it acts on the parameters beside the gradient instead: p −= η·λ·p.
   */
  weightDecay?: number
  /** Keeps gradients from becoming large. */
  clip?: Clip
  /** Parameters with settings of their own; the first group that a parameter belongs to counts. */
  groups?: readonly ParameterGroup[]
  /** How many steps give one update, with the mean of their gradients; 1 unless given. */
  accumulate?: number
  /** Keeps averages of the parameters, a = d·a + (1 − d)·p after each update, with this d: 0.999 is usual. */
  ema?: number
}

/** An update rule. It holds no state itself: that belongs to a training step, by parameter. */
export interface Optimizer extends Readonly<Required<Omit<OptimizerOptions, 'clip' | 'ema'>>> {
  readonly name: string
  /** The kernel's instruction for it. */
  readonly opcode: OpcodeWith<'parameters' | 'settings'>
  /** What the rule keeps for each parameter between steps; `null` for what its options do without. */
  readonly slots: readonly (string | null)[]
  /** Numbers of the rule, behind the learning rate and the weight decay. */
  readonly settings: readonly number[]
  /** Numbers that the rule counts up itself, behind the settings, as they are before the first step. */
  readonly counters: readonly number[]
  readonly clip: Clip | null
  readonly ema: number | null
  /**
   * One step in float64, in place. `slots` are the state, and so is the end of `settings`, which are learning
   * rate, weight decay, settings and counters.
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
  // Other libraries have it there.
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
  /** Share of the velocity that is kept, 0.9 unless given. */
  momentum?: number
  /** Nesterov's form: look ahead along the velocity. */
  nesterov?: boolean
}

/** Descent with momentum: v = μ·v + g; p −= η·v, or η·(g + μ·v) in Nesterov's form (Sutskever et al. 2013). */
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
  /** Decay of the mean of gradients, 0.9 unless given. */
  beta1?: number
  /** Decay of the mean of their squares (in `adamax` of their largest), 0.999 unless given. */
  beta2?: number
  /** Keeps the division finite, 1e-8 unless given. */
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
 * Adam with decoupled weight decay: p −= η·λ·p, then the step of `adam` with the plain gradient (Loshchilov and
 * Hutter 2019). λ is 0.01 unless given.
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
 * Adamax, Adam by the largest gradient: m = β₁m + (1 − β₁)g; u = max(β₂u, |g| + ε); p −= η/(1 − β₁ᵗ) · m/u
 * (Kingma and Ba 2015, section 7.1; ε as in PyTorch).
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
  /** How quickly the momentum rises to β₁, 0.004 unless given. */
  momentumDecay?: number
}

/**
 * NAdam, Adam with Nesterov's momentum: with m, v̂ of Adam and μₜ = β₁·(1 − ½·0.96^(ψ·t)),
 * p −= η · ((1 − μₜ)·g/(1 − Π μ) + μₜ₊₁·m/(1 − μₜ₊₁·Π μ)) / (√v̂ + ε), Π over μ₁ … μₜ (Dozat 2016; ψ as in
 * PyTorch).
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
  /** Share of the mean square that is kept, 0.99 unless given. */
  alpha?: number
  /** Keeps the division finite, 1e-8 unless given. */
  epsilon?: number
  /** Share of the velocity that is kept, 0 unless given. */
  momentum?: number
  /** Divide by an estimate of the deviation instead of the root of the mean square. */
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
  /** Keeps the division finite, 1e-10 unless given. */
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
  /** What the rule's own step is multiplied by, 1 unless given. */
  learningRate?: number | Schedule
  /** Share of the mean squares that is kept, 0.9 unless given. */
  rho?: number
  /** Keeps the roots above 0, 1e-6 unless given. */
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
  /** Share of the mean in the direction of the step, 0.9 unless given. */
  beta1?: number
  /** Share of the mean that is kept, 0.99 unless given. */
  beta2?: number
}

/**
 * Lion: p −= η · (sign(β₁m + (1 − β₁)g) + λ·p); m = β₂m + (1 − β₂)g (Chen et al. 2023). Wants a learning rate 3 to
 * 10 times smaller than Adam's.
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
