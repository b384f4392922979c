// Numbers as people read them.
import { describe, expect, it } from 'vitest'
import { formatCount, formatNumber } from '../src/index.js'

describe('a number', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [1, '1'],
    [-7, '−7'],
    [0.5, '0.5'],
    [10, '10'],
    [100000, '100000'],
    [123456, '123456'],
    [1000000, '1e6'],
    [1234567, '1.23457e6'],
    [999999.7, '1e6'],
    [0.1 + 0.2, '0.3'],
    [1 / 3, '0.333333'],
    [2 / 3, '0.666667'],
    [0.000911051194, '0.000911051'],
    [0.0001, '0.0001'],
    [0.0000123, '1.23e-5'],
    [-0.0000123, '−1.23e-5'],
    [0.00009999999, '0.0001'],
    [1e21, '1e21'],
    [5e-324, '4.94066e-324'],
    [1.7976931348623157e308, '1.79769e308'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '∞'],
    [Number.NEGATIVE_INFINITY, '−∞'],
  ])('%s is written %s', (number, text) => {
    expect(formatNumber(number)).toBe(text)
  })

  it.each([
    [1096.6331584, 4, '1097'],
    [-0.00091022118, 4, '−0.0009102'],
    [12345, 3, '12300'],
    [1234567, 3, '1.23e6'],
    [0.9996, 3, '1'],
    [Number.NEGATIVE_INFINITY, 3, '−∞'],
  ])('%d with %d digits is written %s', (number, digits, text) => {
    expect(formatNumber(number, digits)).toBe(text)
  })
})

describe('a count', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [2432200, '2,432,200'],
    [1234.5, '1,235'],
  ])('%d is %s', (count, text) => expect(formatCount(count)).toBe(text))
})
