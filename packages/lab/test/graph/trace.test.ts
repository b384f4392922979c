// Values and derivatives of every node, held against the lecture, finite differences and the core.
import { evaluate, gradients } from '@bp/core'
import { describe, expect, it } from 'vitest'
import { type Numbers, nudge, trace } from '../../src/index.js'
import { graphOf, indexed, tableGraphs, traced } from './graphs.js'

const lecture = { w: -2, x: 5, b: 3 }

describe('f = w*x + b at w = -2, x = 5, b = 3', () => {
  const { nodes, edges, node, edge, output, steps, warnings } = traced('f = w*x + b', lecture)

  it('has the nodes of the lecture, with g for the one in between', () => {
    expect(nodes.map(({ id, kind, label, symbol }) => [id, kind, label, symbol])).toEqual([
      ['w', 'variable', 'w', 'w'],
      ['x', 'variable', 'x', 'x'],
      ['g', 'operation', 'g = w × x', '×'],
      ['b', 'variable', 'b', 'b'],
      ['f', 'output', 'f = g + b', '+'],
    ])
    expect(output.id).toBe('f')
    expect(node('g')).toMatchObject({
      op: 'mul',
      formula: 'y = a · b',
      inputs: ['w', 'x'],
      span: { start: 4, end: 7 },
    })
    expect(warnings).toEqual([])
  })

  it.each([
    ['g', -10, 1],
    ['f', -7, 1],
    ['w', -2, 5],
    ['x', 5, -2],
    ['b', 3, 1],
  ])('%s is %s and its derivative %s', (id, value, derivative) => {
    expect(node(id)).toMatchObject({ value, derivative })
  })

  it.each([
    ['w', 'g', 'a', 5, 1, 5],
    ['x', 'g', 'b', -2, 1, -2],
    ['g', 'f', 'a', 1, 1, 1],
    ['b', 'f', 'b', 1, 1, 1],
  ])(
    '%s sends to %s as %s; back comes local %s × upstream %s = %s',
    (from, to, input, local, upstream, contribution) => {
      expect(edge(from, to)).toMatchObject({ input, local, upstream, contribution })
      expect(edges).toHaveLength(4)
    },
  )

  it('is computed in these steps', () => {
    expect(steps.map(({ phase, node, text }) => [phase, node, text])).toEqual([
      ['forward', 'g', 'g = w × x = −2 × 5 = −10'],
      ['forward', 'f', 'f = g + b = −10 + 3 = −7'],
      ['seed', 'f', '∂f/∂f = 1'],
      ['backward', 'g', '∂f/∂g = 1'],
      ['backward', 'b', '∂f/∂b = 1'],
      ['backward', 'w', '∂f/∂w = ∂f/∂g · ∂g/∂w = 1 · 5 = 5'],
      ['backward', 'x', '∂f/∂x = ∂f/∂g · ∂g/∂x = 1 · (−2) = −2'],
    ])
  })
})

describe('sigmoid', () => {
  it('is 0.5 at 0 with derivative 0.25', () => {
    const { node } = traced('y = sigmoid(x)', { x: 0 })
    expect([node('y').value, node('x').derivative]).toEqual([0.5, 0.25])
  })

  it('is 0.000911051194 at −7 with derivative 0.000910221180', () => {
    const { node } = traced('y = sigmoid(x)', { x: -7 })
    expect((node('y').value as number).toFixed(12)).toBe('0.000911051194')
    expect((node('x').derivative as number).toFixed(12)).toBe('0.000910221180')
  })
})

describe('a variable that is used more than once', () => {
  const { node, steps, edges } = traced('f = x*x + x', { x: 3 })

  it('gets the sum of the contributions of its uses', () => {
    expect(node('x').derivative).toBe(7)
    expect(
      edges
        .filter(({ from }) => from === 'x')
        .map(({ to, input, contribution }) => [to, input, contribution]),
    ).toEqual([
      ['g', 'a', 3],
      ['g', 'b', 3],
      ['f', 'b', 1],
    ])
  })

  it('shows the sum before and after each contribution', () => {
    const additions = steps.filter((step) => step.phase === 'backward' && step.node === 'x')
    expect(
      additions.map(({ accumulatorBefore, accumulatorAfter }) => [accumulatorBefore, accumulatorAfter]),
    ).toEqual([
      [null, 1],
      [1, 4],
      [4, 7],
    ])
    expect(additions.map(({ text }) => text)).toEqual([
      '(∂f/∂x)₁ = 1',
      '(∂f/∂x)₂ = ∂f/∂g · (∂g/∂x)₁ = 1 · 3 = 3; ∂f/∂x so far: 1 + 3 = 4',
      '(∂f/∂x)₃ = ∂f/∂g · (∂g/∂x)₂ = 1 · 3 = 3; ∂f/∂x = 4 + 3 = 7',
    ])
  })
})

describe('names', () => {
  it('are the free letters from g on for unnamed operations', () => {
    const { nodes } = traced('h = 2*x; f = (h + g)*k - exp(x)', { x: 1, g: 1, k: 1 })
    expect(nodes.map(({ id, label }) => `${id}: ${label}`)).toEqual([
      '#0: 2',
      'x: x',
      'h: h = 2 × x',
      'g: g',
      'm: m = h + g',
      'k: k',
      'n: n = m × k',
      'p: p = exp(x)',
      'f: f = n − p',
    ])
  })

  it('never run out', () => {
    const { nodes } = traced(`f = ${Array(40).fill('x').join('*')}`, { x: 1 })
    expect(new Set(nodes.map(({ id }) => id)).size).toBe(40)
    expect(nodes.map(({ id }) => id).slice(12, 16)).toEqual(['v', 'g1', 'g2', 'g3'])
  })

  it('do not depend on the values', () => {
    const ids = (x: number) => traced('y = mean([1, 2]*x)^2', { x }).nodes.map(({ id }) => id)
    expect(ids(1)).toEqual(ids(-3.5))
  })

  it('may be those of properties of JavaScript objects', () => {
    const { node } = traced('f = constructor*__proto__', { constructor: 2, ['__proto__']: 3 })
    expect([node('constructor').derivative, node('__proto__').derivative]).toEqual([3, 2])
  })
})

describe('a missing derivative', () => {
  it('of a constant is null, not 0', () => {
    const { node, edge } = traced('f = 2*x', { x: 3 })
    expect(node('#0').derivative).toBeNull()
    expect(edge('#0', 'f')).toMatchObject({ local: null, contribution: null })
  })

  it('behind an operation that passes none back is null, with a warning', () => {
    const { node, edge, warnings, steps } = traced('f = less(w, x)*x', { w: 1, x: 2 })
    expect(node('w').derivative).toBeNull()
    expect(node('x').derivative).toBe(1)
    expect(edge('w', 'g')).toMatchObject({ rule: '', local: null, contribution: null })
    expect(warnings).toEqual(['no derivative reaches w; none flows through less'])
    expect(steps.some((step) => step.phase === 'backward' && step.node === 'w')).toBe(false)
  })

  it('of an output of several numbers is null, with a warning', () => {
    const { nodes, steps, warnings } = traced('y = X @ W', {
      X: [
        [1, 2],
        [3, 4],
      ],
      W: [[1], [2]],
    })
    expect(nodes.map(({ derivative }) => derivative)).toEqual([null, null, null])
    expect(steps.map(({ phase, text }) => [phase, text])).toEqual([
      ['forward', 'y = X @ W = [[1, 2], [3, 4]] @ [[1], [2]] = [[5], [11]]'],
    ])
    expect(warnings).toEqual(['y is an array of 2×1, so it has no single derivative; take sum(y) or mean(y)'])
  })
})

describe('numbers that are not finite', () => {
  it.each([
    [
      'f = log(x)',
      { x: -1 },
      'f is not a finite number: f = log(x) = log(−1) = NaN; the logarithm of a negative number: keep its argument above 0',
    ],
    [
      'f = exp(1/x)',
      { x: 0 },
      'g is not a finite number: g = 1 ÷ x = 1 ÷ 0 = ∞; a division by 0: keep the divisor away from 0',
    ],
    [
      'f = 1 + sqrt(x)',
      { x: 0 },
      '∂f/∂x is not a finite number: ∂f/∂x = ∂f/∂g · ∂g/∂x = 1 · ∞ = ∞; the curve is vertical there: move the input away from that point',
    ],
  ])('are reported where they first appear: %s', (source, values, warning) => {
    expect(traced(source, values).warnings).toEqual([warning])
  })
})

describe('arrays', () => {
  const values = {
    X: [
      [1, 2],
      [3, 4],
    ],
    W: [[1], [2]],
    T: [[0], [1]],
  }
  const source = 'cost = mean((X@W - T)^2)'
  const { node, edge, steps } = traced(source, values)

  it('have derivatives of their own shape, here worked out by hand', () => {
    // The error is [5, 10]; its square's mean over 2 has derivative 2·error/2 = error; then error @ Wᵀ and Xᵀ @ error.
    expect(node('T').derivative).toEqual([[-5], [-10]])
    expect(node('X').derivative).toEqual([
      [5, 10],
      [10, 20],
    ])
    expect(node('W').derivative).toEqual([[35], [50]])
  })

  it('pass on arrays by the rule of the operation, without a single local derivative', () => {
    expect(edge('W', 'g')).toMatchObject({
      local: null,
      rule: 'b̄ = aᵀ · ȳ',
      upstream: [[5], [10]],
      contribution: [[35], [50]],
    })
    expect(steps.at(-1)!.text).toBe('∂cost/∂W = Xᵀ · ḡ = [[35], [50]], with ḡ = ∂cost/∂g')
  })

  it('are described, not written out, if they are long', () => {
    const long = traced('f = sum(x*x)', { x: Array.from({ length: 10 }, (_, index) => index) })
    expect(long.steps[0]!.text).toBe('g = x × x = 10 numbers')
    expect(long.steps.at(-1)!.text).toBe(
      '(∂f/∂x)₂ = ḡ ⊙ x = 10 numbers, with ḡ = ∂f/∂g; ∂f/∂x: the sum of parts 1 to 2',
    )
  })
})

describe('every operation of the table', () => {
  const flat = (numbers: Numbers): number[] =>
    typeof numbers === 'number' ? [numbers] : numbers.flatMap(flat)

  it.each([...tableGraphs()])(
    '$title: derivatives are those of the core, and what edges send adds up to them',
    ({ graph }) => {
      const { nodes, edges, node, steps } = indexed(graph)
      const variables = [...graph.variables]
      const expected = evaluate(
        gradients(
          graph.output,
          variables.map(([, tensor]) => tensor),
        ),
      )
      for (const [index, [name]] of variables.entries()) {
        const { derivative } = node(name)
        if (derivative === null) expect(expected[index]!.every((entry) => entry === 0)).toBe(true)
        else expect(flat(derivative)).toEqual([...expected[index]!])
      }
      for (const { id, derivative } of nodes) {
        const sent = edges.filter(({ from, contribution }) => from === id && contribution !== null)
        if (id === 'f' || sent.length === 0) continue
        const total = sent
          .map(({ contribution }) => flat(contribution!))
          .reduce((a, b) => a.map((entry, index) => entry + b[index]!))
        for (const [index, entry] of flat(derivative!).entries()) expect(total[index]).toBeCloseTo(entry, 10)
        expect(
          steps.findLast((step) => step.phase === 'backward' && step.node === id)!.accumulatorAfter,
        ).toEqual(derivative)
      }
      for (const { local, upstream, contribution } of edges)
        if (local !== null) expect(contribution).toBeCloseTo(local * (upstream as number), 10)
    },
  )
})

describe('derivatives', () => {
  it.each([
    ['f = sigmoid(w*x + b)^2 / (1 + exp(-x))', { w: 0.3, x: -0.7, b: 0.2 }],
    ['f = tanh(a*b) + a^b - log(a)/b', { a: 1.3, b: 0.6 }],
    ['h = max(a, b)*a; f = h*h - abs(b)', { a: 0.8, b: -0.4 }],
    ['f = softplus(x*y) * sqrt(x^2 + y^2)', { x: 0.9, y: 1.7 }],
  ])('of %s agree with central differences', (source, values) => {
    const graph = graphOf(source, values)
    const step = 1e-5
    for (const { kind, id, derivative } of trace(graph).nodes) {
      if (kind !== 'variable') continue
      const slope = (nudge(graph, id, step).after - nudge(graph, id, -step).after) / (2 * step)
      expect(derivative).toBeCloseTo(slope, 7)
    }
  })
})
