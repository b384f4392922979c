// Numbers as people read them.

const maxDigits = 6

/**
 * Rounded to `digits` significant digits, without trailing zeros: `0.5`, `12300`, `1.23e-5`, `1e6`. Written with a
 * true minus sign and `∞`; −0 is 0.
 */
export function formatNumber(x: number, digits = maxDigits): string {
  if (Number.isNaN(x)) return 'NaN'
  if (x < 0) return `−${formatNumber(-x, digits)}`
  if (x === Number.POSITIVE_INFINITY) return '∞'
  if (x === 0) return '0'
  const rounded = Number(x.toPrecision(digits))
  const [mantissa, exponent] = rounded.toExponential(maxDigits - 1).split('e') as [string, string]
  const power = Number(exponent)
  if (power < -4 || power >= maxDigits) return `${withoutZeros(mantissa)}e${power}`
  return withoutZeros(rounded.toFixed(maxDigits - 1 - power))
}

function withoutZeros(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal
}

/** An integer with every digit: `1,000,000`. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')
}
