// What is seen of a graph while some of its scopes are open: operations, closed scopes and repeated ones as one, and the
// lines between them, bundled.
import {
  isConstant,
  isVariable,
  type Operation,
  type Operations,
  ownName,
  type Part,
  scopesOf,
  writeShape,
} from './operations.js'

/** A leaf that only one operation takes stands at it; an operation of another part is named there instead of a line to it. */
export interface Attached {
  readonly name: string
  readonly kind: 'variable' | 'constant' | 'reference'
  readonly label: string
}

export interface SeenNode {
  /** Name of the operation or scope; of repeated scopes `a‥b`, the first and the last. */
  readonly id: string
  readonly kind: 'operation' | 'scope' | 'repeated'
  readonly label: string
  readonly part: Part
  /** The scope that it is in; '' for none. */
  readonly scope: string
  /** Operations inside a scope. */
  readonly count: number
  /** How many scopes are repeated. */
  readonly times: number
  readonly attached: readonly Attached[]
}

export interface SeenEdge {
  readonly from: string
  readonly to: string
  /** Of the tensor; how many there are, if they are several with different shapes. */
  readonly label: string
  readonly count: number
}

export interface Seen {
  readonly nodes: readonly SeenNode[]
  /** Open scopes, an outer one before those inside it. */
  readonly scopes: readonly { readonly name: string; readonly part: Part; readonly count: number }[]
  readonly edges: readonly SeenEdge[]
}

/** Scopes open by themselves as long as no more nodes than this are seen. */
const mostReadable = 44
/** Updates stand below each other; more than these stay closed. */
const mostUpdates = 6
/** More scopes than this in a row that are alike are seen as one. */
const fewestRepeated = 3

export interface SeenOptions {
  /** `null` for as many scopes as are readable at once. */
  readonly opened: readonly string[] | null
  readonly gradients: boolean
  readonly update: boolean
}

interface Scope {
  readonly name: string
  readonly part: Part
  /** Operations and scopes in it, in order. */
  readonly children: (Operation | Scope)[]
  count: number
}

const isScope = (child: Operation | Scope): child is Scope => 'children' in child

/** A run of scopes that are alike, each of which takes from the one before. */
interface Repeated {
  readonly id: string
  readonly scopes: readonly Scope[]
}

export function seen(operations: Operations, options: SeenOptions): Seen {
  const shown = [...operations.values()].filter(
    ({ part }) => part === 'forward' || (part === 'gradients' ? options.gradients : options.update),
  )
  const { root, scopes } = scopeTree(shown)
  const repeated = repeatedScopes(scopes, root, shown)
  const opened =
    options.opened === null
      ? readable(root, repeated)
      : new Set(options.opened.filter((id) => scopes.has(id) || isRun(id)))
  /** What stands for an operation: itself, or the outermost scope that is closed. */
  const standIn = (name: string): string => {
    for (const scope of scopesOf(name)) {
      const run = repeated.get(scope)
      if (run && !opened.has(run.id) && !opened.has(scope)) return run.id
      if (!opened.has(scope)) return scope
    }
    return name
  }
  const stands = new Map(shown.map(({ name }) => [name, standIn(name)]))

  const users = new Map<string, Operation[]>()
  for (const operation of shown)
    for (const input of operation.inputs) {
      const list = users.get(input)
      if (list) list.push(operation)
      else users.set(input, [operation])
    }
  const parentOf = (name: string) => scopesOf(name).at(-1) ?? ''
  const attachedTo = new Map<string, Attached[]>()
  const hidden = new Set<string>()
  const attach = (to: string, attached: Attached) => {
    const list = attachedTo.get(to)
    if (!list) attachedTo.set(to, [attached])
    else if (!list.some(({ name }) => name === attached.name)) list.push(attached)
  }
  for (const operation of shown) {
    const { name, inputs } = operation
    if (inputs.length > 0 || !(isVariable(operation) || isConstant(operation)) || stands.get(name) !== name)
      continue
    const own = (users.get(name) ?? []).filter(({ part }) => part === operation.part)
    const [user] = own
    if (own.length !== 1 || stands.get(user!.name) !== user!.name || parentOf(user!.name) !== parentOf(name))
      continue
    hidden.add(name)
    attach(user!.name, {
      name,
      kind: isVariable(operation) ? 'variable' : 'constant',
      label: operation.literal ?? ownName(name),
    })
  }

  const bundles = new Map<string, { from: string; to: string; labels: Set<string>; tensors: Set<string> }>()
  for (const operation of shown) {
    const to = stands.get(operation.name)!
    for (const input of operation.inputs) {
      const source = operations.get(input)!
      const from = stands.get(input)
      if (from === undefined || hidden.has(input) || from === to) {
        if (from === undefined || !hidden.has(input) || source.part === operation.part) continue
      }
      // Values that derivatives need are named where they are taken: lines back would cover everything.
      if (source.part === 'forward' && operation.part !== 'forward') {
        if (to === operation.name) attach(to, { name: input, kind: 'reference', label: shortName(input) })
        continue
      }
      const key = `${from}\n${to}`
      const bundle = bundles.get(key) ?? { from: from!, to, labels: new Set(), tensors: new Set() }
      bundle.labels.add(writeShape(source.shape))
      bundle.tensors.add(input)
      bundles.set(key, bundle)
    }
  }

  const nodes: SeenNode[] = []
  const openScopes: { name: string; part: Part; count: number }[] = []
  const walk = (scope: Scope) => {
    for (const child of scope.children) {
      if (!isScope(child)) {
        const { name, op, part } = child
        if (!hidden.has(name))
          nodes.push({
            id: name,
            kind: 'operation',
            label: op === 'Placeholder' || isVariable(child) ? ownName(name) : (child.literal ?? op),
            part,
            scope: scope.name,
            count: 1,
            times: 1,
            attached: attachedTo.get(name) ?? [],
          })
        continue
      }
      const run = repeated.get(child.name)
      if (opened.has(child.name)) {
        openScopes.push({ name: child.name, part: child.part, count: child.count })
        walk(child)
      } else if (!run || opened.has(run.id)) nodes.push(closed(child, scope.name))
      else if (run.scopes.find(({ name }) => !opened.has(name)) === child) {
        const closedOnes = run.scopes.filter(({ name }) => !opened.has(name))
        nodes.push({
          ...closed(child, scope.name),
          id: run.id,
          kind: 'repeated',
          label: `${ownName(closedOnes[0]!.name)} … ${ownName(closedOnes.at(-1)!.name)}`,
          times: closedOnes.length,
        })
      }
    }
  }
  walk(root)
  return {
    nodes,
    scopes: openScopes,
    edges: Array.from(bundles.values(), ({ from, to, labels, tensors }) => ({
      from,
      to,
      label: labels.size === 1 ? [...labels][0]! : '',
      count: tensors.size,
    })),
  }
}

const closed = ({ name, part, count }: Scope, scope: string): SeenNode => ({
  id: name,
  kind: 'scope',
  label: ownName(name),
  part,
  scope,
  count,
  times: 1,
  attached: [],
})

/** Scopes that are repeated have a name that no scope has. */
const between = '‥'
export const isRun = (id: string) => id.includes(between)

const shortName = (name: string) => name.split('/').slice(-2).join('/')

function scopeTree(operations: readonly Operation[]): { root: Scope; scopes: Map<string, Scope> } {
  const root: Scope = { name: '', part: 'forward', children: [], count: 0 }
  const scopes = new Map<string, Scope>()
  for (const operation of operations) {
    let outer = root
    outer.count++
    for (const name of scopesOf(operation.name)) {
      let scope = scopes.get(name)
      if (!scope) {
        scope = { name, part: operation.part, children: [], count: 0 }
        scopes.set(name, scope)
        outer.children.push(scope)
      }
      scope.count++
      outer = scope
    }
    outer.children.push(operation)
  }
  return { root, scopes }
}

/** By scope, the run of scopes beside each other that it is one of. */
function repeatedScopes(
  scopes: ReadonlyMap<string, Scope>,
  root: Scope,
  operations: readonly Operation[],
): Map<string, Repeated> {
  const found = new Map<string, Repeated>()
  const signatures = new Map<string, string>()
  const inside = new Map<string, Operation[]>()
  for (const operation of operations)
    for (const scope of scopesOf(operation.name)) {
      const list = inside.get(scope)
      if (list) list.push(operation)
      else inside.set(scope, [operation])
    }
  const signature = (scope: Scope): string => {
    let text = signatures.get(scope.name)
    if (text === undefined) {
      const own = inside.get(scope.name)!
      const numbers = new Map(own.map(({ name }, index) => [name, index]))
      text = own
        .map(({ op, shape, inputs }) => `${op} ${shape} ${inputs.map((input) => numbers.get(input) ?? '·')}`)
        .join('\n')
      signatures.set(scope.name, text)
    }
    return text
  }
  for (const outer of [root, ...scopes.values()]) {
    const children = outer.children.filter(isScope)
    for (let begin = 0; begin < children.length; ) {
      let end = begin + 1
      while (end < children.length && signature(children[end]!) === signature(children[begin]!)) end++
      if (end - begin >= fewestRepeated) {
        const alike = children.slice(begin, end)
        const run = { id: `${alike[0]!.name}${between}${ownName(alike.at(-1)!.name)}`, scopes: alike }
        for (const { name } of alike) found.set(name, run)
      }
      begin = end
    }
  }
  return found
}

/** Opens scopes from the outside in while there is room. */
function readable(root: Scope, repeated: ReadonlyMap<string, Repeated>): Set<string> {
  const opened = new Set<string>()
  const sizeOf = ({ children }: Scope) => {
    const runs = new Set<string>()
    let size = 0
    for (const child of children) {
      if (isScope(child)) {
        const run = repeated.get(child.name)
        if (run && runs.has(run.id)) continue
        if (run) runs.add(run.id)
        size++
      } else if (child.inputs.length > 0) size++
    }
    return size
  }
  let size = sizeOf(root)
  const queue = root.children.filter(isScope)
  for (let scope = queue.shift(); scope; scope = queue.shift()) {
    if (repeated.has(scope.name)) continue
    const own = sizeOf(scope)
    const grown = size - 1 + own
    if (grown > mostReadable || (scope.part === 'update' && own > mostUpdates)) continue
    size = grown
    opened.add(scope.name)
    queue.push(...scope.children.filter(isScope))
  }
  return opened
}
