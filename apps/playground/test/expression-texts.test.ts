// Whatever is wrong with an expression is said in the language of the page.
import {
  build,
  ExpressionError,
  english,
  evaluateLiteral,
  parse,
  parseAssignments,
  sayReason,
} from '@bp/expression'
import { expect, test } from 'vitest'
import { expression as korean } from '../src/texts/ko/expression.js'

const values = { w: -2, x: 5, b: 3 }
const draw = (source: string) => () => build(parse(source), values)

/** One source for each code. */
const sources: Readonly<Record<keyof typeof english, () => unknown>> = {
  'nothing-to-compute': draw(''),
  'too-long': draw(`${'x + '.repeat(1100)}x`),
  'too-many-parts': draw(Array(1500).fill('x').join('+')),
  'too-many-numbers': draw('broadcastTo(x, [1000, 1000])'),
  'too-deep': draw(`${'('.repeat(65)}x${')'.repeat(65)}`),
  'too-deep-array': draw(`${'['.repeat(65)}1${']'.repeat(65)}`),
  'unexpected-character': draw('x % 2'),
  'second-point': draw('1.2.3'),
  'too-large': draw('1e999'),
  'not-a-name': draw('w*x = 3'),
  'one-equals': draw('f = x = 3'),
  'extra-equals': draw('f == x'),
  'missing-name': draw('= x'),
  'never-used': draw('w*x; w + b'),
  'assigned-twice': draw('a = 1; a = 2'),
  'duplicate-assignment': () => parseAssignments('w=1,w=2'),
  'in-terms-of-itself': draw('f = f + 1'),
  'used-before': draw('f = g + 1; g = 2*x'),
  'expected-assignment': () => parseAssignments('5'),
  'not-literal': () => evaluateLiteral('x'),
  unexpected: () => evaluateLiteral('w=1'),
  'not-finite': () => build(parse('f = w'), { w: Number.NaN }),
  'no-value': draw('1/q'),
  'no-value-function': draw('f = sigmoid + 1'),
  'no-value-meant': draw('weight = 2; f = weigth*x'),
  'no-values': draw('f = q*r'),
  'missing-value': draw('f = w*'),
  'leading-plus': draw('+x'),
  'missing-value-before': draw('w * / x'),
  'missing-product': draw('x 2'),
  'never-closed': draw('f = (w*x'),
  'bar-never-closed': draw('f = |x'),
  unmatched: draw('w*x)'),
  'wrong-bracket': draw('(w*x]'),
  'empty-parentheses': draw('w*()'),
  comma: draw('w, x'),
  index: draw('x[0]'),
  ragged: draw('[[1, 2], [3]]'),
  'missing-number': draw('[]'),
  'not-a-number': draw('[1, x]'),
  'needs-parentheses': draw('sigmoid x'),
  'unknown-function': draw('sinn(x)'),
  'argument-count': draw('tanh(x, w)'),
  'attribute-not-literal': draw('sum(x, w)'),
  refused: draw('[1, 2] + [1, 2, 3]'),
}

test.each(Object.entries(sources))('%s is said in English and in Korean', (code, refuse) => {
  let error: unknown
  try {
    refuse()
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(ExpressionError)
  const { reason, problem, hint } = error as ExpressionError
  expect(reason.code).toBe(code)
  expect(sayReason(english, reason)).toEqual(hint === null ? [problem] : [problem, hint])
  const said = sayReason(korean, reason)
  expect(said).toHaveLength(hint === null ? 1 : 2)
  for (const sentence of said) {
    expect(sentence).toMatch(/[가-힣]|예: /)
    expect(sentence).not.toMatch(/undefined|null|\[object/)
  }
})
