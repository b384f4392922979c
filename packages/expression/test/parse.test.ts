// What the grammar accepts, and how it groups.
import { describe, expect, it } from 'vitest'
import { type Expression, parse } from '../src/index.js'

/** The expression in prefix form, which shows the grouping. */
function prefix(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return String(expression.value)
    case 'array':
      return JSON.stringify(expression.value)
    case 'name':
      return expression.name
    case 'negation':
      return `(neg ${prefix(expression.operand)})`
    case 'binary':
      return `(${expression.operator} ${prefix(expression.left)} ${prefix(expression.right)})`
    case 'call':
      return `${expression.name}<${expression.arguments.map(prefix).join(' ')}>`
  }
}

const groupings: [source: string, prefix: string][] = [
  ['w*x + b', '(+ (* w x) b)'],
  ['b + w*x', '(+ b (* w x))'],
  ['a - b - c', '(- (- a b) c)'],
  ['a - (b - c)', '(- a (- b c))'],
  ['a / b * c', '(* (/ a b) c)'],
  ['a @ b @ c', '(@ (@ a b) c)'],
  ['a ^ b ^ c', '(^ a (^ b c))'],
  ['(a ^ b) ^ c', '(^ (^ a b) c)'],
  ['-x^2', '(neg (^ x 2))'],
  ['(-x)^2', '(^ (neg x) 2)'],
  ['2^-x', '(^ 2 (neg x))'],
  ['2^-x^3', '(^ 2 (neg (^ x 3)))'],
  ['-a*b', '(* (neg a) b)'],
  ['a*-b', '(* a (neg b))'],
  ['a - -b', '(- a (neg b))'],
  ['--x', '(neg (neg x))'],
  ['2*x^2', '(* 2 (^ x 2))'],
  ['((x))', 'x'],
  ['sigmoid(w*x + b)', 'sigmoid<(+ (* w x) b)>'],
  ['maximum(a, -b)', 'maximum<a (neg b)>'],
  ['sum(x, 0)', 'sum<x 0>'],
  ['ln(x) + σ(x)', '(+ ln<x> σ<x>)'],
  ['[[1, -2], [3e1, .5]] @ x', '(@ [[1,-2],[30,0.5]] x)'],
  ['1e-3 + 1.5E+2 + 2. + .25', '(+ (+ (+ 0.001 150) 2) 0.25)'],
  ['w × x − a · b ÷ c', '(- (* w x) (/ (* a b) c))'],
  ['α*βeta_1 + λ₂', '(+ (* α βeta_1) λ₂)'],
  ['가중치*입력', '(* 가중치 입력)'],
  ['(a +\n b)', '(+ a b)'],
  ['sum(\n x,\n 0)', 'sum<x 0>'],
  ['x # a comment; y = 3', 'x'],
  ['x // a comment', 'x'],
  ['\t x \r\n', 'x'],
]

describe('grouping', () => {
  it.each(groupings)('%s is %s', (source, expected) => {
    expect(prefix(parse(source).statements[0]!.expression)).toBe(expected)
  })
})

describe('statements', () => {
  it('are separated by semicolons, line breaks or both', () => {
    for (const source of [
      'g = w*x; f = g + b',
      'g = w*x\nf = g + b',
      'g = w*x\r\n\r\n;f = g + b;',
      ';;g = w*x;\n;f = g + b\n#end',
    ])
      expect(parse(source).statements.map(({ name, expression }) => [name, prefix(expression)])).toEqual([
        ['g', '(* w x)'],
        ['f', '(+ g b)'],
      ])
  })

  it('need values for their variables in order of first use, including literals', () => {
    const program = parse('z = 9; f = w*x + b*w; x = 5; w = -2')
    expect(program.names).toEqual(['w', 'x', 'b', 'z'])
    expect([...program.values]).toEqual([
      ['z', 9],
      ['x', 5],
      ['w', -2],
    ])
  })

  it('that are computed define names that need no value', () => {
    expect(parse('g = w*x; h = g^2; h + g + b').names).toEqual(['w', 'x', 'b'])
  })

  it('have the positions of themselves and their parts', () => {
    const source = ' f = (w*x) + sigmoid(b) ;w = -2'
    const { statements } = parse(source)
    const text = ({ span }: { span: { start: number; end: number } }) => source.slice(span.start, span.end)
    expect(statements.map(text)).toEqual(['f = (w*x) + sigmoid(b)', 'w = -2'])
    const sum = statements[0]!.expression as Expression & { kind: 'binary' }
    expect([text(sum), text(sum.left), text(sum.right)]).toEqual(['(w*x) + sigmoid(b)', 'w*x', 'sigmoid(b)'])
    expect(text(statements[1]!.expression)).toBe('-2')
  })

  it('treat a composed and a decomposed accent as the same letter', () => {
    expect(parse('\u00e9 + e\u0301').names).toEqual(['\u00e9'])
  })
})
