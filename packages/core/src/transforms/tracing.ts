// Whether a function is being traced: called to build its graph, for derivatives or to compile it.
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

export function isTracing(): boolean {
  return depth > 0
}
