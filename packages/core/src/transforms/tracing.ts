// Whether a function is being traced: called to learn what graph it makes, for derivatives of it or to compile it.
let depth = 0

/** Calls `f` as one that is traced. */
export function traced<Args extends unknown[], R>(f: (...args: Args) => R, ...args: Args): R {
  depth++
  try {
    return f(...args)
  } finally {
    depth--
  }
}

export function isTracing(): boolean {
  return depth > 0
}
