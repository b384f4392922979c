// The callable functions: every operation of the core table, by name.
import { isList, nearest, type Op, ops, type Tensor } from '@bp/core/lean'
import { ourName } from './spelling.js'
import { type Expression, literalValue } from './syntax.js'

/** An operation called with tensors and an optional attribute. */
export interface FunctionEntry {
  readonly name: string
  /** Names of its tensor inputs. */
  readonly inputs: readonly string[]
  /** It takes any number of tensors; `inputs` names their list. */
  readonly ofList: boolean
  /** Shapes that differ are stretched to each other. */
  readonly broadcasts: boolean
  /** The attribute that may follow them as a number or array, `axes` in `sum(x, 0)`. */
  readonly shorthand: string | undefined
  readonly apply: (tensors: readonly Tensor[], attribute: unknown) => Tensor
}

const table = new Map<string, FunctionEntry>(
  (Object.values(ops) as unknown as Op[]).map((op) => {
    const { inputs, shorthand, broadcasts } = op.definition as {
      inputs: readonly string[]
      shorthand?: string
      broadcasts?: boolean
    }
    const call = op as unknown as (...args: unknown[]) => Tensor
    const ofList = isList(inputs[0]!)
    const apply: FunctionEntry['apply'] = (tensors, attribute) => {
      const given = ofList ? [tensors] : tensors
      return attribute === undefined ? call(...given) : call(...given, { [shorthand!]: attribute })
    }
    return [op.name, { name: op.name, inputs, ofList, broadcasts: broadcasts === true, shorthand, apply }]
  }),
)

/** Spellings used by the formulas in the table. */
const aliases = new Map([
  ['ln', 'log'],
  ['σ', 'sigmoid'],
])

/** `max` and `min` of two tensors are elementwise; of one, they reduce. */
const ofTwo = new Map([
  ['max', 'maximum'],
  ['min', 'minimum'],
])

/** The function called by `name` with this many arguments, if any. */
export function findFunction(name: string, argumentCount: number): FunctionEntry | undefined {
  const ours = table.has(name) ? name : ourName(name)
  return table.get((argumentCount === 2 ? ofTwo.get(ours) : undefined) ?? aliases.get(ours) ?? ours)
}

/** The tensors among a call's arguments; after a list, a literal last argument is the attribute. */
export function tensorsOf(
  { inputs, ofList, shorthand }: FunctionEntry,
  given: readonly Expression[],
): readonly Expression[] {
  if (!ofList) return given.slice(0, inputs.length)
  const last = given.length > 1 && shorthand ? literalValue(given[given.length - 1]!) : null
  return last === null ? given : given.slice(0, -1)
}

/** Whether a function has that name. */
export function isFunction(name: string): boolean {
  return findFunction(name, 1) !== undefined
}

/** The function that was probably meant; one that is known from school rather than one as near that is not. */
export function nearestFunction(name: string): string | null {
  // With one or two letters, any change makes a different word.
  if (name.length <= 2) return null
  return nearest(name, [...familiarFunctions, 'sin', 'cos', 'tan', 'pow']) ?? nearest(name, functionNames)
}

export const functionNames: readonly string[] = [...table.keys()].sort()

/** Those known from school and neural networks, for messages with room for a few. */
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
