// The results of graphs, against plain JavaScript.
import { caseInputs, gradients, type NestedArray, ops, random } from '@bp/core'
import { describe, expect, it } from 'vitest'
import { build, type Expression, type Operator, parse, toText } from '../src/index.js'

const { w, x, b } = { w: -2, x: 5, b: 3 }

const values: [source: string, value: number | unknown[]][] = [
  ['f = w*x + b', w * x + b],
  ['-x^2 + (-x)^2', 0],
  ['2^3^2', 2 ** (3 ** 2)],
  ['2^-1', 0.5],
  ['w - x - b', w - x - b],
  ['x / 2 / 5', 0.5],
  ['--x', 5],
  ['exp(w) + log(x) + ln(x)', Math.exp(w) + 2 * Math.log(x)],
  ['sigmoid(0) - σ(0)', 0],
  ['max(w, x) + min(w, x)', w + x],
  ['max([1, 7, 3])', 7],
  ['mean([1, 2, 6])', 3],
  ['sum([[1, 2], [3, 4]], 0)', [4, 6]],
  ['sum([[1, 2], [3, 4]], [0, 1])', 10],
  ['[[1, 2], [3, 4]] @ [[5], [6]]', [[17], [39]]],
  ['matmul([[1, 2], [3, 4]], [[5], [6]])', [[17], [39]]],
  [
    'reshape([1, 2, 3, 4], [2, -1])',
    [
      [1, 2],
      [3, 4],
    ],
  ],
  [
    'oneHot([1, 0], 3)',
    [
      [0, 1, 0],
      [1, 0, 0],
    ],
  ],
  ['w*[1, 2]', [-2, -4]],
  ['f = w', -2],
]

describe('a graph', () => {
  it.each(values)('of %s computes it', (source, value) => {
    const { output } = build(parse(source), { w, x, b })
    if (typeof value === 'number') expect(output.item()).toBeCloseTo(value, 12)
    else expect(output.toArray()).toEqual(value)
  })

  it('gives the numbers of the lecture, exactly', () => {
    const { output, named, variables } = build(parse('g = w*x; f = g + b'), { w, x, b })
    expect(output.item()).toBe(-7)
    expect(named.get('g')!.item()).toBe(-10)
    expect([...variables.keys()]).toEqual(['w', 'x', 'b'])
    expect(gradients(output, [...variables.values(), named.get('g')!]).map((d) => d.item())).toEqual([
      5, -2, 1, 1,
    ])
  })

  it('prefers values passed in to those in the source', () => {
    const program = parse('f = w*x; w = 3; x = 7')
    expect(build(program).output.item()).toBe(21)
    expect(build(program, { w: 2 }).output.item()).toBe(14)
    expect(build(program, new Map([['x', 1]])).output.item()).toBe(3)
  })

  it('has the last computed statement as its output, wherever values are assigned', () => {
    expect(build(parse('g = 2*x; f = g + 1; x = 1')).outputName).toBe('f')
    expect(build(parse('x = 1; y = 2')).outputName).toBe('y')
    expect(build(parse('x = 1; x*2')).outputName).toBe('f')
    expect(build(parse('f = 1; f*2')).outputName).toBe('y')
  })

  it('is float64 by default', () => {
    expect(build(parse('f = x/3'), { x: 1 }).output.item()).toBe(1 / 3)
    expect(build(parse('f = x/3'), { x: 1 }, { dtype: 'f32' }).output.item()).toBe(Math.fround(1 / 3))
  })

  it('has the source positions of its tensors', () => {
    const source = 'f = w*x + sigmoid(b)'
    const { output, spans, variables } = build(parse(source), { w, x, b })
    const text = (tensor: typeof output) => source.slice(spans.get(tensor)!.start, spans.get(tensor)!.end)
    expect(text(output)).toBe('w*x + sigmoid(b)')
    expect(output.inputs.map(text)).toEqual(['w*x', 'sigmoid(b)'])
    expect(text(variables.get('b')!)).toBe('b')
  })

  it('can call every core operation that needs at most its shorthand attribute, by name', () => {
    for (const op of Object.values(ops)) {
      const { inputs, shorthand, sample } = op.definition
      // A case of the table whose only attribute, if any, is the shorthand.
      const example = sample.cases.find((one) => {
        const given = Object.entries(one.attributes ?? {})
        return given.every(
          // The language has no strings, such as the equation of einsum.
          ([key, value]) =>
            key === shorthand && typeof value !== 'string' && !(Array.isArray(value) && value.length === 0),
        )
      })
      if (!example) continue
      const { shapes, attributes = {} } = example
      const attribute = Object.values(attributes).map((value) => JSON.stringify(value))
      const given = Object.fromEntries(
        caseInputs(inputs, shapes).map(({ shape }, index) => [`${'abcd'[index]}_`, filled(shape)]),
      )
      const names = Object.keys(given)
      const source = `${op.name}(${[...names, ...attribute].join(', ')})`
      expect(build(parse(source), given).output.op!.name, source).toBe(op.name)
    }
  })
})

/** Ones in the shape. */
function filled([length, ...inner]: readonly number[]): number | NestedArray {
  return length === undefined ? 1 : Array.from({ length }, () => filled(inner))
}

describe('writing and parsing again', () => {
  const draw = random(7)
  let drawn = 0
  const below = (limit: number) => draw.integer(drawn++, limit)
  const span = { start: 0, end: 0 }
  const operators: Operator[] = ['+', '-', '*', '/', '^', '@']

  function randomTree(depth: number): Expression {
    const kind = depth === 0 ? below(2) : below(6)
    if (kind === 0) return { kind: 'name', name: 'wxb'[below(3)]!, span }
    if (kind === 1) return { kind: 'number', value: [0, 2, 0.5, 1e-7, 1e21][below(5)]!, span }
    if (kind === 2) return { kind: 'negation', operand: randomTree(depth - 1), span }
    if (kind === 3) return { kind: 'call', name: 'tanh', arguments: [randomTree(depth - 1)], span }
    const operator = operators[below(operators.length)]!
    return { kind: 'binary', operator, left: randomTree(depth - 1), right: randomTree(depth - 1), span }
  }
  const bare = (tree: Expression) =>
    JSON.parse(JSON.stringify(tree, (key, value) => (key === 'span' ? undefined : value)))

  it('gives the same tree, for 500 random ones', () => {
    for (let number = 0; number < 500; number++) {
      const tree = randomTree(5)
      const text = toText(tree)
      expect(bare(parse(text).statements[0]!.expression), text).toEqual(bare(tree))
    }
  })

  it.each([
    ['f=((w*x))+b', 'f = w*x + b'],
    ['-(a*b)^-2 *c-(d - e)', '-(a*b)^-2*c - (d - e)'],
    ['(a^b)^c/(x+1)', '(a^b)^c/(x + 1)'],
    ['A=[[1,-2],[3,4]];A@B', 'A = [[1, -2], [3, 4]]\nA @ B'],
    ['sum( x ,0 )', 'sum(x, 0)'],
  ])('%s becomes %s', (source, text) => {
    expect(toText(parse(source))).toBe(text)
  })
})
