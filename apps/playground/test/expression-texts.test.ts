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
  // The core says the cure with the problem.
  expect(said).toHaveLength(hint === null && code !== 'refused' ? 1 : 2)
  for (const sentence of said) {
    expect(sentence).toMatch(/[가-힣]|예: /)
    expect(sentence).not.toMatch(/undefined|null|\[object/)
  }
})

const arrays = [
  '2',
  '[1, 2]',
  '[1, 2, 3]',
  '[[1, 2, 3], [4, 5, 6]]',
  '[[1, 2], [3, 4]]',
  '[[[1, 2]], [[3, 4]]]',
]
const written = [
  ...['+', '-', '*', '/', '^', '@'].flatMap((operator) =>
    arrays.flatMap((left) => arrays.map((right) => `${left} ${operator} ${right}`)),
  ),
  ...[
    'sum',
    'mean',
    'max',
    'softmax',
    'elu',
    'oneHot',
    'tile',
    'reshape',
    'transpose',
    'tril',
    'conv1d',
    'dot',
    'where',
  ].flatMap((name) =>
    arrays.flatMap((array) => [
      `${name}(${array})`,
      ...['-1', '7', '0.5', '[0, 0]', '[[1]]', '[1, 2, 3]'].map((last) => `${name}(${array}, ${last})`),
      `${name}(1, ${array}, [1, 2, 3])`,
    ]),
  ),
]

test('what the core refuses is said in Korean by what it is about, without its English', () => {
  const kinds = new Map<string, string>()
  const refuse = (make: () => unknown) => {
    try {
      make()
    } catch (error) {
      if (!(error instanceof ExpressionError) || error.reason.code !== 'refused') return
      const said = sayReason(korean, error.reason).join(' ')
      const { refusal } = error.reason
      kinds.set(refusal.kind, said)
      // Names and operators stay as they are written; all other words are Korean.
      const foreign = said.replaceAll(refusal.name ?? '', '').match(/[a-z]{3,}/gi)
      expect(foreign, said).toBeNull()
      expect(said).toMatch(/[가-힣]/)
      expect(said).not.toMatch(/undefined|null|NaN/)
    }
  }
  for (const source of written) refuse(() => build(parse(source), {}))
  for (const value of [[[1, 2], [3]], [], [[], []]]) refuse(() => build(parse('w + 1'), { w: value }))
  expect([...kinds.keys()].sort()).toEqual(['axis', 'broadcast', 'call', 'product', 'value'])
  expect(kinds.get('product')).toMatch(/크기입니다: \d/)
})
