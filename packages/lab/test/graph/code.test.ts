// Graphs as programs and formulas. That the programs run as files is tested with the terminal, which has Node.
import * as core from '@bp/core'
import { build, parse } from '@bp/expression'
import { describe, expect, it } from 'vitest'
import {
  derivationLines,
  openComposites,
  pytorchLines,
  toDerivation,
  toJson,
  toPyTorch,
  toTypeScript,
  trace,
  typescriptLines,
} from '../../src/index.js'
import { graphOf, tableGraphs, traced } from './graphs.js'

const network = graphOf(
  'L2 = tf.sigmoid(tf.matmul(X, W1) + b1)\nH = tf.sigmoid(tf.matmul(L2, W2) + b2)\ncost = -tf.reduce_mean(Y*tf.log(H) + (1-Y)*tf.log(1-H))',
  {
    X: [
      [0, 1],
      [1, 1],
    ],
    Y: [[1], [0]],
    W1: [
      [1, -2],
      [3, 4],
    ],
    b1: [0, 0.5],
    W2: [[1], [2]],
    b2: [0],
  },
)
const lecture = graphOf('f = w*x + b', { w: -2, x: 5, b: 3 })
const opened = openComposites(graphOf('y = sigmoid(w*x + class)', { w: -2, x: 5, class: 10 }), ['y'])

/** One graph for each operation of the table, of those that the language can write. */
const oneOfEach = [
  ...new Map(
    [...tableGraphs()]
      .filter(({ op, attributes }) =>
        Object.keys(attributes).every((key) => key === (op.definition as { shorthand?: string }).shorthand),
      )
      .map((one) => [one.op, one]),
  ).values(),
]

describe('TypeScript', () => {
  it('of the lecture is what a person would write', () => {
    expect(toTypeScript(lecture)).toBe(`import { gradients, ops, variable } from '@bp/core'

const w = variable(-2, { dtype: 'f64' })
const x = variable(5, { dtype: 'f64' })
const g = ops.mul(w, x) // w × x
const b = variable(3, { dtype: 'f64' })
const f = ops.add(g, b) // g + b

console.log('f', f.toArray())
const derivatives = gradients(f, [w, x, b])
console.log('df/dw', derivatives[0].toArray())
console.log('df/dx', derivatives[1].toArray())
console.log('df/db', derivatives[2].toArray())
`)
  })

  it('of every operation of the table computes the same, or is refused', () => {
    const refused: string[] = []
    for (const { graph, title, op } of oneOfEach) {
      const printed: unknown[] = []
      try {
        const code = toTypeScript(graph).replace(/^import (.*) from '@bp\/core'$/m, 'const $1 = core')
        new Function('core', 'console', code)(core, {
          log: (_: string, value: unknown) => printed.push(value),
        })
      } catch (error) {
        expect(String(error)).toMatch('the options of')
        refused.push(op.name)
        continue
      }
      expect(printed[0], title).toEqual(graph.output.toArray())
    }
    // What a window is made of follows from more than one option.
    expect(refused.filter((name) => !/pool|conv/i.test(name))).toEqual([])
  })
})

describe('PyTorch', () => {
  it('of the lecture is what a person would write', () => {
    expect(toPyTorch(lecture)).toBe(`import torch

w = torch.tensor(-2, dtype=torch.float64, requires_grad=True)
x = torch.tensor(5, dtype=torch.float64, requires_grad=True)
g = w * x # w × x
b = torch.tensor(3, dtype=torch.float64, requires_grad=True)
f = g + b # g + b

print("f", f.tolist())
f.backward()
print("df/dw", w.grad.tolist() if w.grad is not None else None)
print("df/dx", x.grad.tolist() if x.grad is not None else None)
print("df/db", b.grad.tolist() if b.grad is not None else None)
`)
  })
})

describe('JSON', () => {
  it('has the numbers of every node', () => {
    const { output, nodes } = JSON.parse(toJson(trace(lecture)))
    expect(output).toBe('f')
    expect(nodes.map(({ id, derivative }: { id: string; derivative: number }) => [id, derivative])).toEqual([
      ['w', 5],
      ['x', -2],
      ['g', 1],
      ['b', 1],
      ['f', 1],
    ])
  })
})

describe('the derivation in LaTeX', () => {
  it('is that of the lecture', () => {
    expect(
      toDerivation(trace(lecture))
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual([
      '\\begin{aligned}',
      'g &= w \\times x = -2 \\times 5 = -10 \\\\',
      'f &= g + b = -10 + 3 = -7 \\\\',
      '\\frac{\\partial f}{\\partial f} &= 1 \\\\',
      '\\frac{\\partial f}{\\partial g} &= 1 \\\\',
      '\\frac{\\partial f}{\\partial b} &= 1 \\\\',
      '\\frac{\\partial f}{\\partial w} &= \\frac{\\partial f}{\\partial g} \\cdot \\frac{\\partial g}{\\partial w} = 1 \\cdot 5 = 5 \\\\',
      '\\frac{\\partial f}{\\partial x} &= \\frac{\\partial f}{\\partial g} \\cdot \\frac{\\partial g}{\\partial x} = 1 \\cdot (-2) = -2',
      '\\end{aligned}',
    ])
  })

  it('adds up the parts of a derivative', () => {
    const latex = toDerivation(traced('f = x*x + x', { x: 3 }))
    expect(latex).toContain('\\left(\\frac{\\partial f}{\\partial x}\\right)_{2} &=')
    expect(latex).toContain('\\frac{\\partial f}{\\partial x} &= 4 + 3 = 7')
  })

  it('has balanced braces and only LaTeX, for the network and every operation', () => {
    const graphs = [trace(network), ...oneOfEach.map(({ graph }) => trace(graph))]
    for (const one of graphs) {
      const latex = toDerivation(one)
      expect(latex.replaceAll('\\{', '').split('{').length).toBe(
        latex.replaceAll('\\}', '').split('}').length,
      )
      expect(latex).not.toMatch(/[−·×∂Σ]/)
    }
  })
})

describe('a program written back', () => {
  it('keeps names that are words of the language apart from them', () => {
    expect(toTypeScript(opened)).toContain('const class_2 = variable(10')
    expect(toTypeScript(opened)).toContain('const y_1 = ops.neg(')
    expect(build(parse('f = torch + x'), { torch: 1, x: 2 })).toBeDefined()
    expect(toPyTorch(graphOf('f = torch + x', { torch: 1, x: 2 }))).toContain('torch_2 = torch.tensor(1')
  })
})

describe('each line knows the node that it makes', () => {
  it.each([
    ['TypeScript', typescriptLines],
    ['PyTorch', pytorchLines],
  ] as const)('in %s', (_, lines) => {
    for (const graph of [lecture, network, opened, graphOf('y = relu6(x*2)', { x: 3 })]) {
      const { nodes } = trace(graph)
      const assigned = lines(graph).filter(
        ({ text }) => /^(const )?\S+ = /.test(text) && !/^const derivatives/.test(text),
      )
      expect(new Set(assigned.map(({ node }) => node))).toEqual(new Set(nodes.map(({ id }) => id)))
    }
    expect(lines(lecture).find(({ text }) => /^(const )?g = /.test(text))!.node).toBe('g')
  })

  it('in the derivation', () => {
    const lines = derivationLines(trace(lecture))
    expect(lines.map(({ node }) => node)).toEqual([null, 'g', 'f', 'f', 'g', 'b', 'w', 'x', null])
    expect(lines.map(({ text }) => text).join('\n')).toBe(toDerivation(trace(lecture)))
  })
})
