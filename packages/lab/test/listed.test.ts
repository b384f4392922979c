import { expect, test } from 'vitest'
import { listed } from '../src/index.js'

test.each([
  [[], ''],
  [['w'], 'w'],
  [['w', 'x'], 'w and x'],
  [['w', 'x', 'b'], 'w, x and b'],
])('%j is listed as "%s"', (words, text) => {
  expect(listed(words, 'and')).toBe(text)
  expect(listed(words, 'or')).toBe(text.replace('and', 'or'))
})
