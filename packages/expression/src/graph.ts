// What becomes of a program: tensors, and how the source calls them.
import type { Tensor, Variable } from '@bp/core'
import type { Span } from './syntax.js'

/** A graph to be looked at: one output and everything that it depends on. */
export interface Graph {
  readonly output: Tensor
  /** The name of the output in the source; one of our own for a bare expression. */
  readonly outputName: string
  /** Every name of the source, variables too. */
  readonly named: ReadonlyMap<string, Tensor>
  /** What has a value of its own, in order of first use. */
  readonly variables: ReadonlyMap<string, Variable>
  /** Where in the source each tensor comes from. */
  readonly spans: ReadonlyMap<Tensor, Span>
}
