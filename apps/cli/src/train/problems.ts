// What a run tells at its end when something went wrong.

/** Writes what went wrong, if anything did, and returns the exit code. */
export function reportProblems(...problems: readonly (string | null | undefined)[]): number {
  const known = problems.filter((problem) => problem)
  for (const problem of known) process.stderr.write(`bp: ${problem}\n`)
  return known.length === 0 ? 0 : 1
}
