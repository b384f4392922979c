// The functions that can be called: every operation of the core table, by name.
import { isList, type Op, ops, type Tensor } from '@bp/core'
import { type Expression, literalValue } from './syntax.js'

/** An operation to call with tensors and perhaps one attribute. */
export interface FunctionEntry {
  readonly name: string
  /** Names of the tensors that it takes. */
  readonly inputs: readonly string[]
  /** It takes any number of them; `inputs` names their list. */
  readonly ofList: boolean
  /** Name of the attribute that may follow them as a number or array, `axes` in `sum(x, 0)`. */
  readonly shorthand: string | undefined
  readonly apply: (tensors: readonly Tensor[], attribute: unknown) => Tensor
}

const table = new Map<string, FunctionEntry>(
  (Object.values(ops) as unknown as Op[]).map((op) => {
    const { inputs, shorthand } = op.definition as { inputs: readonly string[]; shorthand?: string }
    const call = op as unknown as (...args: unknown[]) => Tensor
    const ofList = isList(inputs[0]!)
    const apply: FunctionEntry['apply'] = (tensors, attribute) => {
      const given = ofList ? [tensors] : tensors
      return attribute === undefined ? call(...given) : call(...given, { [shorthand!]: attribute })
    }
    return [op.name, { name: op.name, inputs, ofList, shorthand, apply }]
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

/** Of the arguments of a call, those that are tensors; of a list, a last one that is written out is the attribute. */
export function tensorsOf(
  { inputs, ofList, shorthand }: FunctionEntry,
  given: readonly Expression[],
): readonly Expression[] {
  if (!ofList) return given.slice(0, inputs.length)
  const last = given.length > 1 && shorthand ? literalValue(given[given.length - 1]!) : null
  return last === null ? given : given.slice(0, -1)
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
