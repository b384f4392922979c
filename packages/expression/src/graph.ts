// The result of building a program: tensors, and their names in the source.
import type { Tensor, Variable } from '@bp/core/lean'
import type { Span } from './syntax.js'

/** One output and everything it depends on. */
export interface Graph {
  readonly output: Tensor
  /** The name of the output in the source; a generated one for a bare expression. */
  readonly outputName: string
  /** Every name in the source, including variables. */
  readonly named: ReadonlyMap<string, Tensor>
  /** The variables, in order of first use. */
  readonly variables: ReadonlyMap<string, Variable>
  /** The part of the source that each tensor comes from. */
  readonly spans: ReadonlyMap<Tensor, Span>
}
