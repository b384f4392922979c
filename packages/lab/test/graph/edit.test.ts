// Edits at a node change the text there, and mean what they say.
import { expect, it } from 'vitest'
import { editsAt, initialGraph, openGraph } from '../../src/index.js'

const values = { a1: 2 }
const edits = (source: string, node: string, more = {}) => {
  const { picture } = openGraph({ ...initialGraph, values, source, ...more })
  return editsAt(picture!, node, Object.keys(values))
}
const after = (source: string, node: string, kind: string, text: string) =>
  edits(source, node).find((edit) => edit.kind === kind && edit.text === text)?.source

it.each([
  ['f = w*x + b', 'g', 'wrap', 'sin(w*x)', 'f = sin(w*x) + b'],
  ['f = w*x + b', 'g', 'wrap', 'w*x + a', 'f = w*x + a + b'],
  ['f = w*x + b', 'g', 'replace', 'w + x', 'f = w + x + b'],
  ['f = w*x + b', 'f', 'wrap', '(w*x + b)^2', 'f = (w*x + b)^2'],
  ['f = w*x + b', 'f', 'keep', 'w*x', 'f = w*x'],
  ['f = w*x + b', 'f', 'keep', 'b', 'f = b'],
  ['f = w * x  +  b # mine', 'b', 'wrap', 'exp(b)', 'f = w * x  +  exp(b) # mine'],
  ['f = wx + b', 'w', 'wrap', 'w^2', 'f = w^2x + b'],
  ['f = a*(b + c)', 'g', 'replace', 'b*c', 'f = a*(b*c)'],
  ['f = a*b + c', 'g', 'wrap', 'a*b + d', 'f = a*b + d + c'],
  ['f = c^x', 'x', 'wrap', 'x + a', 'f = c^(x + a)'],
  ['f = x*x + x', 'x', 'wrap', 'tanh(x)', 'f = tanh(x)*tanh(x) + tanh(x)'],
  ['f = sin(x)', 'f', 'replace', 'exp(x)', 'f = exp(x)'],
  ['f = sin(x)', 'f', 'keep', 'x', 'f = x'],
  ['f = x^3', '#0', 'replace', 'a', 'f = x^a'],
  ['g = -x; f = g*g', 'g', 'keep', 'x', 'g = x; f = g*g'],
] as const)('in %j at %s, %s %j gives %j', (source, node, kind, text, result) => {
  expect(after(source, node, kind, text)).toBe(result)
})

it('every edit at every node gives a source that can be drawn', () => {
  for (const source of [
    'y = sigmoid(wx + b)',
    'cost = -(Y*log(H) + (1 - Y)*log(1 - H))',
    'f = 2x² - |x|/3; w = 2',
    'f = e^x + e^-x',
    'g = a + b\nh = tf.sigmoid(a*b)\nf = g*h + g',
  ]) {
    const { picture } = openGraph({ ...initialGraph, values: {}, source })
    for (const { id } of picture!.trace.nodes) {
      const found = editsAt(picture!, id, [])
      expect(found.length, `${source} at ${id}`).toBeGreaterThan(0)
      for (const edit of found)
        expect(
          openGraph({ ...initialGraph, values: {}, source: edit.source }).problem,
          `${source} at ${id}: ${edit.source}`,
        ).toBe(null)
    }
  }
})

it('a part of something opened is edited as the whole', () => {
  expect(edits('y = sigmoid(x)', 'y₁', { opened: ['y'] }).map(({ source }) => source)).toContain('y = sin(x)')
})
