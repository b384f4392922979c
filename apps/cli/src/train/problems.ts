// What went wrong in a run, at its end.

/** Writes the problems, if there are any, and returns the exit code. */
export function reportProblems(problems: readonly string[]): number {
  for (const problem of problems) process.stderr.write(`bp: ${problem}\n`)
  return problems.length === 0 ? 0 : 1
}
