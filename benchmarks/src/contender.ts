// What a contender's module exports, and what it can be asked to run.
import type { ProductKind } from './problems.js'

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

/** The programs of a library that can run every kind of case. */
export interface Programs {
  readonly trainXor: () => Program
  readonly trainClassifier: () => Program
  readonly products: (kind: ProductKind) => Program
}

/** Opens the program of a case. */
export function programOf(caseId: string, { trainXor, trainClassifier, products }: Programs): Program {
  if (caseId === 'xor-step') return trainXor()
  if (caseId === 'mlp-784-128-10-b32') return trainClassifier()
  const kind = /^gemm-(nn|nt|tn)-256$/.exec(caseId)?.[1]
  if (kind) return products(kind as ProductKind)
  throw new CannotRun(`has no program for ${caseId}`)
}
