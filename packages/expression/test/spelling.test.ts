// The spellings of the lecture, of books and of other libraries: what each is read as, and that this is said.
import { gradients, random } from '@bp/core'
import { describe, expect, it } from 'vitest'
import { build, ExpressionError, evaluateLiteral, parse, toLatex, toText } from '../src/index.js'

const text = (source: string, given?: string[]) => toText(parse(source, given))
const readings = (source: string, given?: string[]) =>
  parse(source, given).readings.map(({ kind, from, to }) => [kind, from, to])

describe('a source as people write it', () => {
  it.each([
    ['f = wx + b', 'f = w*x + b'],
    ['f = w1x1 + w2x2', 'f = w1*x1 + w2*x2'],
    ['f = 2x', 'f = 2*x'],
    ['f = 2x^2 + 3x', 'f = 2*x^2 + 3*x'],
    ['f = 2(x + 1)', 'f = 2*(x + 1)'],
    ['f = (a)(b)', 'f = a*b'],
    ['f = (a + b)(a - b)', 'f = (a + b)*(a - b)'],
    ['f = x(x + 1)', 'f = x*(x + 1)'],
    ['f = w x', 'f = w*x'],
    ['f = -2x', 'f = -2*x'],
    ['f = 2sin(x)', 'f = 2*sin(x)'],
    ['f = 2√x', 'f = 2*sqrt(x)'],
    ['f = √(x + 1)', 'f = sqrt(x + 1)'],
    ['f = √x^2', 'f = sqrt(x)^2'],
    ['f = x²', 'f = x^2'],
    ['f = -x²', 'f = -x^2'],
    ['f = x³y', 'f = x^3*y'],
    ['f = x⁻¹²', 'f = x^-12'],
    ['f = x**2', 'f = x^2'],
    ['f = |x|', 'f = abs(x)'],
    ['f = 2|x - 1| + 3', 'f = 2*abs(x - 1) + 3'],
    ['f = ||x| - 1|', 'f = abs(abs(x) - 1)'],
    ['f = a·b × c ÷ d − e⋅f1', 'f = a*b*c/d - e*f1'],
    ['f = tf.sigmoid(tf.matmul(L2, W2) + b2)', 'f = sigmoid(matmul(L2, W2) + b2)'],
    ['f = tf.nn.relu(x) + tf.math.log(x)', 'f = relu(x) + log(x)'],
    ['f = np.exp(x) + torch.tanh(x) + Math.sqrt(x)', 'f = exp(x) + tanh(x) + sqrt(x)'],
    ['f = tf.reduce_sum(x, axis=0)', 'f = sum(x, 0)'],
    ['f = torch.log_softmax(x, dim=1)', 'f = logSoftmax(x, 1)'],
    ['f = np.multiply(a, Math.PI)', 'f = mul(a, pi)'],
    ['f = reduce_mean(x)', 'f = mean(x)'],
  ])('%s is %s', (source, expected) => {
    expect(text(source)).toBe(expected)
    expect(text(expected), 'and stays').toBe(expected)
  })

  it('is read otherwise where a name has a value of its own', () => {
    expect(text('f = wx + b; wx = 3')).toBe('f = wx + b\nwx = 3')
    expect(text('f = wx + b', ['wx'])).toBe('f = wx + b')
    expect(parse('f = wx + b', ['wx']).names).toEqual(['wx', 'b'])
    expect(parse('f = wx + b').names).toEqual(['w', 'x', 'b'])
    expect(text('e = 2; f = e*x')).toBe('e = 2\nf = e*x')
    expect(parse('f = e*x', ['e']).names).toEqual(['e', 'x'])
  })

  it('keeps words that are not products of its names', () => {
    for (const source of ['f = cost*2', 'f = weight*x', 'f = mu + xi', 'f = h1 + W2'])
      expect(parse(source).readings).toEqual([])
    expect(text('weight = 2; f = weightx + x')).toBe('weight = 2\nf = weight*x + x')
  })
})

describe('how a source was read', () => {
  it.each([
    ['f = wx + b', [['product', 'wx', 'w·x']]],
    ['f = 2x + 2x', [['product', '2x', '2·x']]],
    ['f = 1/2x', [['product', '1/2x', '1/2·x']]],
    ['f = e^x', [['constant', 'e', '2.71828']]],
    [
      'f = 2pi*r',
      [
        ['product', '2pi', '2·pi'],
        ['constant', 'pi', '3.14159'],
      ],
    ],
    ['f = tf.reduce_mean(x)', [['function', 'tf.reduce_mean', 'mean']]],
    ['f = w*x + b', []],
  ])('is said: %s', (source, expected) => {
    expect(readings(source)).toEqual(expected)
  })
})

describe('constants', () => {
  it('e to a power is exp, whose derivative is itself', () => {
    const { output, variables } = build(parse('f = 1/(1 + e^-x)'), { x: 0 })
    expect(output.item()).toBe(0.5)
    expect(gradients(output, [variables.get('x')!])[0].item()).toBe(0.25)
    expect(build(parse('f = e^x'), { x: 2 }).output.op!.name).toBe('exp')
  })

  it('are variables when they are given a value', () => {
    const { output, variables } = build(parse('f = e^x; e = 2'), { x: 3 })
    expect([output.item(), [...variables.keys()]]).toEqual([8, ['e', 'x']])
    expect(build(parse('f = e*x'), { e: 10, x: 3 }).output.item()).toBe(30)
    expect([...build(parse('f = 2*x'), { e: 10, x: 3 }).variables.keys()]).toEqual(['x'])
  })

  it('are written as such in LaTeX', () => {
    expect(toLatex(parse('f = 2*pi*e^x'))).toBe('f = 2 \\cdot \\pi \\cdot e^{x}')
  })
})

describe('values', () => {
  it.each([
    ['1/3', 1 / 3],
    ['-1/4', -0.25],
    ['2*pi', 2 * Math.PI],
    ['2π', 2 * Math.PI],
    ['1e-3', 0.001],
    ['2^-2', 0.25],
    ['(1 + 2)/3', 1],
    ['[1/2, -3]', [0.5, -3]],
  ])('may be computed from numbers: %s', (source, value) => {
    expect(evaluateLiteral(source)).toEqual(value)
  })

  it('in the source belong to variables', () => {
    const program = parse('f = w*x; w = 1/3; x = 2*pi')
    expect([...program.values]).toEqual([
      ['w', 1 / 3],
      ['x', 2 * Math.PI],
    ])
    expect(build(program).output.item()).toBeCloseTo((2 * Math.PI) / 3, 14)
  })

  it('are computed in the graph where nothing else is', () => {
    expect(build(parse('f = 2*3')).output.op!.name).toBe('mul')
  })

  it('that are missing are named all at once', () => {
    try {
      build(parse(`f = ${Array.from({ length: 100 }, (_, index) => `v${index}`).join('+')}`))
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ExpressionError)
      expect((error as ExpressionError).unknown).toHaveLength(100)
    }
  })
})

describe('the network of the lecture', () => {
  const source = [
    'L2 = tf.sigmoid(tf.matmul(X, W1) + b1)',
    'hypothesis = tf.sigmoid(tf.matmul(L2, W2) + b2)',
    'cost = -tf.reduce_mean(Y*tf.log(hypothesis) + (1-Y)*tf.log(1-hypothesis))',
  ].join('\n')
  const draw = random(7)
  const matrix = (rows: number, columns: number, from: number) =>
    Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (_, column) => draw.normal(from + row * columns + column)),
    )
  const X = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]
  const Y = [[0], [1], [1], [0]]
  const values = { X, Y, W1: matrix(2, 2, 0), b1: [0, 0], W2: matrix(2, 1, 10), b2: [0] }

  it('builds as it is written there, and its cost is that of plain arithmetic', () => {
    const { output, outputName, named } = build(parse(source), values)
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
    const { W1, W2 } = values
    const expected =
      -X.map(([a, b], row) => {
        const hidden = [0, 1].map((unit) => sigmoid(a! * W1[0]![unit]! + b! * W1[1]![unit]!))
        const h = sigmoid(hidden[0]! * W2[0]![0]! + hidden[1]! * W2[1]![0]!)
        return Y[row]![0]! * Math.log(h) + (1 - Y[row]![0]!) * Math.log(1 - h)
      }).reduce((sum, term) => sum + term) / 4
    expect(output.item()).toBeCloseTo(expected, 12)
    expect(outputName).toBe('cost')
    expect([...named.keys()]).toEqual(expect.arrayContaining(['L2', 'hypothesis', 'cost']))
  })
})

describe('what a reading makes', () => {
  const draw = random(11)
  let drawn = 0
  const pick = <T>(from: readonly T[]): T => from[draw.integer(drawn++, from.length)]!
  const piece = (depth: number): string => {
    if (depth === 0) return pick(['x', 'w', 'wx', 'e', 'pi', '2', '2x', 'x²', '3.5', 'W1', 'π'])
    const inner = () => piece(depth - 1)
    return pick([
      () => `${inner()} + ${inner()}`,
      () => `${inner()}·${inner()}`,
      () => `(${inner()})(${inner()})`,
      () => `|${inner()}|`,
      () => `√(${inner()})`,
      () => `e^(${inner()})`,
      () => `tf.sigmoid(${inner()})`,
      () => `-(${inner()})`,
      () => `(${inner()})**2`,
      () => `2(${inner()})`,
      () => `${inner()}/(${inner()})`,
    ])()
  }

  it('has a text that is read as itself, without readings but of constants, for 500 random sources', () => {
    for (let number = 0; number < 500; number++) {
      const source = piece(1 + (number % 4))
      const program = parse(source)
      const written = toText(program)
      const again = parse(written)
      expect(toText(again), source).toBe(written)
      expect(
        again.readings.filter(({ kind }) => kind !== 'constant'),
        source,
      ).toEqual([])
      const values = { x: 0.7, w: -0.4, W1: 0.3 }
      expect(build(again, values).output.item(), source).toBe(build(program, values).output.item())
    }
  })
})
