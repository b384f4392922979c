// Stops work gracefully on signals.

export const exitInterrupted = 130

/** Exit codes as shells set them: 128 plus the number of the signal. */
const codes = new Map<NodeJS.Signals, number>([
  ['SIGHUP', 129],
  ['SIGINT', exitInterrupted],
  ['SIGTERM', 143],
])

/**
 * Lets signals abort `body` instead of ending the program at once; a second one aborts `again`. Returns its result, or
 * after a signal the exit code of that signal.
 */
export async function interruptible(
  body: (interrupted: AbortSignal, again: AbortSignal) => Promise<number>,
): Promise<number> {
  const controller = new AbortController()
  const again = new AbortController()
  let interrupted: NodeJS.Signals | null = null
  const stop = (signal: NodeJS.Signals) => {
    if (interrupted !== null) again.abort()
    interrupted = signal
    controller.abort()
  }
  // Not `once`: with no listener left, Ink would handle the signal itself and end the program.
  for (const signal of codes.keys()) process.on(signal, stop)
  try {
    const result = await body(controller.signal, again.signal)
    return interrupted === null ? result : codes.get(interrupted)!
  } finally {
    for (const signal of codes.keys()) process.off(signal, stop)
  }
}
