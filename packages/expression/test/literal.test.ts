// Values as typed after `--set` and into fields.
import { describe, expect, it } from 'vitest'
import { ExpressionError, evaluateLiteral, parseAssignments } from '../src/index.js'

describe('assignments', () => {
  it.each([
    ['w=-2,x=5,b=3', { w: -2, x: 5, b: 3 }],
    [' w = -2 ; x = 5\nb = 3 ', { w: -2, x: 5, b: 3 }],
    [
      'w = [[1,2],[3,4]], x=1e-3,',
      {
        w: [
          [1, 2],
          [3, 4],
        ],
        x: 0.001,
      },
    ],
    ['', {}],
  ])('%j are read', (source, expected) => {
    expect(Object.fromEntries(parseAssignments(source))).toEqual(expected)
  })

  it.each([
    ['w=abc', 'w must be a number or an array of numbers', 3],
    ['w=x/3', 'w must be a number or an array of numbers', 3],
    ['w=1,w=2', 'w is assigned twice', 5],
    ['5', 'expected name=value', 1],
    ['w=', 'missing value after =', 3],
    ['w=1 x=2', 'a statement can have only one =', 6],
    ['w=1)', 'unmatched )', 4],
  ])('%j are refused: %s', (source, problem, column) => {
    let error: unknown
    try {
      parseAssignments(source)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(ExpressionError)
    expect(error).toMatchObject({ problem, column })
  })
})

describe('a literal', () => {
  it.each([
    ['-2', -2],
    [' 3.5 ', 3.5],
    ['(4)', 4],
    ['−1e-3', -0.001],
    ['[1, -2]', [1, -2]],
    ['[[1], [2]]\n', [[1], [2]]],
  ])('%j is a value', (source, value) => {
    expect(evaluateLiteral(source)).toEqual(value)
  })

  it.each(['', 'x', '1/0', 'exp(1)', '1; 2', 'w=1', '[1] 2'])('%j is not one', (source) => {
    expect(() => evaluateLiteral(source)).toThrow(ExpressionError)
  })
})
