// An operation: one literal that holds everything about it, and the function that creates its nodes.
import {
  type Check,
  check,
  checkOptions,
  describeValue,
  isRecord,
  optional,
} from '../checks/check-options.js'
import { BackpropagationError, blamingCaller, ValueError } from '../checks/errors.js'
import type { Lowering } from '../compile/lowering.js'
import { type ByInput, byName, type InputName, inputName, isList } from './input-names.js'
import type { Reference } from './reference.js'
import type { Sampler } from './sample.js'
import { checkFits, type Shape } from './shape.js'
import type { Call, ShapeRules } from './shape-types.js'
import { Tensor, type TensorLike, toTensor } from './tensor.js'

/** What a gradient rule may use: the inputs by name, the output `y`, and the upstream derivative `dy`. */
export type RuleContext<Name extends string> = ByInput<Name, Tensor> & {
  readonly y: Tensor
  readonly dy: Tensor
}

/** The vector-Jacobian product for one input: takes nodes, returns a node of the shape of `y` or of the input. */
export interface GradientRule<Name extends string, Attributes> {
  /** The rule as mathematics, `x̄ = ȳ · y · (1 − y)`. */
  readonly formula: string
  /** `place` is the index among the tensors of `...xs`. Without a rule, `decompose` is differentiated. */
  readonly rule?: (context: RuleContext<Name>, attributes: Attributes, place: number) => Tensor
}

/**
 * Everything about one operation. What bundlers load lacks what tests and docs alone need: `summary`, `formula`, `symbol`,
 * `sample`, budgets above 0.5 and texts about attributes; `notation.ts` has formulas and symbols where they are shown.
 */
export interface Definition<Names extends readonly string[], Given, Attributes> {
  /** Names of the inputs. The last may be `...xs`: a list of one or more tensors. */
  readonly inputs: Names
  /** One sentence for documentation. */
  readonly summary: string
  /** Label of the node in a drawn graph. */
  readonly symbol: string
  readonly formula: string
  /** Whether the inputs are broadcast against each other. */
  readonly broadcasts?: true
  /** One sentence about each attribute. */
  readonly attributes?: { readonly [K in keyof Required<Given>]: string }
  /** The attribute that a bare value sets: `sum(x, 0)` is `sum(x, { axes: 0 })`. */
  readonly shorthand?: keyof Given & string
  /** Fills in defaults and rejects invalid attributes. */
  readonly prepare?: (given: Given, shapes: ByInput<Names[number], Shape>) => Attributes
  /** The output's shape; throws `ShapeError` when the inputs do not fit. */
  readonly shape: (shapes: ByInput<Names[number], Shape>, attributes: Attributes) => Shape
  /** Inputs that hold indices: each must be an integer in [0, limit), with the limit that this returns. */
  readonly indices?: {
    readonly [K in Names[number]]?: (shapes: ByInput<Names[number], Shape>, attributes: Attributes) => number
  }
  /**
   * A rule for each input, `null` for one through which no derivative flows; a missing one is derived from
   * `decompose`.
   */
  readonly vjp: {
    readonly [K in InputName<Names[number]>]?: GradientRule<Names[number], Attributes> | null
  }
  /** The same function in terms of simpler ops; compiled when there is no `lower`. */
  readonly decompose?: (inputs: ByInput<Names[number], Tensor>, attributes: Attributes) => Tensor
  /** Emits its kernel instructions. */
  readonly lower?: Lowering<Attributes>
  /** The same in plain float64. */
  readonly reference: Reference<Attributes>
  /**
   * Error budget of the f32 kernel against float64, in ULP of the result. At most 0.5 means correctly rounded: then
   * constants are folded at compile time.
   */
  readonly ulp: number | ((shapes: ByInput<Names[number], Shape>) => number)
  /** Inputs and attributes to test it with. */
  readonly sample: Sampler<Names, Given>
}

type Options<Given, Short extends keyof Given> = Given | Given[Short]

type CallBy<Names extends readonly string[], Options, Rule> = Rule extends keyof ShapeRules<Names, Options>
  ? ShapeRules<Names, Options>[Rule]
  : Call<Names, Options>

/** Carries an op's parameters and method signature in its type; absent at run time. */
declare const signature: unique symbol

/**
 * An operation: a function on tensors that also carries its own definition. `Rule` says how the shape of the result
 * follows from the inputs in types (see `shape-types.ts`); without one it is unknown at compile time.
 */
export type Op<
  Names extends readonly string[] = readonly string[],
  Given = object,
  Short extends keyof Given = never,
  Rule extends keyof ShapeRules<Names, Given> | null = null,
> = (CallBy<Names, Options<Given, Short>, Rule> extends { function: infer F } ? F : never) &
  AnyOp<Names, Given, CallBy<Names, Options<Given, Short>, Rule> extends { method: infer M } ? M : unknown>

/** An op whose inputs are broadcast against each other; with one input, the result has its shape. */
export type Elementwise<
  Names extends readonly string[],
  Given = object,
  Short extends keyof Given = never,
> = Op<Names, Given, Short, 'broadcast'>

/** The properties of an op. */
interface AnyOp<Names, Given, Method> {
  readonly name: string
  // Loops over the table do not know the attributes of each op, hence `any`.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly definition: Definition<any, any, any>
  readonly [signature]?: { readonly names: Readonly<Names>; readonly given: Given; readonly method: Method }
}

/** The type of an op's method. */
export type MethodOf<O> = O extends { readonly [signature]?: { readonly method: infer Method } }
  ? Method
  : never

/** Fused gradients, which only gradient rules call: not methods of tensors, and not in `docs/ops.md`. */
export type InternalName = `${string}Grad` | `${string}Pick`

export const isInternal = (name: string): boolean => /(Grad|Pick)$/.test(name)

/** Creates an operation from its definition. */
export function op<
  const Names extends readonly string[],
  // biome-ignore lint/complexity/noBannedTypes: no attributes
  Given = {},
  Attributes = Given,
>(
  name: string,
  definition: Definition<Names, Given, Attributes>,
  // The call is typed by the rule that the op's type names.
  // biome-ignore lint/suspicious/noExplicitAny: see above
): AnyOp<Names, Given, any> & ((...args: any[]) => any) {
  const { inputs } = definition
  const names = inputs.map(inputName)
  const { vjp } = definition as { vjp: Readonly<Record<string, unknown>> }
  // A copy only where a rule is missing, since every op is created whenever a program starts.
  const complete = names.every((input) => input in vjp)
    ? definition
    : {
        ...definition,
        vjp: Object.fromEntries(names.map((input) => [input, input in vjp ? vjp[input] : ofDecomposition])),
      }
  const checks = Object.fromEntries(
    Object.keys(definition.attributes ?? {}).map((option) => [option, checkAttribute]),
  )
  const create = (...args: unknown[]): Tensor =>
    blamingCaller(create, () => {
      if (args.length < inputs.length || args.length > inputs.length + 1)
        throw new ValueError(
          `${name}: expects ${names.join(', ')}${definition.attributes ? ' and options' : ''}; got ${args.length} arguments`,
        )
      const tensors = inputs.flatMap((input, index) =>
        isList(input)
          ? listOf(name, input, args[index])
          : [toTensor(args[index] as TensorLike, `${name}, input ${input}`)],
      )
      const shapes = byName(
        inputs,
        tensors.map((tensor) => tensor.shape),
      ) as ByInput<Names[number], Shape>
      const given = optionsOf(name, checks, definition.shorthand, args[inputs.length]) as Given
      try {
        const attributes = definition.prepare
          ? definition.prepare(given, shapes)
          : (given as unknown as Attributes)
        const shape = definition.shape(shapes, attributes)
        checkFits(name, 'the result', shape)
        return new Tensor({ op: result, inputs: tensors, attributes: attributes as object, shape })
      } catch (error) {
        if (error instanceof BackpropagationError) {
          // An op inside the decomposition may throw under its own name.
          if (!error.message.includes(name)) error.message = `${name}: ${error.message}`
          throw error
        }
        // Shape arithmetic on a wrong type, in programs that were not type-checked.
        throw new ValueError(`${name}: cannot take the options ${JSON.stringify(given)}: ${error}`)
      }
    })
  Object.defineProperty(create, 'name', { value: name })
  const result = Object.assign(create, { definition: complete }) as unknown as Op
  return result as never
}

/** The options of a call, as an object or as a bare value. */
function optionsOf(
  name: string,
  checks: Readonly<Record<string, Check<unknown>>>,
  shorthand: string | undefined,
  bare: unknown,
): object {
  if (bare === undefined) return {}
  return checkOptions(
    name,
    isRecord(bare) || shorthand === undefined ? (bare as Record<string, unknown>) : { [shorthand]: bare },
    checks,
  )
}

const checkAttribute = optional(
  check('a number, a boolean, a string or an array of these', (value) => isOption(value)),
)

function isOption(value: unknown, depth = 3): boolean {
  if (!Array.isArray(value))
    return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string'
  // By index, so that holes are found.
  for (let at = 0; at < value.length; at++) if (depth === 0 || !isOption(value[at], depth - 1)) return false
  return true
}

const ofDecomposition = { formula: 'the derivative of the decomposition' }

/** Shared by elementwise functions of one tensor. */
export const ofOne = { inputs: ['x'], shape: ({ x }: { x: Shape }) => x } as const

function listOf(op: string, input: string, given: unknown): Tensor[] {
  const name = inputName(input)
  if (!Array.isArray(given) || given.length === 0)
    throw new ValueError(
      `${op}: ${name} must be a list of one or more tensors, as in ${op}([a, b]); got ${Array.isArray(given) ? 'an empty list' : describeValue(given)}`,
    )
  return given.map((value, place) => toTensor(value, `${op}, input ${name}[${place}]`))
}
