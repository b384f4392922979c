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
    [3, 'seed', 'The backward pass starts at the output: f changes exactly as much as itself, so ∂f/∂f = 1.'],
    [
      4,
      'backward 1 of 4',
      'Backward: if g changes a little, f changes just as much; the upstream derivative is 1, so 1 × 1 = 1 goes to g.',
    ],
    [
      7,
      'backward 4 of 4',
      'Backward: if x changes a little, g changes −2 times as much; if g changes, f changes just as much; so f changes 1 × (−2) = −2 times as much as x.',
    ],
  ])('position %d is "%s": %s', (position, place, sentence) => {
    expect(describePosition(trace, position)).toBe(place)
    expect(describeStep(trace, position)).toBe(sentence)
  })
})

test('the contributions of three uses of a variable add up', () => {
  const { trace } = initialState(presets[2]).picture
  expect(describeStep(trace, trace.steps.length)).toMatch(
    /x is used more than once, so the contributions add up: 4 \+ 3 = 7\.$/,
  )
})

test.each([
  [1096.6331584, '1097'],
  [12345, '12345'],
  [-0.00091022118, '−0.0009102'],
  [1 / 3, '0.3333'],
])('%d is written %s where there is little room', (number, text) => {
  expect(writeShort(number)).toBe(text)
})
