// Values and derivatives of every node, held against the lecture, finite differences and the core.
import { evaluate, gradients, type NestedArray } from '@bp/core'
import { describe, expect, it } from 'vitest'
import { countSweeps, type Numbers, nextBreak, nudge, stepOf, trace, writeFormula } from '../../src/index.js'
import { graphOf, indexed, tableGraphs, traced } from './graphs.js'

const lecture = { w: -2, x: 5, b: 3 }
const table = [...tableGraphs()]

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

  it.each(table)(
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

/** One graph for each operation of the table. */
const oneOfEach = () => new Map(table.map((entry) => [entry.op, entry])).values()

describe('an account of a step', () => {
  const left = (source: string, values: Record<string, number | NestedArray>) => {
    const { steps } = traced(source, values)
    return (id: string) => steps.find(({ phase, edge }) => phase === 'backward' && edge!.id === id)!.account
  }

  it('has symbols, numbers and the rule with the names of the source, upstream first', () => {
    const account = left('h = w*x; k = -h; y = exp(k)', lecture)('h>k.x')
    expect(writeFormula(account.left)).toBe('∂y/∂h')
    expect(writeFormula(account.symbols)).toBe('∂y/∂k · ∂k/∂h')
    expect(writeFormula(account.numbers)).toBe('22026.5 · (−1)')
    expect(writeFormula(account.rule)).toBe('∂k/∂h = −1')
    expect(account.relation).toEqual({ kind: 'opposite', by: null })
    expect(account.sum).toBeNull()
  })

  it.each([
    ['f = w*x', 'w>f.a', '∂f/∂w = x', 'scaled'],
    ['f = w/x', 'w>f.a', '∂f/∂w = 1 / x', 'divided'],
    ['f = w/x', 'x>f.b', '∂f/∂x = −f / x', 'inverse'],
    ['f = x^b', 'x>f.a', '∂f/∂x = b · x^(b − 1)', 'power'],
    ['f = x*(-2)', 'x>f.a', '∂f/∂x = (−2)', 'scaled'],
    ['f = sigmoid(x)', 'x>f.x', '∂f/∂x = f · (1 − f)', 'squashed'],
    ['f = exp(x)', 'x>f.x', '∂f/∂x = f', 'exponential'],
    ['f = log(x)', 'x>f.x', '∂f/∂x = 1 / x', 'logarithm'],
    ['f = relu(x)', 'x>f.x', '∂f/∂x = 1 where f > 0, else 0', 'gated'],
    ['f = w - x', 'x>f.b', '∂f/∂x = −1', 'opposite'],
    // A variable called as the op calls something else.
    ['y = a*b; a = 2', 'a>y.a', '∂y/∂a = b', 'scaled'],
    ['f = y*a; y = 2; a = 3', 'a>f.b', '∂f/∂a = y', 'scaled'],
  ])('%s: %s has the rule %s', (source, edge, rule, kind) => {
    const account = left(source, lecture)(edge)
    expect(writeFormula(account.rule)).toBe(rule)
    expect(account.relation!.kind).toBe(kind)
  })

  it('has rules of arrays with the names of the source, and the axes that are summed', () => {
    const account = left('cost = sum(X @ W + b)', {
      X: [[1, 2]],
      W: [
        [1, 2, 3],
        [4, 5, 6],
      ],
      b: [1, 2, 3],
    })
    expect(writeFormula(account('W>g.b').rule)).toBe('W̄ = Xᵀ · ḡ')
    expect(writeFormula(account('X>g.a').rule)).toBe('X̄ = ḡ · Wᵀ')
    expect(writeFormula(account('b>h.b').rule)).toBe('b̄ = Σ h̄')
    expect(account('b>h.b').summedOver).toEqual([0])
    expect(account('W>g.b').relation).toEqual({ kind: 'matrix', by: 'X' })
  })

  it('has the sign of a negation, and parentheses only around negative numbers', () => {
    const texts = (source: string, x: number) => traced(source, { x }).steps.map(({ text }) => text)
    expect(texts('y = -x', 2)[0]).toBe('y = −x = −2')
    expect(texts('y = -x', -2)[0]).toBe('y = −x = −(−2) = 2')
    expect(texts('g = x*(-3); y = -g', 2).slice(0, 2)).toEqual([
      'g = x × (−3) = 2 × (−3) = −6',
      'y = −g = −(−6) = 6',
    ])
    expect(texts('y = x*x', -3)[0]).toBe('y = x × x = −3 × (−3) = 9')
  })

  it('says of how many elements a mean is', () => {
    const account = left('n = mean(X)', { X: [1, 2, 3, 4] })
    expect(writeFormula(account('X>n.x').rule)).toBe('X̄ = n̄ / 4')
  })

  it('never has the seed as a factor, nor a part as the derivative', () => {
    for (const { graph } of [{ graph: graphOf('f = x*x + x', { x: 3 }) }, ...oneOfEach()]) {
      const { steps, target } = trace(graph)
      for (const { phase, account, edge } of steps) {
        if (phase !== 'backward') continue
        const seed = account.symbols.some((mark) => mark.kind === 'derivative' && mark.of === mark.by)
        expect(seed).toBe(false)
        const [mark] = account.left
        if (account.sum) expect(mark).toMatchObject({ part: account.sum.part })
        else expect(mark).toMatchObject({ kind: 'derivative', of: target.title, part: null })
        expect(edge!.part).toBe(account.sum?.part ?? null)
      }
    }
  })

  it('knows which step made each of its numbers', () => {
    const whole = traced('f = w*x + b', lecture)
    const sources = whole.steps.flatMap(({ account }) =>
      account.numbers.flatMap((mark) => (mark.kind === 'number' && mark.source ? [mark.source] : [])),
    )
    expect(sources.length).toBeGreaterThan(6)
    for (const source of sources) expect(stepOf(whole, source)).not.toBeNull()
    expect(stepOf(whole, { of: 'value', node: 'w' })).toBe(0)
    expect(stepOf(whole, { of: 'value', node: 'f' })).toBe(2)
    expect(stepOf(whole, { of: 'derivative', node: 'x' })).toBe(7)
    expect(stepOf(whole, { of: 'local', edge: 'w>g.a' })).toBe(6)
    expect(stepOf(whole, { of: 'value', node: 'q' })).toBeNull()
  })
})

describe('a target', () => {
  it('may be any single number; what it does not depend on has no derivative', () => {
    const { nodes, target, warnings } = trace(graphOf('h = w*x; f = h*b', lecture), { target: 'h' })
    expect(target.id).toBe('h')
    expect(nodes.map(({ id, derivative }) => [id, derivative])).toEqual([
      ['w', 5],
      ['x', -2],
      ['h', 1],
      ['b', null],
      ['f', null],
    ])
    expect(warnings).toEqual([])
  })

  it('must be in the graph', () => {
    expect(() => trace(graphOf('f = x', { x: 1 }), { target: 'q' })).toThrow('trace: there is no node q')
  })
})

describe('forward mode', () => {
  const source = 'g = w*x; h = sigmoid(g + b); f = h*g + x'

  it('carries derivatives by one variable along, the same as reverse mode finds', () => {
    const reverse = traced(source, lecture)
    for (const name of ['w', 'x', 'b']) {
      const { nodes, along, steps } = trace(graphOf(source, lecture), { mode: 'forward', along: name })
      expect(along).toBe(name)
      expect(nodes.at(-1)!.tangent).toBeCloseTo(reverse.node(name).derivative as number, 12)
      expect(nodes.every(({ derivative }) => derivative === null)).toBe(true)
      expect(steps.map(({ phase }) => phase)).toEqual(['seed', ...Array(5).fill('forward')])
    }
  })

  it('says how each follows from those before', () => {
    const { steps } = trace(graphOf('g = w*x; f = g*g + x', { w: -2, x: 5 }), { mode: 'forward', along: 'x' })
    expect(steps.map(({ text }) => text)).toEqual([
      '∂x/∂x = 1',
      'g = w × x = −2 × 5 = −10; ∂g/∂x = w = −2',
      'h = g × g = −10 × (−10) = 100; ∂h/∂x = ∂h/∂g · ∂g/∂x + ∂h/∂g · ∂g/∂x = −10 · (−2) + (−10) · (−2) = 40',
      'f = h + x = 100 + 5 = 105; ∂f/∂x = ∂f/∂h · ∂h/∂x + 1 = 1 · 40 + 1 = 41',
    ])
  })

  it('works for every operation of the table, along one element', () => {
    for (const { graph, title } of oneOfEach()) {
      const { node } = indexed(graph)
      for (const [name, { shape }] of graph.variables) {
        const first = shape.map(() => 0)
        const { nodes } = trace(graph, {
          mode: 'forward',
          along: `${name}${first.length > 0 ? `[${first}]` : ''}`,
        })
        let reverse = node(name).derivative
        while (reverse !== null && typeof reverse !== 'number') reverse = reverse[0]!
        expect(nodes.at(-1)!.tangent ?? 0, `${title} by ${name}`).toBeCloseTo(reverse ?? 0, 9)
      }
    }
  })

  it('refuses what is no variable and no element', () => {
    const graph = graphOf('f = sum(W)', { W: [[1, 2]] })
    expect(() => trace(graph, { mode: 'forward', along: 'q' })).toThrow('there is no variable q')
    expect(() => trace(graph, { mode: 'forward', along: 'W[0,2]' })).toThrow(
      'W[0,2] is not an element of W, which is 1×2',
    )
  })

  it('takes one sweep for each number, reverse mode one for all', () => {
    expect(countSweeps(graphOf('f = w*x + b', lecture))).toEqual({
      reverse: { sweeps: 1, products: 2 },
      forward: { sweeps: 3, products: 2 },
    })
    expect(countSweeps(graphOf('f = sum(X*X)', { X: [1, 2, 3] })).forward.sweeps).toBe(3)
  })
})

describe('a broken accumulation', () => {
  it('gives the wrong number that overwriting gives, and the right one beside it', () => {
    const graph = graphOf('f = x*x + x', { x: 3 })
    const { nodes, overwritten, steps } = trace(graph, { broken: true })
    expect(nodes[0]!.derivative).toBe(3)
    expect(overwritten).toEqual([{ node: 'x', wrong: 3, right: 7 }])
    expect(steps.at(-1)!.text).toBe('(∂f/∂x)₃ = ∂f/∂g · (∂g/∂x)₂ = 1 · 3 = 3; ∂f/∂x = 3, which overwrites 3')
    expect(trace(graph).overwritten).toEqual([])
  })

  it('goes on with the wrong number', () => {
    const { overwritten } = trace(graphOf('g = 2*x; f = g*g + g', { x: 3 }), { broken: true })
    expect(overwritten).toEqual([
      { node: 'x', wrong: 12, right: 26 },
      { node: 'g', wrong: 6, right: 13 },
    ])
  })
})

describe('breakpoints', () => {
  it('stop at the next step that touches a node', () => {
    const whole = traced('f = w*x + b', lecture)
    const stops = (position: number, ...nodes: string[]) => nextBreak(whole, position, nodes)
    expect(stops(0, 'g')).toBe(1)
    expect(stops(1, 'g')).toBe(4)
    expect(stops(4, 'g')).toBe(6)
    expect(stops(0, 'x')).toBe(7)
    expect(stops(0)).toBe(7)
  })
})

describe('what is wrong with numbers', () => {
  it.each([
    ['f = 1/(x - x)', { x: 1 }, 'f', 'value', 'not-finite', 'division by zero'],
    ['f = x/(x - x)', { x: 0 }, 'f', 'value', 'not-finite', 'zero by zero'],
    ['f = log(x - x) + 1', { x: 1 }, 'h', 'value', 'not-finite', 'logarithm of zero'],
    ['f = sqrt(x)', { x: -1 }, 'f', 'value', 'not-finite', 'root of a negative number'],
    ['f = x^0.5', { x: -1 }, 'f', 'value', 'not-finite', 'power of a negative number'],
    ['f = exp(x)', { x: 1000 }, 'f', 'value', 'not-finite', 'overflow'],
    ['f = exp(x)', { x: -1000 }, 'f', 'value', 'underflow', 'underflow'],
    ['f = x*x', { x: 1e-200 }, 'f', 'value', 'underflow', 'underflow'],
    ['f = sqrt(x)', { x: 0 }, 'x', 'derivative', 'not-finite', 'vertical'],
    ['f = sigmoid(x)', { x: 40 }, 'x', 'derivative', 'underflow', 'saturated'],
    ['f = tanh(x)', { x: 40 }, 'x', 'derivative', 'underflow', 'saturated'],
  ])('%s at %o: the %s of %s is named with its reason', (source, values, node, of, kind, reason) => {
    const { problems, steps } = traced(source, values)
    expect(problems[0]).toMatchObject({ kind, of, node, reason })
    const [problem] = problems
    expect(steps['step' in problem! ? problem.step : -1]!.node).toBe(node)
  })

  it('has the cell, in arrays', () => {
    expect(
      traced('f = sum(log(X))', {
        X: [
          [1, 2],
          [0, -1],
        ],
      }).problems[0],
    ).toMatchObject({
      node: 'g',
      cell: [1, 0],
      value: Number.NEGATIVE_INFINITY,
      inputs: [{ node: 'X', value: 0 }],
    })
  })

  it('is nothing where 0 is right', () => {
    for (const [source, x] of [
      ['f = x*2', 0],
      ['f = x^2', 0],
      ['f = relu(x)', -3],
      ['f = x - x', 1],
    ] as const)
      expect(traced(source, { x }).problems).toEqual([])
  })
})
