// What went wrong in a run, at its end.

/** Writes the problems, if there are any, and returns the exit code. */
export function reportProblems(...problems: readonly (string | null | undefined)[]): number {
  const known = problems.filter((problem) => problem)
  for (const problem of known) process.stderr.write(`bp: ${problem}\n`)
  return known.length === 0 ? 0 : 1
}
