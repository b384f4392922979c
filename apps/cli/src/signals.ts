// Ends work in good order when the program is told to stop.

export const exitInterrupted = 130

/** Exit codes as shells have them: 128 and the number of the signal. */
const codes = new Map<NodeJS.Signals, number>([
  ['SIGHUP', 129],
  ['SIGINT', exitInterrupted],
  ['SIGTERM', 143],
])

/**
 * Lets signals abort `body` instead of ending the program at once, and returns its result; or, after a signal,
 * the exit code that goes with it.
 */
export async function interruptible(body: (interrupted: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController()
  let interrupted: NodeJS.Signals | null = null
  const stop = (signal: NodeJS.Signals) => {
    interrupted = signal
    controller.abort()
  }
  // Not `once`: while no listener is left, Ink takes the signal for its own and ends the program.
  for (const signal of codes.keys()) process.on(signal, stop)
  try {
    const result = await body(controller.signal)
    return interrupted === null ? result : codes.get(interrupted)!
  } finally {
    for (const signal of codes.keys()) process.off(signal, stop)
  }
}
