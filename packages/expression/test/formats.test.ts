// The graph for Graphviz and the formula for LaTeX.
import { describe, expect, it } from 'vitest'
import { build, parse, toDot, toLatex } from '../src/index.js'

describe('LaTeX', () => {
  it.each([
    ['f = w*x + b', 'f = w \\cdot x + b'],
    ['sigmoid(-x)', '\\sigma\\left(-x\\right)'],
    ['(a + b)/2', '\\frac{a + b}{2}'],
    ['(a + b)*c', '\\left(a + b\\right) \\cdot c'],
    ['a*-b', 'a \\cdot \\left(-b\\right)'],
    ['(-x)^2', '\\left(-x\\right)^{2}'],
    ['x^(y + 1)', 'x^{y + 1}'],
    ['exp(-x) + ln(y)', 'e^{-x} + \\ln\\left(y\\right)'],
    ['W1 @ x_in', 'W_{1}\\,x_{\\text{in}}'],
    ['α*λ₂', '\\alpha \\cdot \\lambda_{2}'],
    ['learning_rate*x', '\\text{learning\\_rate} \\cdot x'],
    ['__proto__', '\\text{\\_\\_proto\\_\\_}'],
    ['1e-7*x', '1 \\cdot 10^{-7} \\cdot x'],
    ['[[1, -2], [3, 4]]', '\\begin{bmatrix} 1 & -2 \\\\ 3 & 4 \\end{bmatrix}'],
    ['g = w*x; f = g + b', '\\begin{aligned} g &= w \\cdot x \\\\ f &= g + b \\end{aligned}'],
  ])('of %s', (source, latex) => {
    expect(toLatex(parse(source))).toBe(latex)
  })

  it('has balanced braces whatever the names are', () => {
    const latex = toLatex(parse('α_ = 가_1^_x + x__2/β₁₂; f = α_'))
    expect(latex.split('{').length).toBe(latex.split('}').length)
  })
})

describe('DOT', () => {
  it('has a node for each tensor and an edge for each input', () => {
    const dot = toDot(build(parse('f = w*x + 2'), { w: -2, x: 5 }))
    expect(dot).toBe(`digraph "f" {
  rankdir=LR
  n0 [label="w", shape=ellipse]
  n1 [label="x", shape=ellipse]
  n2 [label="×", shape=box]
  n3 [label="2", shape=plaintext]
  n4 [label="f = +", shape=doublecircle]
  n0 -> n2 [label="a"]
  n1 -> n2 [label="b"]
  n2 -> n4 [label="a"]
  n3 -> n4 [label="b"]
}
`)
  })
})
