// The graph of a training step as named operations, whether it is that of a network here or was read from a file.
import type { GraphNode } from '@bp/formats/graph-def'

/** Which of the three parts of a step an operation belongs to. */
export type Part = 'forward' | 'gradients' | 'update'

export interface Operation {
  /** Its scopes are in front, as in `layer1/MatMul`. */
  readonly name: string
  readonly op: string
  /** Names of the operations that it takes, in order. */
  readonly inputs: readonly string[]
  /** With −1 for a size that is not known; `null` for an unknown shape. */
  readonly shape: readonly number[] | null
  readonly part: Part
  /** What the node of a constant says: `1`. */
  readonly literal?: string
  /** Name of the operation that computes the derivative of the cost by this one. */
  readonly derivative?: string
  /** Name of the operation by which this one is the derivative of the cost. */
  readonly of?: string
}

/** Operations by name, each after those that it takes. */
export type Operations = ReadonlyMap<string, Operation>

const variables = /^(?:VariableV?\d?|VarHandleOp|VariableV2)$/

export const isVariable = ({ op }: Operation) => variables.test(op)
export const isConstant = ({ op }: Operation) => op === 'Const'

/** The scopes of a name, the outermost first: `a`, `a/b` for `a/b/c`. */
export function scopesOf(name: string): string[] {
  const scopes: string[] = []
  for (let at = name.indexOf('/'); at > 0; at = name.indexOf('/', at + 1)) scopes.push(name.slice(0, at))
  return scopes
}

/** The last part of a name. */
export const ownName = (name: string) => name.slice(name.lastIndexOf('/') + 1)

const updating =
  /^(?:update|train|optimizer|GradientDescent|Momentum|Adam|Adagrad|RMSProp|save|report_uninit)\w*(?:\/|$)/i

/**
 * The nodes of a file. Inputs are names of nodes, without the number of an output or the mark of one that only has to come
 * first; an input that closes a loop is left out.
 */
export function operationsOf(nodes: readonly GraphNode[]): Operations {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const sources = (node: GraphNode) => [
    ...new Set(
      node.inputs.map((input) => input.replace(/^\^|:\d+$/g, '')).filter((name) => byName.has(name)),
    ),
  ]
  const done = new Map<string, Operation>()
  const entered = new Set<string>()
  // A stack of its own: a chain of 10,000 nodes would exhaust that of calls.
  const stack: { readonly node: GraphNode; readonly inputs: readonly string[]; at: number }[] = []
  const enter = (node: GraphNode) => {
    entered.add(node.name)
    stack.push({ node, inputs: sources(node), at: 0 })
  }
  for (const root of nodes) {
    if (entered.has(root.name)) continue
    enter(root)
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.inputs[top.at++]
      if (next !== undefined) {
        if (!entered.has(next)) enter(byName.get(next)!)
        continue
      }
      stack.pop()
      const { name, op, shape } = top.node
      const part = /(?:^|\/)gradients(?:_\d+)?\//.test(name)
        ? 'gradients'
        : updating.test(name)
          ? 'update'
          : 'forward'
      done.set(name, { name, op, inputs: top.inputs.filter((input) => done.has(input)), shape, part })
    }
  }
  return done
}

/** The nodes of operations, for a file. */
export function nodesOf(operations: Operations): GraphNode[] {
  return Array.from(operations.values(), ({ name, op, inputs, shape }) => ({ name, op, inputs, shape }))
}

/** `4×2`; nothing for a scalar or an unknown shape, `?` for an unknown size. */
export function writeShape(shape: readonly number[] | null): string {
  return (shape ?? []).map((size) => (size < 0 ? '?' : String(size))).join('×')
}

/**
 * Names in which a text occurs, whatever its case, or which a pattern between slashes, `/^layer\d/`, fits; also those of
 * whose operations it is. `null` for a pattern that is none.
 */
export function search(operations: Operations, text: string): readonly string[] | null {
  const wanted = text.trim()
  if (wanted === '') return []
  const pattern = /^\/(.+?)\/?$/.exec(wanted)
  let fits: (candidate: string) => boolean
  if (pattern) {
    let expression: RegExp
    try {
      expression = new RegExp(pattern[1]!, 'iu')
    } catch {
      return null
    }
    fits = (candidate) => expression.test(candidate)
  } else {
    const lower = wanted.toLowerCase()
    fits = (candidate) => candidate.toLowerCase().includes(lower)
  }
  return Array.from(operations.values())
    .filter(({ name, op }) => fits(name) || fits(op))
    .map(({ name }) => name)
}
