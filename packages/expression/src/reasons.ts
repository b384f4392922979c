// What can be wrong with a source: each reason by its code, with its parameters and the words for it in English.

/** What is wrong, in one sentence, and what to do about it where the first does not say so already. */
export type Said = readonly [problem: string, hint?: string]

const noValue = (name: string, divides: boolean) =>
  `${divides ? `cannot divide by ${name}: ` : ''}${name} has no value`

const item = (shape: readonly number[]) =>
  shape.length === 0
    ? 'a number'
    : shape.length === 1
      ? `a row of ${shape[0]}`
      : `an array of ${shape.join('×')}`

const afterwards = (after: string | null) => (after === null ? '' : ` after ${after}`)

/** What a refusal of the core is about, for words other than its own. */
export type Refusal =
  /** Of the variable, or of a literal: the value is ragged, empty or too large. */
  | { readonly kind: 'value'; readonly name: string | null }
  | {
      /** Of the operator or function: shapes that do not broadcast, or not for a product; an axis; anything else. */
      readonly kind: 'broadcast' | 'product' | 'axis' | 'call'
      readonly name: string
      readonly shapes: readonly (readonly number[])[]
    }

export const english = {
  // A whole source.
  'nothing-to-compute': (): Said => ['there is nothing to compute', 'write an expression, e.g. f = w*x + b'],
  'too-long': ({ length, limit }: { length: number; limit: number }): Said => [
    `the source has ${length} characters; the limit is ${limit}`,
  ],
  'too-many-parts': ({ limit }: { limit: number }): Said => [
    `the source has more than ${limit} parts`,
    'shorten it; use matrices instead of long sums',
  ],
  'too-many-numbers': ({ limit }: { limit: number }): Said => [
    `this makes the graph larger than ${limit} numbers`,
    'use smaller arrays',
  ],
  'too-deep': ({ limit }: { limit: number }): Said => [
    `this is nested more than ${limit} deep`,
    `the limit is ${limit}: give an inner part a name in a statement of its own, g = …, and write g in its place`,
  ],
  'too-deep-array': ({ limit }: { limit: number }): Said => [
    `this is nested more than ${limit} deep`,
    'remove brackets',
  ],
  // Characters and numbers.
  'unexpected-character': ({ character }: { character: string }): Said => [
    `unexpected ${character}`,
    'the language has names, numbers, + - * / ^ @ = ( ) [ ] | √ , ; and comments after #',
  ],
  'second-point': ({ text }: { text: string }): Said => [
    `the number ${text} has a second decimal point`,
    'a number has at most one, as in 3.14',
  ],
  'too-large': ({ text }: { text: string }): Said => [
    `the number ${text} is too large`,
    'the largest is about 1.8e308',
  ],
  // Statements and names.
  'not-a-name': ({ text }: { text: string }): Said => [
    `${text} is not a name`,
    'the left side of = is a single name, as in f = w*x',
  ],
  'one-equals': (): Said => ['a statement can have only one =', 'separate statements with ; or a new line'],
  'extra-equals': (): Said => ['one = too many', 'for example f = w*x'],
  'missing-name': (): Said => ['missing name before =', 'for example f = w*x'],
  'never-used': ({ text }: { text: string }): Said => [
    'the result of this expression is never used',
    `give it a name, as in g = ${text}`,
  ],
  'assigned-twice': ({ name, before }: { name: string; before: string }): Said => [
    `${name} is assigned twice`,
    `it is already ${before}; use another name`,
  ],
  'duplicate-assignment': ({ name }: { name: string }): Said => [
    `${name} is assigned twice`,
    'remove one of the assignments',
  ],
  'in-terms-of-itself': ({ name }: { name: string }): Said => [
    `${name} is defined in terms of itself`,
    'use another name on the left of =',
  ],
  'used-before': ({ name }: { name: string }): Said => [
    `${name} is used before it is defined`,
    `move ${name} = … before this statement`,
  ],
  'expected-assignment': (): Said => ['expected name=value', 'for example w=-2'],
  'not-literal': ({ name }: { name: string }): Said => [
    `${name} must be a number or an array of numbers`,
    'for example -2, 1/3, 2*pi, 1e-3 or [[1, 2], [3, 4]]',
  ],
  unexpected: ({ token }: { token: string }): Said => [`unexpected ${token}`],
  // Values of variables.
  'not-finite': ({ name }: { name: string }): Said => [
    `the value of ${name} is not finite`,
    'use a finite number',
  ],
  'no-value': ({ name, divides }: { name: string; divides: boolean }): Said => [
    noValue(name, divides),
    `give it a value, as in ${name} = 1`,
  ],
  'no-value-function': ({ name, divides }: { name: string; divides: boolean }): Said => [
    noValue(name, divides),
    `the function ${name} needs parentheses around its argument, ${name}(…); a variable of that name needs a value`,
  ],
  'no-value-meant': ({ name, divides, meant }: { name: string; divides: boolean; meant: string }): Said => [
    noValue(name, divides),
    `did you mean ${meant}? Or give ${name} a value`,
  ],
  /** `more` of them are not listed in `names`, which has at least two. */
  'no-values': ({ names, more }: { names: readonly string[]; more: number }): Said => {
    const shown = more > 0 ? [...names, `${more} more`] : names
    return [
      `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)} have no values`,
      `give them values, as in ${names[0]} = 1; ${names[1]} = 1`,
    ]
  },
  // Operators and parentheses.
  'missing-value': ({ after }: { after: string | null }): Said => [
    `missing value${afterwards(after)}`,
    'add a name, a number or an expression',
  ],
  'leading-plus': ({ after }: { after: string | null }): Said => [
    `missing value${afterwards(after)} before +`,
    'omit a leading +',
  ],
  'missing-value-before': ({ after, before }: { after: string | null; before: string }): Said => [
    `missing value${afterwards(after)} before ${before}`,
  ],
  'missing-product': ({
    left,
    right,
    written,
  }: {
    left: string
    right: string
    /** The product as it should be. */
    written: string
  }): Said => [`missing * between ${left} and ${right}`, `write ${written}`],
  'never-closed': ({ opening, bracket }: { opening: string; bracket: string }): Said => [
    `this ${opening} is never closed`,
    `add a ${bracket} where it should end`,
  ],
  'bar-never-closed': (): Said => ['this | is never closed', 'write |x| or abs(x)'],
  unmatched: ({ bracket }: { bracket: string }): Said => [
    `unmatched ${bracket}`,
    'remove it, or open it first',
  ],
  'wrong-bracket': ({
    bracket,
    token,
    opening,
    position,
  }: {
    bracket: string
    token: string
    opening: string
    position: number
  }): Said => [
    `expected ${bracket}, found ${token}`,
    `${bracket} closes the ${opening} at character ${position}`,
  ],
  'empty-parentheses': (): Said => ['nothing between ( and )'],
  comma: (): Said => ['commas only separate arguments', 'separate statements with ;'],
  // Arrays.
  index: (): Said => [
    'a [ cannot follow a value',
    'there is no indexing; an array such as [1, 2] is a separate value',
  ],
  ragged: ({ first, other }: { first: readonly number[]; other: readonly number[] }): Said => [
    'the rows of this array differ in length',
    `each entry must be like the first, ${item(first)}; this one is ${item(other)}`,
  ],
  'missing-number': (): Said => ['missing number in this array', 'for example [1, 2]'],
  'not-a-number': ({ text }: { text: string }): Said => [
    `${text} is not a number`,
    'an array contains only numbers, as in [1, -2.5, 1/3]',
  ],
  // Functions.
  'needs-parentheses': ({ text, written }: { text: string; written: string }): Said => [
    `${text} needs parentheses around its argument`,
    `write ${written}`,
  ],
  'unknown-function': ({
    name,
    meant,
    count,
    familiar,
  }: {
    name: string
    meant: string | null
    count: number
    familiar: readonly string[]
  }): Said => [
    `unknown function ${name}`,
    `${meant ? `did you mean ${meant}? ` : `to multiply, write ${name}*(…). `}The ${count} functions include ${familiar.join(', ')}`,
  ],
  'argument-count': ({
    name,
    expected,
    shorthand,
    given,
    form,
  }: {
    name: string
    expected: number
    /** The attribute that may follow. */
    shorthand: string | null
    given: number
    form: string
  }): Said => [
    `${name} takes ${expected} argument${expected === 1 ? '' : 's'}${shorthand ? ` and ${shorthand}` : ''}, not ${given}`,
    `write ${form}`,
  ],
  'attribute-not-literal': ({ shorthand, form }: { shorthand: string; form: string }): Said => [
    `${shorthand} must be a number or an array of numbers`,
    `it must be a literal; write ${form} with e.g. 0 or [0, 1] for ${shorthand}`,
  ],
  /** What the core refuses, in its own words. */
  refused: ({ refusal, message }: { refusal: Refusal; message: string }): Said => [
    refusal.kind === 'value' && refusal.name !== null ? `${refusal.name}: ${message}` : message,
  ],
}

type Table = typeof english
type ReasonCode = keyof Table
type Parameter<Code extends ReasonCode> = Parameters<Table[Code]> extends [infer One] ? One : unknown

/** What is wrong with a source: a code, and what it is about. */
export type Reason = {
  [Code in ReasonCode]: { readonly code: Code } & Readonly<Parameter<Code>>
}[ReasonCode]

/** A reason in the words of a language, which has the same table. */
export function sayReason(words: Table, reason: Reason): Said {
  return (words[reason.code] as (reason: Reason) => Said)(reason)
}
