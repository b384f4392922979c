// Splits a source text into tokens.
import { ExpressionError, printable } from './error.js'
import { modules, ourName } from './spelling.js'
import type { Operator, Span } from './syntax.js'

export type Token =
  | { readonly kind: 'number'; readonly value: number; readonly span: Span }
  /** `foreign`: written with the module of another library, `tf.sigmoid`. */
  | { readonly kind: 'name'; readonly name: string; readonly foreign: boolean; readonly span: Span }
  | { readonly kind: 'operator'; readonly operator: Operator; readonly span: Span }
  | { readonly kind: '(' | ')' | '[' | ']' | ',' | '=' | '|' | '√'; readonly span: Span }
  /** A semicolon, or a line break outside all brackets. */
  | { readonly kind: 'separator'; readonly span: Span }
  | { readonly kind: 'end'; readonly span: Span }

/** In UTF-16 units. */
const maxSourceLength = 4096

const skipped = /[^\S\r\n]+|(?:#|\/\/)[^\r\n]*/y
const lineEnd = /\r\n|\r|\n/y
const numeral = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y
const word = /[\p{L}_][\p{L}\p{M}\d_₀-₉]*/uy
const memberOf = /(?:\.[\p{L}_][\p{L}\p{M}\d_]*)+/uy
const raised = /⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+/y
const operators = new Map<string, Operator>([
  ['+', '+'],
  ['-', '-'],
  ['*', '*'],
  ['/', '/'],
  ['^', '^'],
  ['@', '@'],
  // As printed in formulas, here and in books, and as in Python.
  ['−', '-'],
  ['×', '*'],
  ['·', '*'],
  ['÷', '/'],
  ['–', '-'],
  ['⋅', '*'],
  ['∙', '*'],
  ['∗', '*'],
  ['**', '^'],
])

/** The tokens of `source`, the last of kind `end`. */
export function tokenize(source: string): Token[] {
  if (source.length > maxSourceLength)
    throw new ExpressionError(
      source,
      { start: maxSourceLength, end: source.length },
      { code: 'too-long', length: source.length, limit: maxSourceLength },
    )
  const tokens: Token[] = []
  let open = 0
  let at = 0
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at
    return pattern.exec(source)?.[0] ?? null
  }
  while (at < source.length) {
    const space = match(skipped)
    if (space) {
      at += space.length
      continue
    }
    const newline = match(lineEnd)
    if (newline) {
      if (open === 0) tokens.push({ kind: 'separator', span: { start: at, end: at + newline.length } })
      at += newline.length
      continue
    }
    const exponent = match(raised)
    if (exponent) {
      tokens.push(...exponentTokens(exponent, at))
      at += exponent.length
      continue
    }
    const character = source.startsWith('**', at) ? '**' : String.fromCodePoint(source.codePointAt(at)!)
    const digits = match(numeral)
    const letters = match(word)
    if (letters && modules.has(letters)) {
      memberOf.lastIndex = at + letters.length
      const members = memberOf.exec(source)?.[0]
      if (members) {
        const end = at + letters.length + members.length
        const name = ourName(members.slice(members.lastIndexOf('.') + 1))
        tokens.push({ kind: 'name', name, foreign: true, span: { start: at, end } })
        at = end
        continue
      }
    }
    const span = { start: at, end: at + (digits ?? letters ?? character).length }
    const operator = operators.get(character)
    if (digits) tokens.push({ kind: 'number', value: readNumber(source, span), span })
    else if (letters) tokens.push({ kind: 'name', name: letters.normalize('NFC'), foreign: false, span })
    else if (operator) tokens.push({ kind: 'operator', operator, span })
    else if (character === ';') tokens.push({ kind: 'separator', span })
    else if (isPunctuation(character)) {
      if (character === '(' || character === '[') open++
      else if (character === ')' || character === ']') open = Math.max(0, open - 1)
      tokens.push({ kind: character, span })
    } else
      throw new ExpressionError(source, span, {
        code: 'unexpected-character',
        character: describeCharacter(character),
      })
    at = span.end
  }
  tokens.push({ kind: 'end', span: { start: source.length, end: source.length } })
  return tokens
}

function isPunctuation(character: string): character is '(' | ')' | '[' | ']' | ',' | '=' | '|' | '√' {
  return '()[],=|√'.includes(character)
}

/** `x⁻²` is x^-2. */
function exponentTokens(text: string, at: number): Token[] {
  const digits = text.replace('⁻', '')
  const start = at + text.length - digits.length
  const span = { start: at, end: at + text.length }
  const value = Number([...digits].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(digit)).join(''))
  return [
    { kind: 'operator', operator: '^', span: { start: at, end: at } },
    ...(start > at ? [{ kind: 'operator', operator: '-', span: { start: at, end: start } } as const] : []),
    { kind: 'number', value, span: { start, end: span.end } },
  ]
}

function readNumber(source: string, { start, end }: Span): number {
  const text = source.slice(start, end)
  if (source[end] === '.')
    throw new ExpressionError(source, { start, end: end + 1 }, { code: 'second-point', text })
  const value = Number(text)
  if (!Number.isFinite(value)) throw new ExpressionError(source, { start, end }, { code: 'too-large', text })
  return value
}

/** The character itself if visible, else its code point. */
function describeCharacter(character: string): string {
  const code = character.codePointAt(0)!
  return printable(character) === character && !/[\s\p{M}]/u.test(character)
    ? `“${character}”`
    : `character U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}
