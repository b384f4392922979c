// The options that say how a table is read.

import { listed } from '@bp/lab'
import { type Delimiter, type InspectOptions, type KindName, kindNames, type ReadOptions } from '@bp/table'
import { choice, flag, type Given, type Option, ui } from '../options.js'
import { UsageError } from '../usage-error.js'

const delimiters = new Map<string, Delimiter>([
  [',', ','],
  ['comma', ','],
  [';', ';'],
  ['semicolon', ';'],
  ['\t', '\t'],
  [String.raw`\t`, '\t'],
  ['tab', '\t'],
  ['|', '|'],
  ['pipe', '|'],
])

const delimiter: Option<Delimiter> = {
  value: 'CHARACTER',
  help: 'what separates cells: comma, semicolon, tab or pipe (default: found out)',
  read: (text, name) => {
    const found = delimiters.get(text)
    if (!found) throw new UsageError(`${name} must be comma, semicolon, tab or pipe, got "${text}"`)
    return found
  },
}

/** Kinds by column; a name may contain commas, a kind does not. */
const type: Option<Readonly<Record<string, KindName>>> = {
  value: 'COLUMN=KIND,…',
  help: `read columns as ${listed(kindNames, 'or')} instead of what they look like`,
  read: (text, name) => {
    const given = [...text.matchAll(/(.+?)=([a-z-]+)(?:,|$)/gsy)]
    const end = given.reduce((total, [part]) => total + part.length, 0)
    if (given.length === 0 || end !== text.length)
      throw new UsageError(`${name} must be COLUMN=KIND, e.g. ${name} zip=category; got "${text}"`)
    return Object.fromEntries(
      given.map(([, column, kind]) => [column, choice(kindNames, '').read(kind!, `${name} ${column}=…`)]),
    )
  },
  add: (before, more) => ({ ...before, ...more }),
}

/** Names as they were given; those with commas are told from lists where the columns are known. */
function columns(help: string): Option<readonly string[]> {
  return {
    value: 'COLUMN,…',
    help,
    read: (text, name) => {
      if (text.trim() === '') throw new UsageError(`${name} must name columns, got "${text}"`)
      return [text]
    },
    add: (before, more) => [...before, ...more],
  }
}

const missing: Option<readonly string[]> = {
  value: 'TEXT,…',
  help: 'texts that stand for missing values (default NA, N/A, #N/A, ?, null, nan, None, -, .); nothing always does',
  read: (text) => text.split(',').map((part) => part.trim()),
  add: (before, more) => [...before, ...more],
}

const signs = new Map<string, '.' | ','>([
  ['.', '.'],
  ['point', '.'],
  [',', ','],
  ['comma', ','],
])

const decimal: Option<'.' | ','> = {
  value: 'SIGN',
  help: 'the decimal sign of numbers, point or comma (default: found out)',
  read: (text, name) => {
    const found = signs.get(text)
    if (!found) throw new UsageError(`${name} must be point or comma, got "${text}"`)
    return found
  },
}

export const tableOptions = {
  target: {
    value: 'COLUMN',
    help: 'column to predict; required for a file of your own',
    read: (text) => text,
  } satisfies Option<string>,
  class: flag('learn the target as classes, also where it is a number'),
  number: flag('learn the target as a number, also where it looks like classes'),
  type,
  ignore: columns('leave columns out'),
  use: columns('use columns that would be left out'),
  delimiter,
  decimal,
  missing,
  header: choice(['yes', 'no'], 'whether the first line names the columns (default: found out)'),
}

export const inspectCommandOptions = {
  ...tableOptions,
  target: { ...tableOptions.target, help: 'column to predict' },
  ui,
}

export type TableOptions = Given<typeof tableOptions>

export function readOptions({ delimiter, header }: TableOptions): ReadOptions {
  return { ...(delimiter && { delimiter }), ...(header && { header: header === 'yes' }) }
}

/** `names`: those of the table's columns. */
export function inspectOptions(
  given: TableOptions,
  target: string | null,
  names: readonly string[],
): InspectOptions {
  if (given.class && given.number)
    throw new UsageError('--class and --number exclude each other; leave one out')
  const task = given.class ? 'classification' : given.number ? 'regression' : null
  if (task && target === null) throw new UsageError(`--${given.class ? 'class' : 'number'} needs --target`)
  const { type, ignore, use, decimal, missing } = given
  return {
    ...(target !== null && { target }),
    ...(task && { task }),
    ...(type && { kinds: type }),
    ...(ignore && { ignore: named(ignore, names) }),
    ...(use && { use: named(use, names) }),
    ...(decimal && { decimal }),
    ...(missing && { missing }),
  }
}

function named(given: readonly string[], names: readonly string[]): string[] {
  return given.flatMap((text) => (names.includes(text) ? [text] : text.split(',').map((part) => part.trim())))
}
