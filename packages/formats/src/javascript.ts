// Writes a graph as the source of one JavaScript module: a function of numbers that runs wherever JavaScript does.
import {
  BackpropagationError,
  type CompileOptions,
  Constant,
  simplify,
  type Tensor,
  topological,
  Variable,
} from '@bp/core/lean'
import { checkedGraph } from './graph.js'
import { Kernel, Kernels } from './javascript/kernels.js'
import { Statements } from './javascript/loops.js'
import { arrayText, decode } from './javascript/numbers.js'
import { helpers, operators } from './javascript/operators.js'
import { distinctNames } from './names.js'

/** A graph that cannot be written as JavaScript; the message says which operation, and why. */
export class JavaScriptError extends BackpropagationError {
  override name = 'JavaScriptError'
}

/**
 * A graph as an ES module in plain JavaScript (ES2020) that contains the current values of its variables: no imports, no
 * WebAssembly, nothing but the language. It exports `predict`, which takes the elements of the input in row-major order,
 * or an object of them by name for several inputs, and returns the output as a Float64Array, or an object of them.
 * For one row of a model: `x = input([1, 4])`, `writeJavaScript({ inputs: { x }, outputs: { y: model.predictions(x) } })`,
 * or `apply` for plain outputs such as logits.
 *
 * It computes in float64, with exact weights and the functions of `Math`, so its results match a float32 graph to
 * float32 accuracy, not bit for bit.
 * @throws JavaScriptError for a missing input, and for an operation that neither can be written nor decomposes into ones
 * that can: random numbers.
 */
export function writeJavaScript(given: CompileOptions): string {
  const { inputs, outputs } = checkedGraph('writeJavaScript', given)
  const results = simplify(Object.values(outputs), undefined, ({ name }) => operators.has(name), 'f64')
  checkGraph(results, new Set(Object.values(inputs)))
  const graph = new Kernels(results)

  const taken = new Set(reserved)
  const isTaken = (name: string) => taken.has(name)
  const distinct = distinctNames(taken, '')
  const nameFor = (name: string) => distinct(identifier(name))
  const parameters = Object.entries(inputs).map(([key, tensor]) => ({ key, tensor, name: nameFor(key) }))
  const names = new Map<Tensor, string>(parameters.map(({ tensor, name }) => [tensor, name]))
  const arrays: { name: string; text: string }[] = []
  const ofConstants = new Map<string, string>()
  for (const leaf of graph.leaves) {
    const text = arrayText(leaf.values, leaf.shape.at(-1) ?? 1)
    // Constants, such as masks, are often equal; equal variables are a coincidence.
    const same = leaf instanceof Constant ? ofConstants.get(text) : undefined
    const name = same ?? nameFor(leaf.name || (leaf instanceof Variable ? 'weights' : 'constants'))
    if (!same) {
      arrays.push({ name, text })
      ofConstants.set(text, name)
    }
    names.set(leaf, name)
  }
  const keys = Object.keys(outputs)
  const requested = new Map(results.map((tensor, index) => [graph.home(tensor), keys[index]!]))
  for (const tensor of graph.computed)
    names.set(tensor, nameFor(requested.get(tensor) ?? (tensor.name || tensor.op!.name)))

  const used = new Set<keyof typeof helpers>()
  const helper = (name: keyof typeof helpers) => {
    used.add(name)
    return name
  }
  const calls = sharedKernels(graph, isTaken, helper)
  const functions = new Map<SharedKernel, string>()
  const locals = new Set<string>()
  let calling = false
  const body = graph.computed.flatMap((tensor): readonly string[] => {
    const name = names.get(tensor)!
    const call = calls.get(tensor)
    if (!call) {
      const statements = new Statements(isTaken, locals)
      const locate = (tensor: Tensor, first: number) => ({ name: names.get(tensor)!, first })
      const kernel = new Kernel(graph, statements, locate, helper)
      kernel.write(tensor, name)
      calling = false
      return ['', comment(kernel), ...statements.lines]
    }
    const called = functions.get(call.kernel) ?? nameFor(`${tensor.op!.name}Of`)
    functions.set(call.kernel, called)
    const given = call.places.map(({ tensor, first }) =>
      first === 0 ? names.get(tensor)! : `${names.get(tensor)}.subarray(${first})`,
    )
    const gap = calling ? [] : ['']
    calling = true
    return [...gap, `const ${name} = ${called}(${given.join(', ')})`]
  })

  const returned = new Set<Tensor>()
  const values = results.map((tensor, index) => {
    const home = graph.home(tensor)
    const name = names.get(home)!
    const own = home.op !== null && !returned.has(home)
    returned.add(home)
    const text = graph.isNumber(home) ? `Float64Array.of(${name})` : own ? name : `Float64Array.from(${name})`
    return [keys[index]!, text] as const
  })
  const checks = parameters.map(
    ({ key, tensor, name }) => `${name} = numbers(${JSON.stringify(key)}, ${name}, ${tensor.size})`,
  )
  const only = parameters.length === 1 ? parameters[0] : undefined
  const parts = [
    [
      '// Written by @bp/formats; it needs nothing but the language.',
      '',
      '/**',
      ...(parameters.length > 0
        ? [` * @param ${documented('ArrayLike<number>', inputs, only?.name ?? 'inputs')}`]
        : []),
      ` * @returns ${documented('Float64Array', outputs)}`,
      ' */',
      `export function predict(${oneOrFields(parameters.map(({ key, name }) => [key, name]))}) {`,
      ...indented([...checks, ...body, '', `return ${oneOrFields(values)}`]),
      '}',
    ],
    ...arrays.map(({ name, text }) => [`const ${name} = ${text}`]),
    ...Array.from(functions, ([{ kernel, parameters, lines }, name]) => [
      comment(kernel),
      `function ${name}(${parameters.join(', ')}) {`,
      ...indented([...lines, 'return y']),
      '}',
    ]),
    checks.length > 0 ? [numbers] : [],
    arrays.some(({ text }) => text.startsWith('decode(')) ? [decode] : [],
    ...Array.from(used, (name) => [helpers[name]]),
  ]
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n')
}

function checkGraph(results: readonly Tensor[], inputs: ReadonlySet<Tensor>): void {
  for (const tensor of topological(results, ({ size }) => size === 0)) {
    if (tensor instanceof Variable || tensor instanceof Constant || inputs.has(tensor)) continue
    if (!tensor.op)
      throw new JavaScriptError(
        `the outputs depend on ${tensor}, which is not among the inputs; list it there`,
      )
    if (tensor.size > 0 && !operators.has(tensor.op.name))
      throw new JavaScriptError(
        `${tensor} cannot be written as JavaScript and does not decompose into operations that can; remove it, or make its result an input`,
      )
  }
}

/** What several kernels have in common: everything but the arrays they read. */
interface SharedKernel {
  readonly kernel: Kernel
  readonly parameters: readonly string[]
  readonly lines: readonly string[]
}

interface Call {
  readonly kernel: SharedKernel
  /** The arguments: tensors, each from element `first` on. */
  readonly places: readonly { readonly tensor: Tensor; readonly first: number }[]
}

/** For each tensor whose kernel is shared with another: how it is called. */
function sharedKernels(
  graph: Kernels,
  isTaken: (name: string) => boolean,
  helper: (name: keyof typeof helpers) => string,
): ReadonlyMap<Tensor, Call> {
  const kinds = new Map<string, { kernel: SharedKernel; calls: Map<Tensor, Call> }>()
  for (const tensor of graph.computed) {
    // A parameter starts at the first element that is read at a constant offset, so that kernels at different positions
    // of an array are equal.
    const firsts = new Map<Tensor, number>()
    const find = (tensor: Tensor, first: number) => {
      firsts.set(tensor, Math.min(first, firsts.get(tensor) ?? first))
      return { name: '', first }
    }
    new Kernel(graph, new Statements(isTaken, new Set()), find, helper).write(tensor, 'y')
    const statements = new Statements(isTaken, new Set(['y']))
    const letterOf = new Map<Tensor, string>()
    const locate = (tensor: Tensor, first: number) => {
      const name = letterOf.get(tensor) ?? statements.outerName(...letters)
      letterOf.set(tensor, name)
      return { name, first: first - firsts.get(tensor)! }
    }
    const kernel = new Kernel(graph, statements, locate, helper)
    kernel.write(tensor, 'y')
    const { lines } = statements
    if (lines.length < 2) continue
    const text = lines.join('\n')
    const parameters = [...letterOf.values()]
    const places = Array.from(letterOf.keys(), (tensor) => ({ tensor, first: firsts.get(tensor)! }))
    const kind = kinds.get(text) ?? { kernel: { kernel, parameters, lines }, calls: new Map() }
    kind.calls.set(tensor, { kernel: kind.kernel, places })
    kinds.set(text, kind)
  }
  return new Map([...kinds.values()].flatMap(({ calls }) => (calls.size > 1 ? [...calls] : [])))
}

/** For parameters; the remaining letters are counters. */
const letters = [...'abcdefghopqrstuvw']

/** The operations of a kernel, in order. */
const comment = ({ operations }: Kernel) => `// ${[...operations].join(', ')}`

/** The type of one or several tensors, a name, and the number of elements of each. */
function documented(type: string, tensors: Readonly<Record<string, Tensor>>, name = ''): string {
  const counts = Object.entries(tensors).map(([key, { size, shape }]) => {
    const rows = shape.filter((length) => length > 1).length > 1 ? `, ${shape.join('×')} row by row` : ''
    return [key, `${size} number${size === 1 ? '' : 's'}${rows}`] as const
  })
  const types = oneOrFields(counts.map(([key]) => [key, type]))
  const text = counts.length === 1 ? counts[0]![1] : counts.map((entry) => entry.join(': ')).join('; ')
  return `{${types}} ${name && `${name} `}${text}`.replaceAll('*/', '* /')
}

/** The function that checks an argument. */
const numbers = `/** Checks that an input is an array of \`count\` numbers. */
function numbers(name, given, count) {
  if (given?.length !== count)
    throw new TypeError(\`predict: \${name} must be a flat array of \${count} numbers, got \${given?.length ?? typeof given}\`)
  return Float64Array.from(given, (value, index) => {
    if (typeof value === 'number') return value
    throw new TypeError(\`predict: \${name}[\${index}] must be a number, got a \${typeof value}\`)
  })
}`

/** Names that the module uses, or must not use. */
const reserved = [
  ...['predict', 'numbers', 'decode', ...Object.keys(helpers)],
  ...['Array', 'ArrayBuffer', 'DataView', 'Float32Array', 'Float64Array', 'Map', 'Math', 'Number'],
  ...['RangeError', 'TypeError', 'Infinity', 'NaN', 'undefined', 'arguments', 'eval', 'await', 'break'],
  ...['case', 'catch', 'class', 'const', 'continue', 'debugger', 'default', 'delete', 'do', 'else', 'enum'],
  ...['export', 'extends', 'false', 'finally', 'for', 'function', 'if', 'implements', 'import', 'in'],
  ...['instanceof', 'interface', 'let', 'new', 'null', 'package', 'private', 'protected', 'public', 'return'],
  ...['static', 'super', 'switch', 'this', 'throw', 'true', 'try', 'typeof', 'var', 'void', 'while', 'with'],
  'yield',
]

/** `layer1Weights` for `layer1/weights`. */
function identifier(name: string): string {
  const [first = 'value', ...rest] = name.match(/[\p{ID_Continue}$]+/gu) ?? []
  const joined = first + rest.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
  return /^[\p{ID_Start}$_]/u.test(joined) ? joined : `_${joined}`
}

const indented = (lines: readonly string[]) => lines.map((line) => (line === '' ? '' : `  ${line}`))

/** A single entry without its key, several as an object. */
function oneOrFields(entries: readonly (readonly [key: string, text: string])[]): string {
  if (entries.length === 1) return entries[0]![1]
  const fields = entries.map(([key, text]) => {
    const name = identifier(key) === key ? key : JSON.stringify(key)
    return key === text ? key : `${name}: ${text}`
  })
  return fields.length > 0 ? `{ ${fields.join(', ')} }` : ''
}
