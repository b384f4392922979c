// Finds the first non-finite number of an array.

/** The index of the first number that is NaN or infinite, or −1. */
export function findNonFinite(values: Float32Array | Float64Array): number {
  // x − x is 0 for every finite x and NaN otherwise; a sum is several times faster than a test of each.
  let probe = 0
  for (let i = 0; i < values.length; i++) probe += values[i]! - values[i]!
  return probe === 0 ? -1 : values.findIndex((value) => !Number.isFinite(value))
}
