// Messages for invalid sources, and their positions.
import { describe, expect, it } from 'vitest'
import { build, ExpressionError, parse } from '../src/index.js'

function refusal(source: string, values: Record<string, number> = {}): ExpressionError {
  try {
    build(parse(source), values)
  } catch (error) {
    if (error instanceof ExpressionError) return error
    throw error
  }
  throw new Error(`nothing is refused in ${JSON.stringify(source)}`)
}

interface Case {
  readonly source: string
  /** Column, or line and column. */
  readonly at: number | [line: number, column: number]
  readonly problem: string
  readonly hint: string | RegExp | null
  /** The source after the fix. */
  readonly fixed?: string
}

const values = { w: -2, x: 5, b: 3 }

const cases: Case[] = [
  // Empty sources.
  {
    source: '',
    at: 1,
    problem: 'there is nothing to compute',
    hint: 'write an expression, e.g. f = w*x + b',
  },
  { source: ' # only a comment\n', at: [1, 1], problem: 'there is nothing to compute', hint: /e\.g\./ },
  { source: ';;', at: 1, problem: 'there is nothing to compute', hint: /e\.g\./ },
  // Forgotten multiplication signs.
  { source: 'x 2', at: 3, problem: 'missing * between x and 2', hint: 'write x*2', fixed: 'x*2' },
  // Parentheses.
  {
    source: 'f = (w*x + b',
    at: 5,
    problem: 'this ( is never closed',
    hint: /add a \)/,
    fixed: 'f = (w*x + b)',
  },
  {
    source: 'f = (w*x\nb = 3',
    at: [1, 5],
    problem: 'this ( is never closed',
    hint: /add a \)/,
    fixed: 'f = (w*x)\nb = 3',
  },
  { source: 'sigmoid(x', at: 8, problem: 'this ( is never closed', hint: /add a \)/, fixed: 'sigmoid(x)' },
  { source: 'w*x) + b', at: 4, problem: 'unmatched )', hint: /remove it/, fixed: 'w*x + b' },
  {
    source: '(w*x] + b',
    at: 5,
    problem: 'expected ), found ]',
    hint: ') closes the ( at character 1',
  },
  { source: 'w*()', at: 3, problem: 'nothing between ( and )', hint: null },
  // Missing values.
  { source: 'f = w*', at: 7, problem: 'missing value after *', hint: /add a name/ },
  { source: 'f = w*\nx', at: [1, 7], problem: 'missing value after *', hint: /add a name/ },
  { source: 'f =', at: 4, problem: 'missing value after =', hint: /add a name/ },
  { source: 'w * / x', at: 5, problem: 'missing value after * before /', hint: null },
  { source: '+x', at: 1, problem: 'missing value before +', hint: /omit/ },
  { source: 'maximum(x, )', at: 12, problem: 'missing value after , before )', hint: null },
  // Names and equals signs.
  {
    source: 'a = 1; a = 2',
    at: 8,
    problem: 'a is assigned twice',
    hint: 'it is already 1; use another name',
  },
  { source: 'f = f + 1', at: 5, problem: 'f is defined in terms of itself', hint: /another name/ },
  {
    source: 'f = g + 1; g = 2*x',
    at: 5,
    problem: 'g is used before it is defined',
    hint: /move g = … before/,
  },
  { source: '2 = x', at: 1, problem: '2 is not a name', hint: /left side of =/ },
  { source: 'w*x = 3', at: 1, problem: 'w*x is not a name', hint: /left side of =/ },
  { source: 'f = x = 3', at: 7, problem: 'a statement can have only one =', hint: /separate statements/ },
  { source: 'f == x', at: 4, problem: 'one = too many', hint: /for example/ },
  { source: '= x', at: 1, problem: 'missing name before =', hint: /for example/ },
  {
    source: 'w*x; w + b',
    at: 1,
    problem: 'the result of this expression is never used',
    hint: 'give it a name, as in g = w*x',
  },
  { source: 'w, x', at: 2, problem: 'commas only separate arguments', hint: /with ;/ },
  // Variables without values.
  {
    source: 'f = w*q + r',
    at: 7,
    problem: 'q and r have no values',
    hint: 'give them values, as in q = 1; r = 1',
  },
  {
    source: 'f = 1/q',
    at: 7,
    problem: 'cannot divide by q: q has no value',
    hint: 'give it a value, as in q = 1',
  },
  {
    source: 'weight = 2; f = weigth*x',
    at: 17,
    problem: 'weigth has no value',
    hint: /did you mean weight\?/,
    fixed: 'weight = 2; f = weight*x',
  },
  {
    source: 'f = sigmoid + 1',
    at: 5,
    problem: 'sigmoid has no value',
    hint: /needs parentheses around its argument, sigmoid\(…\)/,
  },
  // Functions.
  {
    source: 'sinn(x)',
    at: 1,
    problem: 'unknown function sinn',
    hint: /^did you mean sin\?/,
    fixed: 'sin(x)',
  },
  { source: 'f = |x', at: 5, problem: 'this | is never closed', hint: /\|x\|/, fixed: 'f = |x|' },
  { source: 'f = tf.sigmod(x)', at: 5, problem: 'unknown function sigmod', hint: /sigmoid/ },
  {
    source: 'f = tf.sigmoid',
    at: 5,
    problem: 'tf.sigmoid needs parentheses around its argument',
    hint: 'write sigmoid(…)',
  },
  {
    source: 'sigmod(x)',
    at: 1,
    problem: 'unknown function sigmod',
    hint: /^did you mean sigmoid\? The \d+ functions include .*tanh/,
    fixed: 'sigmoid(x)',
  },
  {
    source: 'sigmoid x',
    at: 9,
    problem: 'sigmoid needs parentheses around its argument',
    hint: 'write sigmoid(x)',
    fixed: 'sigmoid(x)',
  },
  { source: 'sigmoid()', at: 1, problem: 'sigmoid takes 1 argument, not 0', hint: 'write sigmoid(x)' },
  { source: 'tanh(x, w)', at: 1, problem: 'tanh takes 1 argument, not 2', hint: 'write tanh(x)' },
  {
    source: 'sum(x, 0, 1)',
    at: 1,
    problem: 'sum takes 1 argument and axes, not 3',
    hint: 'write sum(x, axes)',
  },
  {
    source: 'sum(x, w)',
    at: 8,
    problem: 'axes must be a number or an array of numbers',
    hint: /it must be a literal/,
  },
  // Numbers and arrays.
  { source: '1.2.3', at: 1, problem: 'the number 1.2 has a second decimal point', hint: /at most one/ },
  { source: 'x + 1e999', at: 5, problem: 'the number 1e999 is too large', hint: /largest/ },
  { source: '[1, x]', at: 5, problem: 'x is not a number', hint: /only numbers/ },
  { source: '[]', at: 2, problem: 'missing number in this array', hint: /for example/ },
  {
    source: '[[1, 2], [3]]',
    at: 10,
    problem: 'the rows of this array differ in length',
    hint: /a row of 2; this one is a row of 1/,
  },
  { source: '[1, 2', at: 1, problem: 'this [ is never closed', hint: /add a \]/, fixed: '[1, 2]' },
  { source: 'x[0]', at: 2, problem: 'a [ cannot follow a value', hint: /no indexing/ },
  // What is not part of the language.
  { source: 'x % 2', at: 3, problem: 'unexpected “%”', hint: /names, numbers/ },
  { source: 'x\u200b', at: 2, problem: 'unexpected character U+200B', hint: /names, numbers/ },
  // Shapes that the core refuses.
  {
    source: 'f = x + matmul(w, b)',
    at: 9,
    problem:
      'matmul: a is a scalar and b is a scalar; both must have at least one dimension; use mul for a scalar',
    hint: null,
  },
  {
    source: '[1, 2] + [1, 2, 3]',
    at: 1,
    problem: 'add: a is [2], b is [3]; dimensions, counted from the last, must be equal or 1 (2 vs 3)',
    hint: null,
  },
]

describe('a refusal', () => {
  it.each(cases)('of $source says what, where and what to do', ({ source, at, problem, hint, fixed }) => {
    const error = refusal(source, values)
    expect(error.problem).toBe(problem)
    expect([error.line, error.column]).toEqual(typeof at === 'number' ? [1, at] : at)
    if (hint instanceof RegExp) expect(error.hint).toMatch(hint)
    else expect(error.hint).toBe(hint)
    if (fixed !== undefined) {
      const { start, end, replacement } = error.fix!
      const repaired = source.slice(0, start) + replacement + source.slice(end)
      expect(repaired).toBe(fixed)
      expect(() => build(parse(repaired), values)).not.toThrow()
    }
  })

  it('points at the position with a caret, and `position` is the offset', () => {
    const error = refusal('g = w*x\nf = g 2 + b', values)
    expect(error.message).toBe(
      ['missing * between g and 2 (line 2, column 7)', '  f = g 2 + b', '        ^', 'write g*2'].join('\n'),
    )
    expect([error.position, error.end]).toEqual([14, 15])
  })

  it('shows only the part of a long line around the caret', () => {
    const error = refusal(`f = ${'x + '.repeat(100)}x 2${' + x'.repeat(100)}`, values)
    const [, line, caret] = error.message.split('\n')
    expect(line!.length).toBeLessThan(80)
    expect(line!.slice(caret!.indexOf('^') - 1, caret!.indexOf('^') + 1)).toBe(' 2')
  })

  it('puts the caret correctly under letters two terminal columns wide', () => {
    const [, line, caret] = refusal('가중치 2').message.split('\n')
    expect(line).toBe('  가중치 2')
    expect(caret).toBe(`${' '.repeat(2 + 3 * 2 + 1)}^`)
  })
})

describe('a value passed in', () => {
  const program = parse('f = w*x')

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('of %s is refused, naming the variable', (w) => {
    expect(() => build(program, { w, x: 1 })).toThrow(/^the value of w is not finite/)
  })

  it('that is ragged is refused, naming the variable', () => {
    expect(() => build(program, { w: [[1, 2], [3]], x: 1 })).toThrow(
      /^w: variable: nested arrays must be regular/,
    )
  })
})

describe('limits', () => {
  it.each([
    ['4096 characters', `${'x + '.repeat(1100)}x`, /the limit is 4096/],
    ['64 levels of parentheses', `${'('.repeat(65)}x${')'.repeat(65)}`, /nested more than 64 deep/],
    ['64 minus signs', `${'-'.repeat(65)}x`, /nested more than 64 deep/],
    ['64 powers', Array(66).fill('x').join('^'), /nested more than 64 deep/],
    ['64 levels of brackets', `${'['.repeat(65)}1${']'.repeat(65)}`, /nested more than 64 deep/],
    ['2000 parts', Array(1500).fill('x').join('+'), /more than 2000 parts/],
    ['250000 numbers', 'broadcastTo(x, [1000, 1000])', /larger than 250000 numbers/],
  ])('are %s', (_, source, message) => {
    expect(() => build(parse(source), values)).toThrow(ExpressionError)
    expect(() => build(parse(source), values)).toThrow(message)
  })

  it('allow 64 levels and 2000 parts', () => {
    expect(build(parse(`${'('.repeat(63)}x${')'.repeat(63)}`), values).output.item()).toBe(5)
    expect(build(parse(Array(1000).fill('x').join('+')), values).output.item()).toBe(5000)
  })
})
