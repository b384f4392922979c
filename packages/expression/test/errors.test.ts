// What is said about sources that do not fit, and where.
import { describe, expect, it } from 'vitest'
import { build, ExpressionError, parse } from '../src/index.js'

function refusal(source: string, values: Record<string, number> = {}): ExpressionError {
  try {
    build(parse(source), values)
  } catch (error) {
    if (error instanceof ExpressionError) return error
    throw error
  }
  throw new Error(`nothing was refused in ${JSON.stringify(source)}`)
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
  // Nothing there.
  {
    source: '',
    at: 1,
    problem: 'there is nothing to compute',
    hint: 'write an expression, such as f = w*x + b',
  },
  { source: ' # only a comment\n', at: [1, 1], problem: 'there is nothing to compute', hint: /such as/ },
  { source: ';;', at: 1, problem: 'there is nothing to compute', hint: /such as/ },
  // A forgotten times sign.
  {
    source: 'f = 2x + b',
    at: 6,
    problem: 'a * is missing between 2 and x',
    hint: 'write 2*x',
    fixed: 'f = 2*x + b',
  },
  { source: 'w x', at: 3, problem: 'a * is missing between w and x', hint: 'write w*x', fixed: 'w*x' },
  {
    source: '(w + b) x',
    at: 9,
    problem: 'a * is missing between (w + b) and x',
    hint: 'write (w + b)*x',
    fixed: '(w + b)*x',
  },
  {
    source: 'b + 2(x)',
    at: 6,
    problem: 'a * is missing between 2 and (',
    hint: 'write 2*(…)',
    fixed: 'b + 2*(x)',
  },
  { source: 'x 2', at: 3, problem: 'a * is missing between x and 2', hint: 'write x*2', fixed: 'x*2' },
  {
    source: 'wx + b',
    at: 1,
    problem: 'wx has no value',
    hint: 'did you mean w*x? Or give wx a value',
    fixed: 'w*x + b',
  },
  {
    source: 'w(x)',
    at: 1,
    problem: 'there is no function w',
    hint: /^to multiply, write w\*\(…\)\. Among \d+ functions are abs, exp,/,
    fixed: 'w*(x)',
  },
  // Parentheses.
  {
    source: 'f = (w*x + b',
    at: 5,
    problem: 'this ( is never closed',
    hint: /put a \)/,
    fixed: 'f = (w*x + b)',
  },
  {
    source: 'f = (w*x\nb = 3',
    at: [1, 5],
    problem: 'this ( is never closed',
    hint: /put a \)/,
    fixed: 'f = (w*x)\nb = 3',
  },
  { source: 'sigmoid(x', at: 8, problem: 'this ( is never closed', hint: /put a \)/, fixed: 'sigmoid(x)' },
  { source: 'w*x) + b', at: 4, problem: 'this ) closes nothing', hint: /take it out/, fixed: 'w*x + b' },
  {
    source: '(w*x] + b',
    at: 5,
    problem: '] stands where a ) is missing',
    hint: 'it would close the ( at character 1',
  },
  { source: 'w*()', at: 3, problem: 'there is nothing between ( and )', hint: null },
  // Values that are missing.
  { source: 'f = w*', at: 7, problem: 'a value is missing after *', hint: /write a name/ },
  { source: 'f = w*\nx', at: [1, 7], problem: 'a value is missing after *', hint: /write a name/ },
  { source: 'f =', at: 4, problem: 'a value is missing after =', hint: /write a name/ },
  { source: 'w * / x', at: 5, problem: 'a value is missing after * before /', hint: null },
  { source: '+x', at: 1, problem: 'a value is missing before +', hint: /can be left out/ },
  { source: 'maximum(x, )', at: 12, problem: 'a value is missing after , before )', hint: null },
  // Names and equals signs.
  {
    source: 'a = 1; a = 2',
    at: 8,
    problem: 'a is assigned twice',
    hint: 'it is 1 already; take another name',
  },
  { source: 'f = f + 1', at: 5, problem: 'f is defined by itself', hint: /another name/ },
  {
    source: 'f = g + 1; g = 2*x',
    at: 5,
    problem: 'g is used before it is defined',
    hint: /move g = … in front/,
  },
  { source: '2 = x', at: 1, problem: '2 is not a name', hint: /left of =/ },
  { source: 'w*x = 3', at: 1, problem: 'w*x is not a name', hint: /left of =/ },
  { source: 'f = x = 3', at: 7, problem: 'a statement has one =', hint: /separate statements/ },
  { source: 'f == x', at: 4, problem: 'there is one = too many', hint: /such as/ },
  { source: '= x', at: 1, problem: 'there is no name before =', hint: /such as/ },
  {
    source: 'w*x; w + b',
    at: 1,
    problem: 'the result of this expression is used nowhere',
    hint: 'give it a name, as in g = w*x',
  },
  { source: 'w, x', at: 2, problem: 'a comma stands between arguments only', hint: /by ;/ },
  // Values that variables lack.
  { source: 'f = w*q + r', at: 7, problem: 'q has no value', hint: 'give it a value (r too)' },
  { source: 'f = 1/q', at: 7, problem: 'cannot divide by q: q has no value', hint: 'give it a value' },
  {
    source: 'weight = 2; f = weigth*x',
    at: 17,
    problem: 'weigth has no value',
    hint: /did you mean weight\?/,
    fixed: 'weight = 2; f = weight*x',
  },
  { source: 'f = sigmoid + 1', at: 5, problem: 'sigmoid has no value', hint: /in parentheses, sigmoid\(…\)/ },
  // Functions.
  {
    source: 'sigmod(x)',
    at: 1,
    problem: 'there is no function sigmod',
    hint: /^did you mean sigmoid\? Among .*tanh/,
    fixed: 'sigmoid(x)',
  },
  {
    source: 'sigmoid x',
    at: 9,
    problem: 'the argument of sigmoid stands in parentheses',
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
    hint: /it cannot be computed/,
  },
  // Numbers and arrays.
  { source: '1.2.3', at: 1, problem: 'the number 1.2 has a second point', hint: /at most one/ },
  { source: 'x + 1e999', at: 5, problem: 'the number 1e999 is too large', hint: /largest/ },
  { source: '[1, x]', at: 5, problem: 'x is not a number', hint: /numbers only/ },
  { source: '[]', at: 2, problem: 'a number is missing in this array', hint: /such as/ },
  {
    source: '[[1, 2], [3]]',
    at: 10,
    problem: 'the rows of this array differ in length',
    hint: /a row of 2; this one is a row of 1/,
  },
  { source: '[1, 2', at: 1, problem: 'this [ is never closed', hint: /put a \]/, fixed: '[1, 2]' },
  { source: 'x[0]', at: 2, problem: 'a [ cannot follow a value', hint: /no indexing/ },
  // What is not part of the language.
  { source: 'x**2', at: 2, problem: 'a power is not written **', hint: 'write ^, as in x^2', fixed: 'x^2' },
  { source: 'x % 2', at: 3, problem: '“%” means nothing here', hint: /there are names/ },
  { source: 'x\u200b', at: 2, problem: 'the character U+200B means nothing here', hint: /there are names/ },
  // Shapes, which the core refuses.
  {
    source: 'f = x + matmul(w, b)',
    at: 9,
    problem:
      'matmul: a is a scalar and b is a scalar; both must have a dimension or more, use mul for a scalar',
    hint: null,
  },
  {
    source: '[1, 2] + [1, 2, 3]',
    at: 1,
    problem: 'add: a is [2], b is [3]; dimensions, counted from the last, must be equal or 1 (2 against 3)',
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

  it('points at the place with a caret, and the position is the offset', () => {
    const error = refusal('g = w*x\nf = g 2 + b', values)
    expect(error.message).toBe(
      ['a * is missing between g and 2 (line 2, column 7)', '  f = g 2 + b', '        ^', 'write g*2'].join(
        '\n',
      ),
    )
    expect([error.position, error.end]).toEqual([14, 15])
  })

  it('shows only the part of a long line around the caret', () => {
    const error = refusal(`f = ${'x + '.repeat(100)}2x${' + x'.repeat(100)}`, values)
    const [, line, caret] = error.message.split('\n')
    expect(line!.length).toBeLessThan(80)
    expect(line!.slice(caret!.indexOf('^') - 1, caret!.indexOf('^') + 1)).toBe('2x')
  })

  it('sets the caret under letters that take two columns of a terminal', () => {
    const [, line, caret] = refusal('가중치 2').message.split('\n')
    expect(line).toBe('  가중치 2')
    expect(caret).toBe(`${' '.repeat(2 + 3 * 2 + 1)}^`)
  })
})

describe('a value from outside', () => {
  const program = parse('f = w*x')

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('that is %s is refused by its name', (w) => {
    expect(() => build(program, { w, x: 1 })).toThrow(/^w has a value that is not a finite number/)
  })

  it('that is ragged is refused by its name', () => {
    expect(() => build(program, { w: [[1, 2], [3]], x: 1 })).toThrow(
      /^w: variable: nested arrays must be regular/,
    )
  })
})

describe('limits', () => {
  it.each([
    ['4096 characters', `${'x + '.repeat(1100)}x`, /more than the 4096 that are read/],
    ['64 levels of parentheses', `${'('.repeat(65)}x${')'.repeat(65)}`, /nested more than 64 deep/],
    ['64 minus signs', `${'-'.repeat(65)}x`, /nested more than 64 deep/],
    ['64 powers', Array(66).fill('x').join('^'), /nested more than 64 deep/],
    ['64 levels of brackets', `${'['.repeat(65)}1${']'.repeat(65)}`, /nested more than 64 deep/],
    ['2000 parts', Array(1500).fill('x').join('+'), /more than 2000 parts/],
    ['250000 numbers', 'broadcastTo(x, [1000, 1000])', /more than 250000 numbers/],
  ])('are %s', (_, source, message) => {
    expect(() => build(parse(source), values)).toThrow(ExpressionError)
    expect(() => build(parse(source), values)).toThrow(message)
  })

  it('leave room for 64 levels and 2000 parts', () => {
    expect(build(parse(`${'('.repeat(63)}x${')'.repeat(63)}`), values).output.item()).toBe(5)
    expect(build(parse(Array(1000).fill('x').join('+')), values).output.item()).toBe(5000)
  })
})
