// Whether a function is being traced: called to build its graph, for derivatives or to compile it.

import { ValueError } from '../checks/errors.js'
import type { Tensor } from '../graph/tensor.js'

let depth = 0

/** Calls `f` with tracing on. */
export function traced<Args extends unknown[], R>(f: (...args: Args) => R, ...args: Args): R {
  depth++
  try {
    return f(...args)
  } finally {
    depth--
  }
}

/**
 * Throws in a function that is being traced, where numbers read from a tensor would silently become constants: for the
 * derivative, and for every later call of what is compiled. Those of a constant are.
 */
export function checkReadable(caller: string, tensor: Pick<Tensor, 'op' | 'isConstant'>): void {
  if (depth > 0 && (tensor.op || !tensor.isConstant))
    throw new ValueError(
      `${caller}: the numbers of ${tensor} cannot be read in a function that is differentiated or compiled, since they would be constants there; compute with tensors, where() in place of if, or read them before the call`,
    )
}

export function isTracing(): boolean {
  return depth > 0
}
