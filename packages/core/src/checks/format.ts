// Numbers in messages.

/** Four significant digits. */
export function formatShort(value: number): string {
  return String(Number(value.toPrecision(4)))
}
