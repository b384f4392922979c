// The numbers in the table: quantiles, ratios and their format.
import { expect, test } from 'vitest'
import { advantage, formatCase, formatNumber } from '../src/report.js'
import { quantile, summarize } from '../src/statistics.js'

test('quantiles are interpolated linearly, whatever the order', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5)
  expect(quantile([4, 1, 3, 2], 0)).toBe(1)
  expect(quantile([4, 1, 3, 2], 1)).toBe(4)
  expect(quantile([5], 0.75)).toBe(5)
  expect(() => quantile([], 0.5)).toThrow('empty')
})

test('one disturbed round changes neither the median nor the spread', () => {
  const calm = [10, 11, 12, 13, 14, 15, 16, 17, 18]
  const disturbed = [...calm.slice(1), 1000]
  expect(summarize(calm)).toEqual({ median: 14, spread: 4 })
  expect(summarize(disturbed)).toEqual({ median: 15, spread: 4 })
})

test('better is above 1, for rates and for times', () => {
  expect(advantage('steps/s', 300, 100)).toBe(3)
  expect(advantage('ms', 50, 200)).toBe(4)
  expect(advantage('bytes', 200, 100)).toBe(0.5)
})

test('numbers have three significant digits', () => {
  expect(formatNumber(4_210_123.4)).toBe('4,210,123')
  expect(formatNumber(29.64)).toBe('29.6')
  expect(formatNumber(0.7021)).toBe('0.702')
  expect(formatNumber(0)).toBe('0')
})

test('the table is sorted, and says why a contender could not run', () => {
  const table = formatCase(
    { kind: 'bundle', id: 'sizes', title: 'a title', unit: 'bytes', of: 'all' },
    new Map([
      ['large', { median: 200, spread: 0 }],
      ['none', { error: 'has no such thing' }],
      ['ours', { median: 100, spread: 0 }],
    ]),
  )
  expect(table.match(/ours|large|none/g)).toEqual(['ours', 'ours', 'large', 'none'])
  expect(table).toMatch(/large +200 +2\.00×/)
  expect(table).toMatch(/none +— +has no such thing/)
})
