// Every error that the library throws on purpose: typed, and worded as what was given, wanted, and the cure.

/** Base of all errors of this library; catch it to tell them from programming mistakes elsewhere. */
export class BackpropagationError extends Error {
  override name = 'BackpropagationError'
}

/** Shapes that do not fit an operation. */
export class ShapeError extends BackpropagationError {
  override name = 'ShapeError'
}

/** A value, attribute or option outside of what is allowed. */
export class ValueError extends BackpropagationError {
  override name = 'ValueError'
}

/** A number that picks a place which does not exist. */
export class IndexError extends BackpropagationError {
  override name = 'IndexError'
}

/** Precisions that cannot be mixed. */
export class DtypeError extends BackpropagationError {
  override name = 'DtypeError'
}

/** A derivative that does not exist or was not computed. */
export class GradientError extends BackpropagationError {
  override name = 'GradientError'
}

/** A computation that takes more memory than the kernel can have. */
export class MemoryError extends BackpropagationError {
  override name = 'MemoryError'
}

/** Threads that do not start. */
export class ThreadError extends BackpropagationError {
  override name = 'ThreadError'
}

/** Data that cannot be learnt from as it is. */
export class DataError extends BackpropagationError {
  override name = 'DataError'
}

/** A loss, a gradient or what is trained became NaN or infinite. */
export class DivergedError extends BackpropagationError {
  override name = 'DivergedError'
}

/**
 * Calls `body`; an error of this library thrown inside points at the line that called `caller`, so the first
 * line of its stack is the user's and not ours.
 */
export function blamingCaller<T>(caller: (...args: never[]) => unknown, body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (error instanceof BackpropagationError) {
      const { captureStackTrace } = Error as { captureStackTrace?: (target: object, above: unknown) => void }
      captureStackTrace?.(error, caller)
    }
    throw error
  }
}
