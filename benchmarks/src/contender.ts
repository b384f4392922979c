// What a contender's module exports, and what it can be asked to run.

/** Something that was opened once and can then be timed. */
export interface Program {
  /**
   * Does the work of the case `count` times and returns what it led to: the loss of the last training step
   * (computed before that step's update), or the checksum of the last product.
   */
  run(count: number): number | Promise<number>
}

/** A contender's module exports this as `open`; a case that it cannot run throws CannotRun. */
export type Open = (caseId: string) => Program | Promise<Program>

/** A reason to leave a case out that lies in the library, not in a failure. */
export class CannotRun extends Error {}
