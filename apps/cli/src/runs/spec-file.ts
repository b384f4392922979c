// Run specs: files that say everything the options of `bp train` say, as JSON or as a module.
import { readFileSync } from 'node:fs'
import { basename, dirname, extname, isAbsolute, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundledNames } from '../data-sets.js'
import { visible } from '../fit.js'
import { type Option, readArguments, separated, text, wordsOf } from '../options.js'
import { trainOptions } from '../train/options.js'
import { UsageError } from '../usage-error.js'
import { userPath } from '../user-path.js'
import type { RunSpec } from './spec.js'

export const specOption = text(
  'FILE',
  'a run spec, .json, .js or .ts, that says what options say; those given here win',
)

const modules = new Set(['.js', '.mjs', '.cjs'])
const typeScript = new Set(['.ts', '.mts', '.cts'])
const isSpec = (name: string) => {
  const ending = extname(name)
  return ending === '.json' || modules.has(ending) || typeScript.has(ending)
}

/**
 * The arguments of `bp train` with those of the run spec that they name, by `--spec` or as the data. What is given on the
 * command line wins, and that is noted.
 * @throws UsageError for a file that cannot be read, or says what no option takes.
 */
export async function withSpec(
  args: readonly string[],
  note: (text: string) => void,
): Promise<readonly string[]> {
  const options = { spec: specOption, ...trainOptions }
  const { given, rest } = readArguments(args, options)
  const [subject] = rest
  const named = subject !== undefined && isSpec(subject)
  const name = given.spec ?? (named ? subject : undefined)
  if (name === undefined) return args
  if (given.spec !== undefined && named)
    throw new UsageError(`--spec ${given.spec} and ${subject} are two run specs; give one`)
  const entries = await readSpecFile(name)
  const data = dataOf(name, entries)
  const wins = (what: string) => note(`${what} on the command line wins over ${basename(name)}`)
  const own = namesOf(given)
  const taken = Object.entries(entries)
    .filter(([key]) => key !== 'data')
    .flatMap(([key, value]) => {
      const words = argumentsOf(name, key, value)
      const [option] = Object.keys(read(name, words))
      if (option === undefined || !own.has(option)) return words
      wins(`--${separated(option, '-')}`)
      return []
    })
  const all = wordsOf(args, options)
  const first = all.find(({ option }) => option === null)
  const dropped = all.filter((word) => word.option?.key === 'spec' || (named && word === first))
  const words = args.filter((_, at) => !dropped.some(({ begin, end }) => begin <= at && at < end))
  if (named || subject === undefined) return [...taken, ...words, ...(data === null ? [] : [data])]
  if (data !== null && data !== subject) wins(subject)
  return [...taken, ...words]
}

const namesOf = (given: object) => new Set(Object.keys(given))

/** Checks words as `bp train` does, and names the file. */
function read(name: string, words: readonly string[]): object {
  try {
    const { given, rest } = readArguments(words, trainOptions)
    if (rest.length > 0) throw new UsageError(`"${rest[0]}" is not the value of an option`)
    return given
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw new UsageError(`${visible(name)}: ${error.message}`)
  }
}

/** `{ "learningRate": 0.1 }` is `--learning-rate=0.1`; lists and objects are options given several times. */
function argumentsOf(name: string, key: string, value: unknown): string[] {
  const option = `--${separated(key, '-').replaceAll('_', '-')}`
  const known = (Object.entries(trainOptions) as [string, Option<unknown>][]).find(
    ([own]) => separated(own, '-') === option.slice(2),
  )?.[1]
  if (value === null || value === undefined) return []
  if (typeof value === 'boolean') {
    if (known && known.value !== null)
      throw new UsageError(`${visible(name)}: ${key} expects ${known.value}, got ${value}`)
    return value ? [option] : known ? [] : [option]
  }
  if (typeof value === 'string' || typeof value === 'number') {
    if (known?.value === null)
      throw new UsageError(`${visible(name)}: ${key} must be true or false, got ${JSON.stringify(value)}`)
    return [`${option}=${value}`]
  }
  if (typeof value !== 'object')
    throw new UsageError(
      `${visible(name)}: ${key} must be a number, text, list or object, got a ${typeof value}`,
    )
  const parts = Array.isArray(value)
    ? value.map(String)
    : Object.entries(value).map(([part, text]) => `${part}=${text}`)
  if (parts.length === 0) return Array.isArray(value) && !known?.add ? [`${option}=none`] : []
  return known?.add ? parts.map((part) => `${option}=${part}`) : [`${option}=${parts.join(',')}`]
}

/** Where the data is: a path in a spec is seen from its folder. */
function dataOf(name: string, { data }: Readonly<Record<string, unknown>>): string | null {
  if (data === undefined || data === null) return null
  if (typeof data !== 'string' || data === '')
    throw new UsageError(`${visible(name)}: data must name a file or a data set, got ${JSON.stringify(data)}`)
  if (data === 'xor' || data === '-' || bundledNames.includes(data) || isAbsolute(data)) return data
  return join(dirname(userPath(name)), data)
}

async function readSpecFile(name: string): Promise<Readonly<Record<string, unknown>>> {
  const path = userPath(name)
  const ending = extname(name)
  const content = ending === '.json' ? readJson(name, path) : await readModule(name, path, ending)
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new UsageError(
      `${visible(name)} must hold an object such as { "data": "iris", "epochs": 20 }${ending === '.json' ? '' : ' as its default export'}`,
    )
  return content as Record<string, unknown>
}

function readJson(name: string, path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${visible(name)} cannot be read: ${(error as Error).message}`)
  }
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    throw new UsageError(`${visible(name)} is not JSON: ${visible((error as Error).message)}`)
  }
}

async function readModule(name: string, path: string, ending: string): Promise<unknown> {
  if (!modules.has(ending) && !typeScript.has(ending))
    throw new UsageError(`a run spec must end in .json, .js or .ts; got "${visible(name)}"`)
  const strips = (process.features as { readonly typescript?: unknown }).typescript
  if (typeScript.has(ending) && !strips)
    throw new UsageError(
      `${visible(name)} is TypeScript, which Node reads from version 22.18 on, and this is ${process.version}; write it as .json or .mjs, or use a newer Node`,
    )
  try {
    return (await import(pathToFileURL(path).href)).default
  } catch (error) {
    throw new UsageError(`${visible(name)} cannot be read: ${visible((error as Error).message)}`)
  }
}

/** The spec of a saved run: trained again, it has the same weights to the bit. */
export function specOf({ data, options, settings }: RunSpec): object {
  const { heldBack, patience, hidden, ...rest } = settings
  return {
    data: data.subject,
    ...options,
    hidden: hidden.length === 0 ? 'none' : hidden,
    ...rest,
    // Four rows have none that are held back.
    ...(data.subject !== 'xor' && { heldBack, patience: patience === 0 ? 'none' : patience }),
  }
}
