// The errors of the library. Each message says what was given, what was expected, and the cure.

/** Base class of all errors of this library; catch it to tell them from other errors. */
export class BackpropagationError extends Error {
  override name = 'BackpropagationError'
}

/** Incompatible shapes. */
export class ShapeError extends BackpropagationError {
  override name = 'ShapeError'
}

/** An invalid value, attribute or option. */
export class ValueError extends BackpropagationError {
  override name = 'ValueError'
}

/** An index out of range. */
export class IndexError extends BackpropagationError {
  override name = 'IndexError'
}

/** Mixed dtypes. */
export class DtypeError extends BackpropagationError {
  override name = 'DtypeError'
}

/** A derivative that does not exist or has not been computed. */
export class GradientError extends BackpropagationError {
  override name = 'GradientError'
}

/** A computation that needs more memory than the kernel can address. */
export class MemoryError extends BackpropagationError {
  override name = 'MemoryError'
}

/** Threads that failed to start. */
export class ThreadError extends BackpropagationError {
  override name = 'ThreadError'
}

/** Data that cannot be trained on as it is. */
export class DataError extends BackpropagationError {
  override name = 'DataError'
}

/** A loss, a gradient or a parameter became NaN or infinite. */
export class DivergedError extends BackpropagationError {
  override name = 'DivergedError'
}

/**
 * Calls `body`; an error of this library thrown inside gets a stack trace that starts at the line that called
 * `caller`, which is the user's.
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
