// Parses command lines by tables of options, which the help is generated from too.
import { parseArgs } from 'node:util'
import { didYouMean } from '@bp/core'
import { listed } from '@bp/lab'
import { charsets, themes } from './appearance.js'
import { interfaces } from './terminal.js'
import { UsageError } from './usage-error.js'

/** An option with a value, or a flag. */
export interface Option<T> {
  /** Placeholder of the value in the help; `null` for a flag. */
  readonly value: string | null
  readonly help: string
  /** Parses the value or throws a UsageError; `name` begins with the dashes. */
  readonly read: (text: string, name: string) => T
  /** Joins the values of an option that may be given several times; otherwise the last one counts. */
  add?(before: T, more: T): T
}

export type Options = Readonly<Record<string, Option<unknown>>>

/** What options are called elsewhere; taken for ours where a command has it. */
const otherNames = Object.entries({
  'learning-rate': ['lr', 'rate', 'eta', 'step-size', 'alpha'],
  epochs: ['epoch', 'num-epochs', 'n-epochs', 'max-epochs', 'max-iter'],
  'batch-size': ['batch', 'bs', 'minibatch-size'],
  hidden: ['layers', 'units', 'hidden-layers', 'hidden-units', 'hidden-sizes', 'hidden-layer-sizes'],
  activation: ['act', 'activation-function'],
  optimizer: ['optim', 'opt', 'optimiser', 'solver'],
  seed: ['random-seed', 'random-state'],
  'held-back': ['validation-split', 'val-split', 'test-size', 'test-split', 'holdout', 'valid'],
  patience: ['early-stopping', 'n-iter-no-change'],
  target: ['label', 'label-column', 'target-column', 'output-column', 'y'],
  delimiter: ['sep', 'separator', 'delim'],
  missing: ['na-values', 'null-values', 'na'],
  ignore: ['drop', 'exclude', 'ignore-columns'],
  use: ['include', 'usecols', 'columns'],
  save: ['save-dir', 'output-dir', 'out', 'checkpoints', 'checkpoint-dir', 'run-dir'],
  output: ['out', 'o', 'file'],
  spec: ['config', 'config-file'],
  to: ['format', 'as'],
  charset: ['characters', 'chars'],
  theme: ['color-scheme', 'colors'],
  force: ['overwrite', 'exist-ok'],
  ui: ['interface'],
}).flatMap(([ours, theirs]) => theirs.map((name) => ({ name, ours })))

/** `learningRate` is the option `--learning-rate` and the JSON key `learning_rate`. */
export function separated(name: string, separator: '-' | '_' | ' '): string {
  return name.replace(/[A-Z]/g, (letter) => separator + letter.toLowerCase())
}

/** The values of those options that were given. */
export type Given<O extends Options> = { readonly [K in keyof O]?: O[K] extends Option<infer T> ? T : never }

/** An option as it stands on a command line, or with `null` an argument. */
interface Word {
  readonly option: (Option<unknown> & { readonly key: string }) | null
  /** As it was written. */
  readonly name: string
  readonly value: string | undefined
  /** Which of the arguments it takes: from `begin` up to `end`. */
  readonly begin: number
  readonly end: number
}

/**
 * The options and arguments of a command line, in order.
 * @throws UsageError for an option that is not in the table, or has a value where it takes none.
 */
export function wordsOf(args: readonly string[], options: Options): Word[] {
  const known = new Map(
    Object.entries(options).map(([key, option]) => [separated(key, '-'), { key, ...option }]),
  )
  const names = [...known.keys()]
  for (const { name, ours } of otherNames) {
    const option = known.get(ours)
    if (option && !known.has(name)) known.set(name, option)
  }
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      [...known].map(([name, { value }]) => [name, { type: value ? 'string' : 'boolean' }]),
    ),
    strict: false,
    tokens: true,
  })
  return tokens.flatMap((token): Word[] => {
    const begin = token.index
    if (token.kind === 'positional')
      return [{ option: null, name: '', value: token.value, begin, end: begin + 1 }]
    if (token.kind !== 'option') return []
    const name = token.rawName.startsWith('--') ? `--${token.name}` : args[begin]!
    const option = name.startsWith('--') ? known.get(token.name) : undefined
    if (!option)
      throw new UsageError(
        name.startsWith('--')
          ? `unknown option ${name}${didYouMean(name.slice(2), names).replace(/"(.*)"/, '--$1')}`
          : `unknown option ${name}; put -- before an argument that begins with a dash`,
      )
    if (option.value === null && token.value !== undefined) throw new UsageError(`${name} takes no value`)
    if (option.value !== null && (token.value === undefined || /^--[a-z]/.test(token.value)))
      throw new UsageError(`${name} expects a value: ${name} ${option.value}`)
    const apart = token.value !== undefined && !token.inlineValue
    return [{ option, name, value: token.value, begin, end: begin + (apart ? 2 : 1) }]
  })
}

/**
 * Separates options from positional arguments.
 * @throws UsageError for an option that is not in the table, or a value that it does not accept.
 */
export function readArguments<O extends Options>(
  args: readonly string[],
  options: O,
): { given: Given<O>; rest: string[] } {
  const given = new Map<string, unknown>()
  const rest: string[] = []
  for (const { option, name, value = '' } of wordsOf(args, options)) {
    if (option === null) {
      rest.push(value)
      continue
    }
    const read = option.read(value, name)
    const before = given.get(option.key)
    given.set(option.key, option.add && before !== undefined ? option.add(before, read) : read)
  }
  return { given: Object.fromEntries(given) as Given<O>, rest }
}

export function flag(help: string): Option<true> {
  return { value: null, help, read: () => true }
}

export function text(value: string, help: string): Option<string> {
  return { value, help, read: (text) => text }
}

export function folder(help: string): Option<string> {
  return {
    value: 'FOLDER',
    help,
    read: (text, name) => {
      if (text.trim() === '') throw new UsageError(`${name} must name a folder, got "${text}"`)
      return text
    },
  }
}

export function choice<const Choice extends string>(
  choices: readonly Choice[],
  help: string,
): Option<Choice> {
  return {
    value: choices.join('|'),
    help,
    read: (text, name) => {
      const found = choices.find((choice) => choice === text)
      if (found === undefined)
        throw new UsageError(
          `${name} must be ${listed(choices, 'or')}, got "${text}"${didYouMean(text, choices)}`,
        )
      return found
    },
  }
}

/** The interface, an option of every command. */
export const ui = choice(
  interfaces,
  'full screen, lines of text or lines of JSON (default tui on a terminal, else plain)',
)

/** How a full screen looks. */
export const appearanceOptions = {
  theme: choice(themes, 'colours of the screen (default: what fits the terminal; mono is without)'),
  charset: choice(charsets, 'characters of pictures (default braille; ascii is ASCII alone)'),
}

/** The options of commands that only write lines. */
export const lineOptions = { ui }

export function integer(value: string, help: string, low: number, high: number): Option<number> {
  return {
    value,
    help,
    read: (text, name) => {
      const number = toNumber(text)
      if (!Number.isInteger(number) || number < low || number > high)
        throw new UsageError(`${name} must be an integer in [${low}, ${high}], got "${text}"`)
      return number
    },
  }
}

/** A number that `holds` accepts; `expected` says in words what it accepts. */
export function number(
  value: string,
  help: string,
  expected: string,
  holds: (number: number) => boolean,
): Option<number> {
  return {
    value,
    help,
    read: (text, name) => {
      const number = toNumber(text)
      if (!Number.isFinite(number) || !holds(number))
        throw new UsageError(`${name} must be ${expected}, got "${text}"`)
      return number
    },
  }
}

/** Of a decimal number; NaN for anything else, such as the hexadecimal and empty texts that `Number` accepts. */
export function toNumber(text: string): number {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
}
