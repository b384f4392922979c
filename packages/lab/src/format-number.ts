// Numbers as people read them.

const significantDigits = 6

/**
 * Six significant digits without zeros at the end, `1.23e-5` for what is very small or large, a true minus sign,
 * `∞` for infinity; −0 is 0.
 */
export function formatNumber(x: number): string {
  if (Number.isNaN(x)) return 'NaN'
  if (x < 0) return `−${formatNumber(-x)}`
  if (x === Number.POSITIVE_INFINITY) return '∞'
  if (x === 0) return '0'
  const [digits, exponent] = x.toExponential(significantDigits - 1).split('e') as [string, string]
  const power = Number(exponent)
  if (power < -4 || power >= significantDigits) return `${trimmed(digits)}e${power}`
  return trimmed(x.toFixed(significantDigits - 1 - power))
}

function trimmed(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits
}
