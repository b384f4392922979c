// The optimizers that race, by name, with the settings that decide the shape of their paths.

export type Rule = 'sgd' | 'momentum' | 'nesterov' | 'rmsProp' | 'adam'

/** An optimizer in the race; all share one learning rate. */
export interface Racer {
  readonly rule: Rule
  /** In the order of `settingsOf`. */
  readonly settings: readonly number[]
}

/** As the formulas of core's optimizers name them: decay of the velocity, of the mean square, of the two moments. */
export type Setting = 'μ' | 'ρ' | 'β₁' | 'β₂'

type Settings = readonly (readonly [name: Setting, initial: number])[]

/** Settings and their defaults, which are core's. */
const table: { readonly [R in Rule]: Settings } = {
  sgd: [],
  momentum: [['μ', 0.9]],
  nesterov: [['μ', 0.9]],
  rmsProp: [['ρ', 0.99]],
  adam: [
    ['β₁', 0.9],
    ['β₂', 0.999],
  ],
}

/** All rules, in the order in which a race lists them. */
export const rules = Object.keys(table) as readonly Rule[]

/** Names and defaults of the settings of a rule. Each is in [0, 1). */
export function settingsOf(rule: Rule): Settings {
  return table[rule]
}

/** The rule with its defaults. */
export function racer(rule: Rule): Racer {
  return { rule, settings: table[rule].map(([, initial]) => initial) }
}
