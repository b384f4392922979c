// The mathematics of operations as text: what drawn graphs show. In a module of its own, since most bundles draw none: there
// `definition` lacks these texts, and the build writes them here.
import type { Op } from './graph/op.js'

/** Label of an operation in a drawn graph, `σ`. */
export const symbolOf = ({ definition }: Op): string => definition.symbol

/** An operation as a formula, `y = 1 / (1 + e⁻ˣ)`. */
export const formulaOf = ({ definition }: Op): string => definition.formula

/** The gradient rule for an input as a formula, `x̄ = ȳ · y · (1 − y)`; undefined where no derivative flows. */
export const ruleOf = ({ definition }: Op, input: string): string | undefined =>
  definition.vjp[input]?.formula
