// The whole derivation of a trace in LaTeX: forward pass, seed, backward pass, aligned at the equals signs.
import { nameToLatex, numberToLatex } from '@bp/expression'
import type { StepAccount } from './account.js'
import type { CodeLine } from './code.js'
import type { Formula, Mark } from './formula.js'
import type { Numbers } from './numbers.js'
import type { Trace } from './trace.js'

/** More rows or columns are not written out. */
const longestSide = 6

/** Digits as in the drawings. */
const digits = 6

export function toDerivation(trace: Pick<Trace, 'steps'>): string {
  return derivationLines(trace)
    .map(({ text }) => text)
    .join('\n')
}

/** The same, line by line. */
export function derivationLines({ steps }: Pick<Trace, 'steps'>): CodeLine[] {
  const lines = steps.flatMap(({ node, account, tangent }) =>
    [account, ...(tangent ? [tangent] : [])]
      .flatMap(linesOf)
      .map((line): CodeLine => ({ text: `  ${line} \\\\`, node })),
  )
  const last = lines.at(-1)
  if (last) lines[lines.length - 1] = { ...last, text: last.text.slice(0, -' \\\\'.length) }
  return [{ text: '\\begin{aligned}', node: null }, ...lines, { text: '\\end{aligned}', node: null }]
}

function linesOf({ left, symbols, numbers, result, shape, sum }: StepAccount): string[] {
  const amount = writeNumbers(result)
  const sides = [write(symbols), write(numbers)].filter((side) => side !== '' && side !== amount)
  const line = `${write(left)} &= ${[...sides, amount].join(' = ')}`
  if (!sum || sum.part !== sum.parts || shape.length > 0) return [line]
  const { before, after, overwrites } = sum
  const whole = `${write(sum.left)} &= `
  return [
    line,
    overwrites
      ? `${whole}${writeNumbers(after)}`
      : `${whole}${writeNumbers(before!)} + ${inParentheses(amount)} = ${writeNumbers(after)}`,
  ]
}

function write(formula: Formula): string {
  return formula.map(writeMark).join('').replace(/ {2,}/g, ' ').trim()
}

function writeMark(mark: Mark): string {
  switch (mark.kind) {
    case 'text':
      return writeText(mark.text)
    case 'node':
      return writeTitle(mark.title)
    case 'adjoint':
      return `\\bar{${writeTitle(mark.title)}}`
    case 'derivative': {
      const whole = `\\frac{\\partial ${writeTitle(mark.of)}}{\\partial ${writeTitle(mark.by)}}`
      return mark.part === null ? whole : `\\left(${whole}\\right)_{${mark.part}}`
    }
    case 'number':
      return writeNumbers(mark.value)
  }
}

/** The title of a constant without a name is its number. */
function writeTitle(title: string): string {
  const [, name, rest] = /^([\p{L}_][\p{L}\p{M}\d_₀-₉]*)(.*)$/u.exec(title) ?? []
  return name === undefined ? writeText(title) : `${nameToLatex(name)}${rest ? writeText(rest) : ''}`
}

const signs = new Map([
  ['·', '\\cdot '],
  ['×', '\\times '],
  ['⊙', '\\odot '],
  ['÷', '\\div '],
  ['−', '-'],
  ['Σ', '\\sum '],
  ['Π', '\\prod '],
  ['√', '\\sqrt{}'],
  ['σ', '\\sigma '],
  ['φ', '\\varphi '],
  ['Φ', '\\Phi '],
  ['π', '\\pi '],
  ['λ', '\\lambda '],
  ['α', '\\alpha '],
  ['ε', '\\varepsilon '],
  ['∞', '\\infty '],
  ['≤', '\\le '],
  ['≠', '\\ne '],
  ['∫', '\\int '],
  ['½', '\\tfrac{1}{2}'],
  ['ᵀ', '^{\\top}'],
  ['@', '\\,'],
  ['²', '^{2}'],
  ['³', '^{3}'],
  ['_', '\\_'],
  ['{', '\\{'],
  ['}', '\\}'],
  ['#', '\\#'],
  ['&', '\\&'],
  ['%', '\\%'],
  ['…', '\\dots '],
])

const raised = new Map(
  [...'⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵃᵇˣʸⁱʲᵏⁿ'].map((letter, index) => [letter, '0123456789-abxyijkn'[index]!]),
)
const lowered = new Map([...'₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₙ'].map((letter, index) => [letter, '0123456789ijkn'[index]!]))

function writeText(words: string): string {
  return words.replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵃᵇˣʸⁱʲᵏⁿ]+|[₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₙ]+|[A-Za-z][A-Za-z ]+[A-Za-z]|./gsu, (part) => {
    const first = [...part][0]!
    if (raised.has(first)) return `^{${[...part].map((letter) => raised.get(letter)).join('')}}`
    if (lowered.has(first)) return `_{${[...part].map((letter) => lowered.get(letter)).join('')}}`
    if (/^[A-Za-z ]{2,}$/.test(part)) return functions.get(part) ?? `\\text{${part}}`
    return signs.get(part) ?? part
  })
}

const functions = new Map([
  ['sigmoid', '\\sigma '],
  ['log', '\\ln '],
  ...['exp', 'ln', 'tanh', 'sin', 'cos', 'tan', 'max', 'min'].map((name) => [name, `\\${name} `] as const),
])

function writeNumbers(numbers: Numbers): string {
  if (typeof numbers === 'number') return numberToLatex(Number(numbers.toPrecision(digits)) + 0)
  const rows = numbers.map((row) => (typeof row === 'number' ? [row] : row))
  const flat = typeof numbers[0] === 'number'
  const small = numbers.length <= longestSide && rows.every((row) => row.length <= longestSide)
  const deep = rows.some((row) => row.some((entry) => typeof entry !== 'number'))
  if (!small || deep) return `\\left[\\dots\\right]_{${shapeOf(numbers).join(' \\times ')}}`
  const cells = flat
    ? rows.map(([entry]) => writeNumbers(entry!)).join(' & ')
    : rows.map((row) => row.map((entry) => writeNumbers(entry)).join(' & ')).join(' \\\\ ')
  return `\\begin{bmatrix} ${cells} \\end{bmatrix}`
}

function shapeOf(numbers: Numbers): number[] {
  return typeof numbers === 'number' ? [] : [numbers.length, ...shapeOf(numbers[0]!)]
}

function inParentheses(amount: string): string {
  return amount.startsWith('-') ? `\\left(${amount}\\right)` : amount
}
