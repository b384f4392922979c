// The interface of a contender's module, and the problems it can be given.
import type { Problem } from './problems.js'

/** Work that is set up once and can then be timed. */
export interface Program {
  /**
   * Does the work of the case `count` times and returns its result: the loss of the last training step (computed before
   * that step's update), or the checksum of the last products.
   */
  run(count: number): number | Promise<number>
  /** Size of the WebAssembly memory, where known. */
  wasmBytes?(): number
}

/** A contender's module exports this as `open`; it throws CannotRun for a problem it does not support. */
export type Open = (problem: Problem) => Program | Promise<Program>

/** A case that the library does not support, as opposed to a failure. */
export class CannotRun extends Error {}

/** A library's programs, by kind of problem. */
export type Programs = {
  readonly [Kind in Problem['kind']]?: (problem: Extract<Problem, { kind: Kind }>) => Program
}

/** Opens the program for a problem. */
export function programOf(problem: Problem, programs: Programs): Program {
  const open = programs[problem.kind] as ((problem: Problem) => Program) | undefined
  if (!open) throw new CannotRun(`has no program for ${problem.kind}`)
  return open(problem)
}
