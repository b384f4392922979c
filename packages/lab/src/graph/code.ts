// A graph as a program: TypeScript for @bp/core, PyTorch, and JSON.
import {
  BackpropagationError,
  byName,
  Constant,
  nest,
  type Tensor,
  ValueError,
  Variable,
} from '@bp/core/lean'
import type { Graph } from '@bp/expression'
import type { OpenedGraph } from './composite.js'
import { expandComposite } from './composite.js'
import { writeOperation } from './describe.js'
import { type Identity, identify } from './names.js'
import type { Trace } from './trace.js'

/** A line of a program or a formula, and the node whose value or derivative it makes. */
export interface CodeLine {
  readonly text: string
  /** Id in the trace; `null` for a line that is of no single node. */
  readonly node: string | null
}

/** A program that computes the output and its derivatives by all variables with `@bp/core`, and prints them. */
export function toTypeScript(graph: Graph | OpenedGraph): string {
  return written(typescriptLines(graph))
}

/** The same, line by line. */
export function typescriptLines(graph: Graph | OpenedGraph): CodeLine[] {
  const identities = identify(graph)
  const idOf = (tensor: Tensor) => identities.get(tensor)!.id
  const names = identifiersOf(graph, typescriptWords)
  const variables = [...names].filter(([tensor]) => tensor instanceof Variable)
  const output = names.get(graph.output)!
  const uses = (kind: (tensor: Tensor) => boolean) => [...names.keys()].some(kind)
  const imports = [
    ...(uses((tensor) => tensor instanceof Constant) ? ['constant'] : []),
    ...(variables.length > 0 && graph.output.size === 1 ? ['gradients'] : []),
    ...(uses(({ op }) => op !== null) ? ['ops'] : []),
    ...(variables.length > 0 ? ['variable'] : []),
  ]
  const lines = [ofNone(`import { ${imports.join(', ')} } from '@bp/core'`), ofNone('')]
  for (const [tensor, name] of names) {
    if (tensor instanceof Variable || tensor instanceof Constant) {
      const kind = tensor instanceof Variable ? 'variable' : 'constant'
      lines.push({
        text: `const ${name} = ${kind}(${valuesOf(tensor)}, { dtype: 'f64' })`,
        node: idOf(tensor),
      })
      continue
    }
    const { inputs } = tensor.op!.definition
    const given = Object.values(
      byName(
        inputs,
        tensor.inputs.map((input) => names.get(input)!),
      ),
    ).map((entry) => (typeof entry === 'string' ? entry : `[${entry.join(', ')}]`))
    const attributes = optionsOf(tensor)
    if (attributes.length > 0) given.push(literal(Object.fromEntries(attributes)))
    lines.push({
      text: `const ${name} = ops.${tensor.op!.name}(${given.join(', ')})${comment(tensor, names, '//')}`,
      node: idOf(tensor),
    })
  }
  lines.push(ofNone(''), {
    text: `console.log('${output}', ${output}.toArray())`,
    node: idOf(graph.output),
  })
  if (graph.output.size === 1 && variables.length > 0) {
    const list = variables.map(([, name]) => name)
    lines.push(
      ofNone(`const derivatives = gradients(${output}, [${list.join(', ')}])`),
      ...variables.map(([tensor, name], index) => ({
        text: `console.log('d${output}/d${name}', derivatives[${index}].toArray())`,
        node: idOf(tensor),
      })),
    )
  }
  return lines
}

const ofNone = (text: string): CodeLine => ({ text, node: null })

function written(lines: readonly CodeLine[]): string {
  return `${lines.map(({ text }) => text).join('\n')}\n`
}

/**
 * What was given to the operation; some of its attributes follow from others.
 * @throws ValueError where that cannot be told from the attributes: no program of the language has such an operation.
 */
function optionsOf({ op, attributes, inputs }: Tensor): [string, unknown][] {
  const { axes, ...all } = { axes: undefined, ...attributes } as { axes?: unknown } & Record<string, unknown>
  const known = (op!.definition.attributes ?? {}) as Record<string, string>
  const options = Object.keys(known).flatMap((key): [string, unknown][] => {
    const value =
      key === 'axes' ? axes : (all[key] ?? (key === 'axis' && Array.isArray(axes) ? axes[0] : undefined))
    return value === undefined ? [] : [[key, value]]
  })
  const given = Object.values(byName(op!.definition.inputs, inputs))
  const make = op as unknown as (...given: unknown[]) => Tensor
  const wanted = JSON.stringify(attributes)
  const { shorthand } = op!.definition as { shorthand?: string }
  // The fewest that make the same operation.
  for (const some of [[], options.filter(([key]) => key === shorthand), options])
    try {
      const again = make(...given, ...(some.length > 0 ? [Object.fromEntries(some)] : []))
      if (JSON.stringify(again.attributes) === wanted) return some
    } catch (error) {
      if (!(error instanceof BackpropagationError)) throw error
    }
  throw new ValueError(`toTypeScript: the options of ${op!.name} cannot be told from its attributes`)
}

/** The same in PyTorch. An operation that PyTorch lacks is written as the simpler ones that it stands for. */
export function toPyTorch(graph: Graph | OpenedGraph): string {
  return written(pytorchLines(graph))
}

/** The same, line by line. What an operation that PyTorch lacks is written as is of the operation's node. */
export function pytorchLines(graph: Graph | OpenedGraph): CodeLine[] {
  let shown: Graph | OpenedGraph = graph
  for (;;) {
    const unknown: Tensor | undefined = [...identify(shown).keys()].find(
      ({ op }) => op && !pytorch.has(op.name),
    )
    if (!unknown) break
    if (!unknown.op!.definition.decompose)
      throw new ValueError(
        `toPyTorch: there is no PyTorch for ${unknown.op!.name}; write it as simpler operations`,
      )
    shown = expandComposite(shown, unknown)
  }
  const own = new Set([...identify(graph).values()].map(({ id }) => id))
  const identities = identify(shown)
  const composites = 'composites' in shown ? shown.composites : []
  const nodeOf = (tensor: Tensor): string => {
    let { id } = identities.get(tensor)!
    while (!own.has(id)) id = composites.find(({ nodes }) => nodes.includes(id))!.id
    return id
  }
  const names = identifiersOf(shown, pythonWords)
  const output = names.get(shown.output)!
  const lines = [ofNone('import torch'), ofNone('')]
  const variables: [node: string, name: string][] = []
  for (const [tensor, name] of names) {
    if (tensor instanceof Variable || tensor instanceof Constant) {
      const grad = tensor instanceof Variable ? ', requires_grad=True' : ''
      if (tensor instanceof Variable) variables.push([nodeOf(tensor), name])
      lines.push({
        text: `${name} = torch.tensor(${pythonNumbers(valuesOf(tensor))}, dtype=torch.float64${grad})`,
        node: nodeOf(tensor),
      })
      continue
    }
    const write = pytorch.get(tensor.op!.name)!
    lines.push({
      text: `${name} = ${write(
        tensor.inputs.map((input) => names.get(input)!),
        tensor,
      )}${comment(tensor, names, ' #')}`,
      node: nodeOf(tensor),
    })
  }
  lines.push(ofNone(''), { text: `print("${output}", ${output}.tolist())`, node: nodeOf(shown.output) })
  if (shown.output.size === 1 && variables.length > 0) {
    lines.push(ofNone(`${output}.${shown.output.rank > 0 ? 'sum().' : ''}backward()`))
    for (const [node, name] of variables)
      lines.push({
        text: `print("d${output}/d${name}", ${name}.grad.tolist() if ${name}.grad is not None else None)`,
        node,
      })
  }
  return lines
}

/** All nodes and edges with their numbers, for other programs. Numbers that are not finite are `null`. */
export function toJson({ nodes, edges, output, target }: Trace): string {
  return `${JSON.stringify(
    {
      output: output.id,
      target: target.id,
      nodes: nodes.map(({ id, name, kind, op, shape, value, derivative, inputs }) => ({
        id,
        name,
        kind,
        op,
        shape,
        value,
        derivative,
        inputs,
      })),
      edges: edges.map(({ id, from, to, input, local, contribution }) => ({
        id,
        from,
        to,
        input,
        local,
        contribution,
      })),
    },
    null,
    2,
  )}\n`
}

type Writer = (inputs: readonly string[], tensor: Tensor) => string

const call =
  (name: string): Writer =>
  (inputs) =>
    `torch.${name}(${inputs.join(', ')})`
const between =
  (sign: string): Writer =>
  ([a, b]) =>
    `${a} ${sign} ${b}`
/** Over the axes, which keep size 1 if the result has as many. */
const over =
  (name: string): Writer =>
  ([x], tensor) => {
    const { axes, keepDims } = tensor.attributes as { axes?: readonly number[]; keepDims?: boolean }
    return `torch.${name}(${x}, dim=(${(axes ?? []).map((axis) => `${axis},`).join(' ')})${keepDims ? ', keepdim=True' : ''})`
  }

const pytorch = new Map<string, Writer>([
  ['add', between('+')],
  ['sub', between('-')],
  ['mul', between('*')],
  ['div', between('/')],
  ['pow', between('**')],
  ['matmul', between('@')],
  ['neg', ([x]) => `-${x}`],
  ['reciprocal', ([x]) => `1 / ${x}`],
  ...(
    [
      'abs',
      'sign',
      'square',
      'sqrt',
      'rsqrt',
      'exp',
      'expm1',
      'log',
      'log1p',
      'floor',
      'ceil',
      'sigmoid',
      'tanh',
      'relu',
      'erf',
      'sin',
      'cos',
      'tan',
      'atan',
      'atan2',
      'maximum',
      'minimum',
      'outer',
    ] as const
  ).map((name): [string, Writer] => [name, call(name)]),
  ['softplus', call('nn.functional.softplus')],
  ['silu', call('nn.functional.silu')],
  ['mish', call('nn.functional.mish')],
  ['logSigmoid', call('nn.functional.logsigmoid')],
  ['where', ([condition, a, b]) => `torch.where(${condition} != 0, ${a}, ${b})`],
  ...(
    [
      ['greater', '>'],
      ['greaterEqual', '>='],
      ['less', '<'],
      ['lessEqual', '<='],
      ['equal', '=='],
      ['notEqual', '!='],
    ] as const
  ).map(([name, sign]): [string, Writer] => [name, ([a, b]) => `(${a} ${sign} ${b}).double()`]),
  [
    'clip',
    ([x], { attributes }) => {
      const { min, max } = attributes as { min: number; max: number }
      return `torch.clamp(${x}, ${pythonNumber(min)}, ${pythonNumber(max)})`
    },
  ],
  ['softmax', ([x], { attributes }) => `torch.softmax(${x}, dim=${(attributes as { axis: number }).axis})`],
  [
    'logSoftmax',
    ([x], { attributes }) => `torch.log_softmax(${x}, dim=${(attributes as { axis: number }).axis})`,
  ],
  ['sum', over('sum')],
  ['mean', over('mean')],
  ['max', over('amax')],
  ['min', over('amin')],
  ['reshape', ([x], { shape }) => `${x}.reshape(${shape.join(', ') || '()'})`],
  ['broadcastTo', ([x], { shape }) => `${x}.expand(${shape.join(', ') || '()'})`],
])

function pythonNumber(value: number): string {
  return Number.isFinite(value) ? String(value) : value > 0 ? 'float("inf")' : 'float("-inf")'
}

/** The values, exactly, as nested arrays. */
function valuesOf(tensor: Variable | Constant): string {
  return literal(nest(Float64Array.from(tensor.values), tensor.shape))
}

function literal(value: unknown): string {
  if (typeof value === 'number')
    return Object.is(value, -0)
      ? '-0'
      : Number.isFinite(value)
        ? String(value)
        : Number.isNaN(value)
          ? 'Number.NaN'
          : `${value < 0 ? '-' : ''}Number.POSITIVE_INFINITY`
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, entry]) => `${key}: ${literal(entry)}`)
      .join(', ')} }`
  return JSON.stringify(value)
}

/** A number with an exponent is a float in Python anyway; `-0` is not. */
function pythonNumbers(text: string): string {
  return text.replaceAll(/-0(?=[,\]]|$)/g, '-0.0')
}

function comment(tensor: Tensor, names: ReadonlyMap<Tensor, string>, mark: string): string {
  const written = writeOperation(
    tensor,
    tensor.inputs.map((input) => names.get(input)!),
  )
  return written.includes('(') ? '' : ` ${mark.trim()} ${written}`
}

/** An identifier for each node: its name as far as the language allows it, and one that no other has. */
function identifiersOf(graph: Graph | OpenedGraph, words: ReadonlySet<string>): Map<Tensor, string> {
  const taken = new Set(words)
  const claim = (wanted: string): string => {
    let name = wanted
    for (let number = 2; taken.has(name); number++) name = `${wanted}_${number}`
    taken.add(name)
    return name
  }
  const identities = identify(graph)
  // Names of the source come first, so that they stay as they are.
  const written = (identity: Identity) =>
    identity.name !== '' && /^[\p{L}_][\p{L}\p{M}\d_]*$/u.test(identity.name)
  const found = new Map<Tensor, string>()
  for (const [tensor, identity] of identities) if (written(identity)) found.set(tensor, claim(identity.name))
  for (const [tensor, { name }] of identities)
    if (!found.has(tensor)) found.set(tensor, claim(name === '' ? 'c' : asIdentifier(name)))
  return new Map([...identities.keys()].map((tensor) => [tensor, found.get(tensor)!]))
}

/** `y₃` as `y_3`. */
function asIdentifier(name: string): string {
  return name
    .replace(/[₀-₉]+/g, (digits) => `_${[...digits].map((digit) => digit.codePointAt(0)! - 0x2080).join('')}`)
    .replace(/[^\p{L}\p{M}\d_]+/gu, '_')
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

const typescriptWords = words(
  'variable constant gradients ops derivatives console arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof undefined var void while with yield',
)
const pythonWords = words(
  'torch print False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield __debug__',
)
