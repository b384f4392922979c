// The sentences about steps.
import { describe, expect, test } from 'vitest'
import { initialState, presets } from '../src/graph/state.js'
import { describePosition, describeStep, writeShort } from '../src/graph/words.js'

describe('the lecture’s graph in words', () => {
  const { trace } = initialState().picture

  test.each([
    [0, 'start', 'w, x and b have values. Nothing else is computed yet.'],
    [1, 'forward 1 of 2', 'Forward: g = w × x = −2 × 5 = −10.'],
    [2, 'forward 2 of 2', 'Forward: f = g + b = −10 + 3 = −7.'],
    [3, 'seed', 'The way back begins at the end: f changes exactly as much as itself, so ∂f/∂f = 1.'],
    [
      4,
      'backward 1 of 4',
      'Backward: move g by a little and f moves just as much; what arrives from behind is 1, so 1 × 1 = 1 goes to g.',
    ],
    [
      7,
      'backward 4 of 4',
      'Backward: move x by a little and g moves −2 times as much; move g and f moves just as much; so f moves 1 × (−2) = −2 times as much as x.',
    ],
  ])('position %d is "%s": %s', (position, place, sentence) => {
    expect(describePosition(trace, position)).toBe(place)
    expect(describeStep(trace, position)).toBe(sentence)
  })
})

test('a variable that is used three times adds its parts up', () => {
  const { trace } = initialState(presets[2]).picture
  expect(describeStep(trace, trace.steps.length)).toMatch(
    /x is used more than once, so the parts add up: 4 \+ 3 = 7\.$/,
  )
})

test.each([
  [1096.6331584, '1097'],
  [12345, '12345'],
  [-0.00091022118, '−0.0009102'],
  [1 / 3, '0.3333'],
])('%d is written %s for short', (number, text) => {
  expect(writeShort(number)).toBe(text)
})
