// Sources for tests: well-formed ones, and damaged ones, deterministic in the seed.
import { random } from '@bp/core'

/** One of everything in the grammar. */
const sources = [
  'f = w*x + b',
  'f = w*x + b; w = -2; x = 5; b = 3',
  'g = w*x\nf = g + b # the lecture\n',
  'y = sigmoid(w1*x1 + w2*x2 - b)',
  '-x^2^-y / (a - b) * c',
  'cost = -mean(Y*log(H) + (1 - Y)*log(1 - H))',
  'A = [[1, 2], [3, -4.5e-1]]; y = sum(A @ transpose(B), [0, 1])',
  'α_1 = 2; λ₂ = .5; max(α_1, λ₂) // Greek',
  'softmax([1, 2, 3]) @ x',
  'reshape(where(less(a, b), a, b), [2, -1])',
] as const

const pieces = [
  '+',
  '-',
  '*',
  '/',
  '^',
  '@',
  '(',
  ')',
  '[',
  ']',
  ',',
  '=',
  ';',
  '\n',
  '\r\n',
  ' ',
  '\t',
  '.',
  '1e',
  '1e999',
  '2',
  'x',
  'w x',
  '**',
  '==',
  '#',
  '//',
  '"',
  "'",
  '`',
  '$' + '{x}',
  '\\',
  '\u0000',
  '\u001b[2J',
  '\u202e',
  '\ud800',
  '😀',
  '가',
  '²',
  '−',
  '×',
  'constructor',
  '__proto__',
  'toString(',
  'sum(',
  'sigmod(x)',
  'NaN',
  'Infinity',
  'oneHot(x, 1e9)',
  'broadcastTo(x, [1e5, 1e5])',
] as const

/** A source with one to four random deletions, duplications, swaps or insertions. */
export function mutation(seed: number): string {
  const draw = random(seed)
  let drawn = 0
  const below = (limit: number) => draw.integer(drawn++, limit)
  let text: string = sources[below(sources.length)]!
  for (let change = below(4); change >= 0; change--) {
    const at = below(text.length + 1)
    const end = Math.min(text.length, at + 1 + below(5))
    const kind = below(4)
    if (kind === 0) text = text.slice(0, at) + text.slice(end)
    else if (kind === 1) text = text.slice(0, end) + text.slice(at)
    else if (kind === 2)
      text = text.slice(0, at) + [...text.slice(at, end)].reverse().join('') + text.slice(end)
    else text = text.slice(0, at) + pieces[below(pieces.length)] + text.slice(at)
  }
  return text
}
