// The functions that can be called: every operation of the core table, by name.
import { type Op, ops, type Tensor } from '@bp/core'

/** An operation to call with tensors and perhaps one attribute. */
export interface FunctionEntry {
  readonly name: string
  /** Names of the tensors that it takes. */
  readonly inputs: readonly string[]
  /** Name of the attribute that may follow them as a number or array, `axes` in `sum(x, 0)`. */
  readonly shorthand: string | undefined
  readonly apply: (tensors: readonly Tensor[], attribute: unknown) => Tensor
}

const table = new Map<string, FunctionEntry>(
  (Object.values(ops) as unknown as Op[]).map((op) => {
    const { inputs, shorthand } = op.definition as { inputs: readonly string[]; shorthand?: string }
    const call = op as unknown as (...args: unknown[]) => Tensor
    const apply: FunctionEntry['apply'] = (tensors, attribute) =>
      attribute === undefined ? call(...tensors) : call(...tensors, { [shorthand!]: attribute })
    return [op.name, { name: op.name, inputs, shorthand, apply }]
  }),
)

/** Spellings that the formulas in the table use themselves. */
const otherSpellings = new Map([
  ['ln', 'log'],
  ['σ', 'sigmoid'],
])

/** Of two tensors `max` and `min` take the larger and the smaller; of one, they reduce it. */
const ofTwo = new Map([
  ['max', 'maximum'],
  ['min', 'minimum'],
])

/** The function that `name` called with so many arguments is, if there is one. */
export function findFunction(name: string, argumentCount: number): FunctionEntry | undefined {
  return table.get((argumentCount === 2 ? ofTwo.get(name) : undefined) ?? otherSpellings.get(name) ?? name)
}

/** Whether anything of that name can be called. */
export function isFunction(name: string): boolean {
  return findFunction(name, 1) !== undefined
}

export const functionNames: readonly string[] = [...table.keys()].sort()

/** Those that people know from school and from neural networks, for messages with room for a few. */
export const familiarFunctions: readonly string[] = [
  'abs',
  'exp',
  'log',
  'max',
  'mean',
  'relu',
  'sigmoid',
  'softmax',
  'sqrt',
  'sum',
  'tanh',
]
