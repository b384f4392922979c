// Every value and derivative of a graph, and the steps by which they come about, as plain data.
import type { NestedArray, Shape } from '@bp/core'
import type { Graph, Span } from '@bp/expression'

/** One number for a scalar, nested arrays for a tensor. */
export type Numbers = number | NestedArray

export interface TraceNode {
  /** The name, or `#0`, `#1` … for a constant; the same for the same source, whatever the values. */
  readonly id: string
  /** The name in the source; for an operation without one a free letter, g first; empty for a constant. */
  readonly name: string
  /** `f = g + b` for an operation, `w` for a variable, `2` for a constant. */
  readonly label: string
  /** `output` is the operation at the end; a program that is a variable alone ends in a `variable`. */
  readonly kind: 'variable' | 'constant' | 'operation' | 'output'
  /** What to draw in the node: `×`, `σ`, the variable's name, the constant's number. */
  readonly symbol: string
  /** Name in the op table, or `null` for a variable or constant. */
  readonly op: string | null
  /** The op's formula, `y = a · b`; empty for a variable or constant. */
  readonly formula: string
  readonly shape: Shape
  readonly value: Numbers
  /** Derivative of the output by this node; `null` where none is computed: constants, and behind what stops it. */
  readonly derivative: Numbers | null
  /** Ids of the nodes that it takes, in order; one may be there twice. */
  readonly inputs: readonly string[]
  /** Whether `expandComposite` can show it as a chain of simpler operations. */
  readonly expandable: boolean
  /** Where in the source it stands, or `null` for what the source does not show. */
  readonly span: Span | null
}

export interface TraceEdge {
  readonly from: string
  readonly to: string
  /** Which input of `to` it is: `a`, `b`, `x`. */
  readonly input: string
  /** The derivative rule as mathematics, `ā = ȳ · b`; empty when no derivative flows here. */
  readonly rule: string
  /** Derivative of `to` by this input alone; `null` for tensors, and where no derivative flows. */
  readonly local: number | null
  /** Derivative of the output by `to`: what arrives from behind. */
  readonly upstream: Numbers | null
  /** What goes on to `from`: local × upstream. `null` where no derivative flows. */
  readonly contribution: Numbers | null
}

export interface TraceStep {
  readonly phase: 'forward' | 'seed' | 'backward'
  /** The node that gets its value (forward) or its derivative (seed, backward). */
  readonly node: string
  /** The edge over which the derivative comes, in the backward phase. */
  readonly edge?: TraceEdge
  /** One plain sentence: `g = w × x = −2 × 5 = −10`. */
  readonly text: string
  /** Backward: what other uses of the node sent before; `null` when this is the first. */
  readonly accumulatorBefore?: Numbers | null
  /** Backward: with this contribution added. */
  readonly accumulatorAfter?: Numbers
}

export interface Trace {
  /** In forward order: inputs before what uses them. */
  readonly nodes: readonly TraceNode[]
  /** In the order of the nodes they lead to. */
  readonly edges: readonly TraceEdge[]
  /** Id of the output. */
  readonly output: string
  readonly steps: readonly TraceStep[]
  /** Sentences about what the numbers cannot show: a NaN and where it began, an output that has no derivative. */
  readonly warnings: readonly string[]
}

/** Computes every value and derivative of `graph`. */
export declare function trace(graph: Graph): Trace
