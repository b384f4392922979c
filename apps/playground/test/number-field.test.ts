// What counts as a number while it is being typed.
import { expect, test } from 'vitest'
import { readNumber } from '../src/parts/number-field.js'

test.each([
  ['3', 3],
  [' -2 ', -2],
  ['−2', -2],
  ['.5', 0.5],
  ['5.', 5],
  ['0,25', 0.25],
  ['1e-3', 0.001],
  ['-', null],
  ['', null],
  ['1e', null],
  ['0x10', null],
  ['Infinity', null],
  ['1e999', null],
  ['two', null],
])('%j is read as %j', (text, number) => {
  expect(readNumber(text, () => true)).toBe(number)
})

test('a number that is not allowed is refused', () => {
  expect(readNumber('1.5', Number.isInteger)).toBeNull()
})
