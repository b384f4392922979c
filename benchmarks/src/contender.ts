// What a contender's module exports, and what it can be asked to run.
import type { Problem } from './problems.js'

/** Something that was opened once and can then be timed. */
export interface Program {
  /**
   * Does the work of the case `count` times and returns what it led to: the loss of the last training step
   * (computed before that step's update), or the checksum of the last products.
   */
  run(count: number): number | Promise<number>
  /** Size of the WebAssembly memory, for those who can tell. */
  wasmBytes?(): number
}

/** A contender's module exports this as `open`; a problem that it cannot run throws CannotRun. */
export type Open = (problem: Problem) => Program | Promise<Program>

/** A reason to leave a case out that lies in the library, not in a failure. */
export class CannotRun extends Error {}

/** The programs of a library, by the kind of problem. */
export type Programs = {
  readonly [Kind in Problem['kind']]?: (problem: Extract<Problem, { kind: Kind }>) => Program
}

/** Opens the program for a problem. */
export function programOf(problem: Problem, programs: Programs): Program {
  const open = programs[problem.kind] as ((problem: Problem) => Program) | undefined
  if (!open) throw new CannotRun(`has no program for ${problem.kind}`)
  return open(problem)
}
