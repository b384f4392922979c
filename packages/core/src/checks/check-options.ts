// Validates options: a table with one check per option rejects wrong types and unknown names.
import { ValueError } from './errors.js'
import { didYouMean } from './nearest.js'

/** Returns the value, or throws a ValueError that names the caller, the option, and what it must be. */
export type Check<T> = (caller: string, name: string, value: unknown) => T

/** A check for each option; leaving one out of the table is a type error. */
export type Checks<O> = { readonly [K in keyof O]-?: Check<O[K]> }

/** The checked options; required ones and those with a default are always present. */
export type Checked<O, C extends Checks<O>> = {
  [K in keyof O]-?: undefined extends ReturnType<C[K]> ? O[K] : Exclude<O[K], undefined>
}

/**
 * The options, each as its check returns it; `undefined` counts as omitted.
 * @throws ValueError for anything but a plain object, an unknown name, or a value that a check rejects.
 */
export function checkOptions<O extends object, const C extends Checks<O>>(
  caller: string,
  given: O | undefined,
  checks: C,
): Checked<O, C> {
  if (given !== undefined && !isRecord(given))
    throw new ValueError(
      `${caller}: expects an options object, { ${Object.keys(checks).join(', ')} }; got ${describeValue(given)}`,
    )
  return checkEach(caller, '', given ?? {}, checks) as Checked<O, C>
}

function checkEach(
  caller: string,
  path: string,
  given: Readonly<Record<string, unknown>>,
  checks: Readonly<Record<string, Check<unknown>>>,
) {
  for (const name in given)
    if (!Object.hasOwn(checks, name)) {
      const names = Object.keys(checks)
      throw new ValueError(
        `${caller}: unknown option "${path}${name}"${didYouMean(name, names) || (names.length ? `; options are ${names.join(', ')}` : '; it has no options')}`,
      )
    }
  const checked: Record<string, unknown> = {}
  for (const name in checks) checked[name] = checks[name]!(caller, path + name, given[name])
  return checked
}

/** A check that passes where `test` does; `expected` completes the message "must be …". */
export function check<T>(
  expected: string,
  test: (value: unknown) => boolean,
  candidates: readonly string[] = [],
): Check<T> {
  return (caller, name, value) => {
    if (test(value)) return value as T
    const hint = typeof value === 'string' ? didYouMean(value, candidates) : ''
    throw new ValueError(`${caller}: ${name} must be ${expected}, got ${describeValue(value)}${hint}`)
  }
}

export const checkFinite: Check<number> = check('a finite number', Number.isFinite)

export const checkPositive: Check<number> = check(
  'a positive finite number',
  (value) => Number.isFinite(value) && (value as number) > 0,
)

export const checkNotNegative: Check<number> = check(
  'a non-negative finite number',
  (value) => Number.isFinite(value) && (value as number) >= 0,
)

export const checkShare: Check<number> = check(
  'a number in [0, 1)',
  (value) => typeof value === 'number' && value >= 0 && value < 1,
)

export const checkFraction: Check<number> = check(
  'a number in (0, 1)',
  (value) => typeof value === 'number' && value > 0 && value < 1,
)

/** An integer of at least `least`. */
export const integerFrom = (least: number): Check<number> =>
  check(
    `an integer of at least ${least}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= least,
  )

export const checkInteger: Check<number> = check('an integer', Number.isSafeInteger)

export const checkCount: Check<number> = integerFrom(1)

export const checkSeed: Check<number> = check(
  'an integer in [0, 2^53)',
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
)

export const checkFlag: Check<boolean> = check('true or false', (value) => typeof value === 'boolean')

export const checkText: Check<string> = check('a string', (value) => typeof value === 'string')

// The parameters of a function cannot be checked at run time.
// biome-ignore lint/suspicious/noExplicitAny: see above
export const checkFunction: Check<any> = check('a function', (value) => typeof value === 'function')

/** One of a list of names or of the keys of a table; with `orFunction`, a function as well. */
export function oneOf<const Name extends string, F = never>(
  table: readonly Name[] | Readonly<Record<Name, unknown>>,
  orFunction = false,
): Check<Name | F> {
  const names: readonly string[] = Array.isArray(table) ? table : Object.keys(table)
  const options = names.map((name) => `"${name}"`)
  if (orFunction) options.push('a function')
  return check(
    `${options.slice(0, -1).join(', ')} or ${options.at(-1)}`,
    (value) => names.includes(value as string) || (orFunction && typeof value === 'function'),
    names,
  )
}

/** An array whose every entry passes the check. */
export function listOf<T>(entry: Check<T>): Check<T[]> {
  return (caller, name, value) =>
    Array.from(checkArray(caller, name, value), (one, index) => entry(caller, `${name}[${index}]`, one))
}

const checkArray: Check<unknown[]> = check('an array', Array.isArray)

export const checkNumbers: Check<ArrayLike<number>> = check(
  'an array of numbers',
  (value) =>
    (Array.isArray(value) && Array.from(value, (one) => typeof one).every((type) => type === 'number')) ||
    (ArrayBuffer.isView(value) && 'length' in value && typeof (value as Float32Array)[0] !== 'bigint'),
)

/** An option that is itself an options object. */
export function optionsOf<O extends object>(checks: Checks<O>): Check<O> {
  const names = Object.keys(checks).join(', ')
  const checkRecord = check<Record<string, unknown>>(`options, { ${names} }`, isRecord)
  return (caller, name, value) => checkEach(caller, `${name}.`, checkRecord(caller, name, value), checks) as O
}

/** The check, or the default where the option is omitted. */
export function optional<T, const D extends T | undefined = undefined>(
  check: Check<T>,
  byDefault?: D,
): Check<T | D> {
  return (caller, name, value) => (value === undefined ? (byDefault as D) : check(caller, name, value))
}

/** A value as text for messages; short arrays are written out, `depth` levels deep. */
export function describeValue(value: unknown, depth = 2): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value))
    return depth > 0 && value.length <= 8
      ? `[${Array.from(value, (one) => describeValue(one, depth - 1)).join(', ')}]`
      : 'an array'
  if (isRecord(value)) return 'an object'
  // Tensors describe themselves; so may other classes.
  return ArrayBuffer.isView(value) || value.toString === Object.prototype.toString
    ? `a ${value.constructor?.name}`
    : String(value)
}

/** A plain object, `{ … }`, not an instance of a class. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
