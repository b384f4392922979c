// Walks through the steps of a trace, forward and back.
import type { Numbers, Trace, TraceStep } from './trace.js'

/** A position among the steps of a trace. Stepping back is exact, since nothing is computed anew. */
export interface Stepper {
  /** How many steps are done: 0, when only variables and constants have values, up to `length`. */
  readonly position: number
  readonly length: number
  /** The step done last, or `null` at position 0. */
  current(): TraceStep | null
  /** Does a step and returns it; at the end stays there and returns `null`. */
  next(): TraceStep | null
  /** Undoes a step and returns the one that is current then; `null` at position 0. */
  back(): TraceStep | null
  /** Goes to a position, or to the nearest there is, and returns the step current there. */
  go(position: number): TraceStep | null
  /** Ids of the nodes whose value is known at this position. */
  readonly knownValues: ReadonlySet<string>
  /** The derivative as far as it is added up at this position; `null` while nothing has arrived: not 0. */
  derivativeAt(node: string): Numbers | null
}

export declare function createStepper(trace: Trace): Stepper
