// Spellings from lectures, books and other libraries, and what each is read as.
import { splitIntoNames } from './joined-names.js'

/** Names that are numbers unless a program or its user gives them a value. */
export const constants: ReadonlyMap<string, number> = new Map([
  ['e', Math.E],
  ['pi', Math.PI],
  ['π', Math.PI],
])

/** Modules whose functions are called as `tf.sigmoid(x)` or `tf.nn.relu(x)`. */
export const modules: ReadonlySet<string> = new Set([
  'tf',
  'tensorflow',
  'np',
  'numpy',
  'jnp',
  'jax',
  'torch',
  'keras',
  'math',
  'Math',
  'F',
  'K',
])

/** Functions and constants of other libraries under names that differ from ours by more than their capital letters. */
const elsewhere = new Map([
  ['PI', 'pi'],
  ['E', 'e'],
  ['reduce_mean', 'mean'],
  ['reduce_sum', 'sum'],
  ['reduce_max', 'max'],
  ['reduce_min', 'min'],
  ['reduce_prod', 'prod'],
  ['reduce_logsumexp', 'logSumExp'],
  ['logsumexp', 'logSumExp'],
  ['multiply', 'mul'],
  ['subtract', 'sub'],
  ['divide', 'div'],
  ['negative', 'neg'],
  ['power', 'pow'],
  ['mm', 'matmul'],
  ['arctan', 'atan'],
  ['argmax', 'argMax'],
  ['argmin', 'argMin'],
  ['clip_by_value', 'clip'],
])

/** Our name for a function of another library: `reduce_mean` is `mean`, `log_softmax` is `logSoftmax`. */
export function ourName(name: string): string {
  return (
    elsewhere.get(name) ?? name.replace(/(?<=[a-z\d])_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  )
}

// A short name is a product more often than a word; these are not.
const greekWords = new Set(['mu', 'nu', 'xi', 'pi'])
const oneLetter = /^\p{L}\p{M}*[\d₀-₉]*$/u
const twoLetters = /^(\p{Ll}[\d₀-₉]*)(\p{Ll}[\d₀-₉]*)$/u
/** A longer product of names is more likely a word with some letters of the program. */
const mostFactors = 4

/**
 * The names whose product each of `names` stands for, `w` and `x` for `wx`: two letters, or names that the program has
 * anyway. `settled` are the names with a value or a definition, which stand for themselves.
 */
export function readProducts(
  names: ReadonlySet<string>,
  settled: ReadonlySet<string>,
  isFunction: (name: string) => boolean,
): Map<string, readonly string[]> {
  const known = new Set([...names, ...settled].filter((name) => settled.has(name) || oneLetter.test(name)))
  const products = new Map<string, readonly string[]>()
  for (const name of names) {
    if (settled.has(name) || constants.has(name) || oneLetter.test(name) || isFunction(name)) continue
    const split = splitIntoNames(name, known)
    const pair = greekWords.has(name) ? null : twoLetters.exec(name)?.slice(1)
    const factors = split && split.length <= mostFactors ? split : pair
    if (factors) products.set(name, factors)
  }
  return products
}
