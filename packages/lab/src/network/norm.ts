// The size of weights, derivatives and steps.

/** Euclidean norm of all numbers of some arrays together. */
export function normOf(...arrays: readonly ArrayLike<number>[]): number {
  let total = 0
  for (const values of arrays) {
    let sum = 0
    for (let index = 0; index < values.length; index++) sum += values[index]! * values[index]!
    total += sum
  }
  return Math.sqrt(total)
}
