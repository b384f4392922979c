// Writes programs as formulas for LaTeX and KaTeX.
import type { NestedArray } from '@bp/core/lean'
import { findFunction } from './functions.js'
import { bindingPower, negationPower } from './precedence.js'
import type { Expression, Program, Statement } from './syntax.js'

/** A program in LaTeX, for math mode; several statements are aligned at their equals signs. */
export function toLatex(program: Program): string {
  const { statements } = program
  if (statements.length === 1) return writeStatement(statements[0]!, '=')
  const lines = statements.map((statement) => writeStatement(statement, '&='))
  return `\\begin{aligned} ${lines.join(' \\\\ ')} \\end{aligned}`
}

function writeStatement({ name, expression }: Statement, equals: string): string {
  const right = write(expression, 0)
  if (name !== null) return `${nameToLatex(name)} ${equals} ${right}`
  return equals === '=' ? right : `& ${right}`
}

function write(expression: Expression, power: number): string {
  switch (expression.kind) {
    case 'number':
      return numberToLatex(expression.value)
    case 'array':
      return writeArray(expression.value)
    case 'name':
      return nameToLatex(expression.name)
    case 'negation':
      return parenthesized(`-${write(expression.operand, negationPower)}`, negationPower < power)
    case 'call':
      return writeCall(expression.name, expression.arguments)
    case 'binary':
      return writeBinary(expression, power)
  }
}

function writeBinary({ operator, left, right }: Expression & { kind: 'binary' }, power: number): string {
  if (operator === '/') return `\\frac{${write(left, 0)}}{${write(right, 0)}}`
  const { left: binds, right: demands } = bindingPower(operator)
  if (operator === '^') {
    // A fraction or a function as the base is ambiguous without parentheses.
    const bare = left.kind === 'name' || left.kind === 'number' || left.kind === 'array'
    const base = bare ? write(left, binds) : parenthesized(write(left, 0), true)
    return `${base}^{${write(right, 0)}}`
  }
  const symbol = operator === '*' ? ' \\cdot ' : operator === '@' ? '\\,' : ` ${operator} `
  // Mathematical notation has no minus sign directly after another operator.
  const second = right.kind === 'negation' ? parenthesized(write(right, 0), true) : write(right, demands)
  return parenthesized(`${write(left, binds)}${symbol}${second}`, binds < power)
}

/** Functions with their own notation. */
const forms = new Map<string, (argument: string) => string>([
  ['exp', (x) => `e^{${x}}`],
  ['sqrt', (x) => `\\sqrt{${x}}`],
  ['abs', (x) => `\\left|${x}\\right|`],
  ['reciprocal', (x) => `\\frac{1}{${x}}`],
  ['square', (x) => `\\left(${x}\\right)^{2}`],
  ['neg', (x) => `-\\left(${x}\\right)`],
  ['transpose', (x) => `\\left(${x}\\right)^{\\top}`],
])

const commands = new Map([
  ['sigmoid', '\\sigma'],
  ['log', '\\ln'],
  ['tanh', '\\tanh'],
  ['maximum', '\\max'],
  ['minimum', '\\min'],
  ['max', '\\max'],
  ['min', '\\min'],
])

function writeCall(name: string, given: readonly Expression[]): string {
  const canonical = findFunction(name, given.length)?.name ?? name
  const form = given.length === 1 ? forms.get(canonical) : undefined
  if (form) return form(write(given[0]!, 0))
  const command = commands.get(canonical) ?? `\\operatorname{${canonical.replaceAll('_', '\\_')}}`
  return `${command}\\left(${given.map((argument) => write(argument, 0)).join(', ')}\\right)`
}

const greek = new Map(
  [
    ['α', 'alpha'],
    ['β', 'beta'],
    ['γ', 'gamma'],
    ['δ', 'delta'],
    ['ε', 'varepsilon'],
    ['ζ', 'zeta'],
    ['η', 'eta'],
    ['θ', 'theta'],
    ['ι', 'iota'],
    ['κ', 'kappa'],
    ['λ', 'lambda'],
    ['μ', 'mu'],
    ['ν', 'nu'],
    ['ξ', 'xi'],
    ['π', 'pi'],
    ['ρ', 'rho'],
    ['σ', 'sigma'],
    ['ς', 'varsigma'],
    ['τ', 'tau'],
    ['υ', 'upsilon'],
    ['φ', 'varphi'],
    ['χ', 'chi'],
    ['ψ', 'psi'],
    ['ω', 'omega'],
    ['Γ', 'Gamma'],
    ['Δ', 'Delta'],
    ['Θ', 'Theta'],
    ['Λ', 'Lambda'],
    ['Ξ', 'Xi'],
    ['Π', 'Pi'],
    ['Σ', 'Sigma'],
    ['Υ', 'Upsilon'],
    ['Φ', 'Phi'],
    ['Ψ', 'Psi'],
    ['Ω', 'Omega'],
  ].map(([letter, command]) => [letter!, `\\${command}`] as const),
)

/** A name in LaTeX: `x` as x, `x1`, `x_1` and `x_in` with a subscript, `weight` and `learning_rate` upright, `α` as its command. */
export function nameToLatex(name: string): string {
  const plain = name.replace(/[₀-₉]/g, (digit) => String(digit.codePointAt(0)! - 0x2080))
  const [, head, index] = /^(.*[^\d_])_?(\d+)$/u.exec(plain) ?? /^(\p{L}\p{M}*)_(.+)$/u.exec(plain) ?? []
  if (head === undefined || index === undefined) return writeWord(plain)
  return `${writeWord(head)}_{${/^\d+$/.test(index) ? index : writeWord(index)}}`
}

function writeWord(word: string): string {
  const command = greek.get(word === 'pi' ? 'π' : word)
  if (command) return command
  if (/^[A-Za-z]$/.test(word)) return word
  // Text mode accepts letters of every script; the underscore is the only special character in names.
  return `\\text{${word.replaceAll('_', '\\_')}}`
}

/** A number in LaTeX: `1e-7` is 1 · 10⁻⁷. */
export function numberToLatex(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '\\text{NaN}' : value < 0 ? '-\\infty' : '\\infty'
  const [digits, exponent] = String(value).split('e')
  return exponent === undefined ? digits! : `${digits} \\cdot 10^{${Number(exponent)}}`
}

function writeArray(value: NestedArray): string {
  const rows = value.map((row) =>
    typeof row === 'number'
      ? writeSigned(row)
      : row.map((item) => (typeof item === 'number' ? writeSigned(item) : writeArray(item))).join(' & '),
  )
  return typeof value[0] === 'number'
    ? `\\begin{bmatrix} ${rows.join(' & ')} \\end{bmatrix}`
    : `\\begin{bmatrix} ${rows.join(' \\\\ ')} \\end{bmatrix}`
}

function writeSigned(value: number): string {
  return value < 0 ? `-${numberToLatex(-value)}` : numberToLatex(value)
}

function parenthesized(text: string, needed: boolean): string {
  return needed ? `\\left(${text}\\right)` : text
}
