// Formats numbers in messages.

/** Four significant digits. */
export function fourDigits(value: number): string {
  return String(Number(value.toPrecision(4)))
}
