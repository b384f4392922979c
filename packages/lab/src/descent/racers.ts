// The optimizers that race: each is core's own, with the settings that decide the shape of its path.
import { adam, momentum, type Optimizer, rmsProp, sgd } from '@bp/core'

export type Rule = 'sgd' | 'momentum' | 'nesterov' | 'rmsProp' | 'adam'

/** An optimizer in the race; all share one learning rate. */
export interface Racer {
  readonly rule: Rule
  /** In the order of `settingsOf`. */
  readonly settings: readonly number[]
}

interface RuleEntry {
  /** Names and defaults of the settings: core's. */
  readonly settings: readonly (readonly [name: Setting, initial: number])[]
  readonly optimizer: (rate: number, settings: readonly number[]) => Optimizer
}

/** As the formulas of core's optimizers name them: decay of the velocity, of the mean square, of the two moments. */
export type Setting = 'μ' | 'ρ' | 'β₁' | 'β₂'

const table: { readonly [R in Rule]: RuleEntry } = {
  sgd: { settings: [], optimizer: (learningRate) => sgd({ learningRate }) },
  momentum: {
    settings: [['μ', 0.9]],
    optimizer: (learningRate, [mu]) => momentum({ learningRate, momentum: mu! }),
  },
  nesterov: {
    settings: [['μ', 0.9]],
    optimizer: (learningRate, [mu]) => momentum({ learningRate, momentum: mu!, nesterov: true }),
  },
  rmsProp: {
    settings: [['ρ', 0.99]],
    optimizer: (learningRate, [rho]) => rmsProp({ learningRate, alpha: rho! }),
  },
  adam: {
    settings: [
      ['β₁', 0.9],
      ['β₂', 0.999],
    ],
    optimizer: (learningRate, [beta1, beta2]) => adam({ learningRate, beta1: beta1!, beta2: beta2! }),
  },
}

/** All rules, in the order in which a race lists them. */
export const rules = Object.keys(table) as readonly Rule[]

/** Names and defaults of the settings of a rule. Each is in [0, 1). */
export function settingsOf(rule: Rule): RuleEntry['settings'] {
  return table[rule].settings
}

/** The rule with its defaults. */
export function racer(rule: Rule): Racer {
  return { rule, settings: table[rule].settings.map(([, initial]) => initial) }
}

/** Core's optimizer. */
export function optimizerOf({ rule, settings }: Racer, rate: number): Optimizer {
  return table[rule].optimizer(rate, settings)
}
