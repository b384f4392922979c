// Formulas as data: what a page sets as mathematics, each number of it knowing where it comes from, and a terminal writes as text.
import { inputAt, type Shape, type Tensor } from '@bp/core/lean'
import { ruleOf } from '@bp/core/notation'
import { operand } from './describe.js'
import { subscript } from './names.js'
import { formatNumbers, type Numbers } from './numbers.js'

/** What a number on the screen is: the value or derivative of a node, or the local derivative of an edge. */
export type Source =
  | { readonly of: 'value' | 'derivative' | 'tangent'; readonly node: string }
  /** `local`: the derivative of the edge's target by its source; `part`: that times what arrives. */
  | { readonly of: 'local' | 'part'; readonly edge: string }

export type Mark =
  | { readonly kind: 'text'; readonly text: string }
  /** A node by its name, `w`; a constant without a name by its number. */
  | { readonly kind: 'node'; readonly node: string; readonly title: string }
  /**
   * `∂y/∂x`. Where x is used more than once, `part` counts the uses from 1: one part of the derivative, `(∂y/∂x)₁`,
   * which is not the derivative itself.
   */
  | { readonly kind: 'derivative'; readonly of: string; readonly by: string; readonly part: number | null }
  /** `ḡ`, the derivative of the target by the array g. */
  | { readonly kind: 'adjoint'; readonly node: string; readonly title: string }
  | {
      readonly kind: 'number'
      readonly value: Numbers
      readonly shape: Shape
      readonly source: Source | null
    }

export type Formula = readonly Mark[]

/** The formula in one line of text: `∂f/∂w = ∂f/∂g · ∂g/∂w`. */
export function writeFormula(formula: Formula): string {
  return formula.map(writeMark).join('')
}

function writeMark(mark: Mark): string {
  switch (mark.kind) {
    case 'text':
      return mark.text
    case 'node':
      return mark.title
    case 'derivative': {
      const whole = `∂${mark.of}/∂${mark.by}`
      return mark.part === null ? whole : `(${whole})${subscript(mark.part)}`
    }
    case 'adjoint':
      // The macron goes over the first letter, where it is seen best.
      return [...mark.title]
        .map((letter, index) => (index === 0 ? `${letter}\u0304` : letter))
        .join('')
        .normalize('NFC')
    case 'number':
      return formatNumbers(mark.value, mark.shape)
  }
}

export const text = (words: string): Mark => ({ kind: 'text', text: words })

/** A number; in parentheses if it is negative and `after` something. */
export function numberMarks(value: Numbers, shape: Shape, source: Source | null, after: boolean): Mark[] {
  const mark: Mark = { kind: 'number', value, shape, source }
  const negative = operand(formatNumbers(value, shape)).startsWith('(')
  return after && negative ? [text('('), mark, text(')')] : [mark]
}

/** What the rules of an op are about: its own node and its inputs. */
export interface Named {
  readonly node: string
  readonly title: string
}

/**
 * The right side of the rule for input `index` of `tensor` with the names of the source instead of the op's own, `y`,
 * `a`, `b`: `ḡ · xᵀ`. For scalars without the derivative that arrives, which is the local derivative: `x`.
 */
export function ruleMarks(
  tensor: Tensor,
  index: number,
  self: Named,
  inputs: readonly Named[],
  local: boolean,
): Mark[] {
  const op = tensor.op!
  const formula = ruleOf(op, inputAt(op.definition.inputs, index).name)
  if (formula === undefined) return []
  let rule = formula
    .slice(formula.indexOf('=') + 1)
    .trim()
    .normalize('NFD')
  if (local) {
    const arriving = 'y\u0304'
    rule = rule
      .replaceAll(`${arriving} · `, '')
      .replaceAll(` · ${arriving}`, '')
      .replaceAll(arriving, '1')
      .replace(/, in the shape of \w+$/, '')
  }
  // Products of arrays element by element are told apart from those of matrices.
  const elementwise = tensor.op!.name === 'mul' && tensor.inputs.every(({ rank }) => rank > 0) && !local
  if (elementwise) rule = rule.replaceAll(' · ', ' ⊙ ')
  const averaged = 'axes' in tensor.attributes
  const meanings = new Map<string, Named>([['y', self]])
  for (const [at, input] of inputs.entries()) {
    const { label } = inputAt(op.definition.inputs, at)
    if (!meanings.has(label)) meanings.set(label, input)
  }
  const marks: Mark[] = []
  const say = (words: string) => {
    const last = marks.at(-1)
    if (last?.kind === 'text') marks[marks.length - 1] = text(last.text + words)
    else marks.push(text(words))
  }
  for (const [piece, word, bar, raised] of rule.matchAll(/([A-Za-z]+)(\u0304)?|([ᵃᵇˣʸ⁻¹]+)|./gsu)) {
    const meant = word === undefined ? undefined : meanings.get(word)
    // The number of elements that a mean is of; a node of the source may be called n.
    if (word === 'n' && !meant && averaged) {
      say(String(tensor.inputs[index]!.size / tensor.size))
      continue
    }
    if (meant && bar) marks.push({ kind: 'adjoint', ...meant })
    else if (meant) {
      const bare = operand(meant.title) === meant.title
      if (!bare) say('(')
      marks.push({ kind: 'node', ...meant })
      if (!bare) say(')')
    } else if (raised !== undefined && /[ᵃᵇˣʸ]/u.test(raised)) {
      const [, sign, letter, less] = /^(⁻?)([ᵃᵇˣʸ])(⁻¹)?$/u.exec(raised) ?? []
      const exponent = letter && meanings.get(plain.get(letter)!)
      if (!exponent) say(raised)
      else {
        const whole = sign || less
        say(`^${whole ? '(' : ''}${sign ? '−' : ''}`)
        marks.push({ kind: 'node', ...exponent })
        if (whole) say(`${less ? ' − 1' : ''})`)
      }
    } else say(piece)
  }
  return marks
}

const plain = new Map([
  ['ᵃ', 'a'],
  ['ᵇ', 'b'],
  ['ˣ', 'x'],
  ['ʸ', 'y'],
])
