// Decides which tensors of a graph get an array, with a kernel that fills it, and which are inlined as expressions.
import { Constant, type Tensor, topological, Variable } from '@bp/core/lean'
import {
  atom,
  Binding,
  type Expression,
  fixed,
  type Index,
  indexText,
  inOrder,
  literal,
  plus,
  type Statements,
  times,
} from './loops.js'
import { type helpers, type KernelWriter, type Operator, operators, type Position } from './operators.js'

/** Identifies readers that read a tensor at the same position, so that an inlined expression has the same value. */
type Place = object
/** Reads at many positions, or at one of them more than once. */
const often: Place = {}
/** Reads the elements in row-major order. */
const ordered: Place = {}

/** Operations in one expression, which bounds recursion. */
const maxNesting = 24
/** Longer expressions are assigned to a constant. */
const maxInlineLength = 80

/** Whether a tensor read at those places, at that depth in an expression, needs its own array. */
function needsArray(tensor: Tensor, places: ReadonlySet<Place>, depth: number): boolean {
  if (!tensor.op) return !(tensor instanceof Constant && isUniform(tensor)) || places.has(ordered)
  if (tensor.size === 0) return true
  const { kind } = operatorOf(tensor)
  if (kind === 'reshape') return false
  const once = places.size === 1 && !places.has(often)
  return places.has(ordered) || depth >= maxNesting || kind === 'array' || (kind === 'element' && !once)
}

/** Where an operation, itself read at `place`, reads its input. */
function placeIn(input: Tensor, index: number, place: Place, tensor: Tensor, deep: boolean): Place {
  const operator = operatorOf(tensor)
  if (operator.kind === 'reshape') {
    if (deep || place === ordered || !reshaped(tensor, origin(tensor))) return ordered
    return place === often || sizesAbove1(tensor.shape) === sizesAbove1(input.shape) ? place : {}
  }
  if (operator.kind === 'view') return place === often || input.size < tensor.size ? often : {}
  const reading = operator.reads(tensor, index)
  return reading === 'same' ? place : reading === 'often' ? often : {}
}

/** The position of the first element. */
const origin = ({ shape }: Tensor): Position => shape.map(() => fixed(0))

const sizesAbove1 = (shape: readonly number[]) => shape.filter((size) => size !== 1).join()

/** The position in the input of a reshape; null if a dimension of the result would have to be split. */
function reshaped(tensor: Tensor, position: Position): Position | null {
  const left = tensor.shape.flatMap((size, axis) => (size === 1 ? [] : [{ size, index: position[axis]! }]))
  const places: Index[] = []
  for (const size of tensor.inputs[0]!.shape) {
    let place = fixed(0)
    let taken = 1
    while (taken < size) {
      const next = left.shift()!
      place = plus(times(place, next.size), next.index)
      taken *= next.size
    }
    if (taken > size) return null
    places.push(place)
  }
  return places
}

type View = Operator & { readonly kind: 'view' }

const operatorOf = (tensor: Tensor): Operator => operators.get(tensor.op!.name)!

/** A graph of supported operations, divided into kernels. */
export class Kernels {
  /** Tensors with a kernel, in topological order. */
  readonly computed: readonly Tensor[]
  /** Variables and constants stored in arrays. */
  readonly leaves: readonly (Variable | Constant)[]
  readonly #arrays = new Set<Tensor>()
  readonly #reused = new Set<Tensor>()

  constructor(results: readonly Tensor[]) {
    const order = topological(results, ({ size }) => size === 0)
    const readers = new Map(order.map((tensor) => [tensor, { places: new Set<Place>(), uses: 0, depth: 0 }]))
    for (const result of results) readers.get(result)!.places.add(ordered)
    for (const tensor of order.toReversed()) {
      const { places, uses, depth } = readers.get(tensor)!
      if (uses > 1) this.#reused.add(tensor)
      const materialized = needsArray(tensor, places, depth)
      if (materialized) this.#arrays.add(tensor)
      if (!tensor.op || tensor.size === 0) continue
      const operator = operatorOf(tensor)
      const here = materialized ? [{}] : places
      for (const [index, input] of tensor.inputs.entries()) {
        const reader = readers.get(input)!
        const computes = operator.kind === 'element' || operator.kind === 'array'
        reader.uses += materialized || computes ? 1 : uses
        reader.depth = Math.max(reader.depth, materialized ? 1 : depth + 1)
        for (const place of here) reader.places.add(placeIn(input, index, place, tensor, depth >= maxNesting))
      }
    }
    this.computed = order.filter((tensor) => tensor.op && this.#arrays.has(tensor))
    this.leaves = order.filter(
      (tensor): tensor is Variable | Constant =>
        (tensor instanceof Variable || tensor instanceof Constant) && this.#arrays.has(tensor),
    )
  }

  /** The tensor whose array holds the elements of `tensor`, which is read in order. */
  home(tensor: Tensor): Tensor {
    let home = tensor
    while (!this.#arrays.has(home)) home = home.inputs[0]!
    return home
  }

  /** Whether it is a number, not an array. */
  isNumber(tensor: Tensor): boolean {
    return tensor.size === 1 && tensor.op !== null && operatorOf(tensor).kind !== 'array'
  }

  /** Whether it has its own array or number. */
  has(tensor: Tensor): boolean {
    return this.#arrays.has(tensor)
  }

  isReused(tensor: Tensor): boolean {
    return this.#reused.has(tensor)
  }
}

function isUniform({ values }: Constant): boolean {
  return values.length > 0 && values.every((value) => Object.is(value, values[0]))
}

/** Where a tensor's elements from `first` on are stored: the array's name, and the offset of `first` in it. */
export type Locate = (tensor: Tensor, first: number) => { readonly name: string; readonly first: number }

/** The statements of one kernel. */
export class Kernel implements KernelWriter {
  /** Its operations, in order. */
  readonly operations = new Set<string>()

  constructor(
    readonly graph: Kernels,
    readonly statements: Statements,
    readonly locate: Locate,
    readonly helper: (name: keyof typeof helpers) => string,
  ) {}

  readonly read = (tensor: Tensor, position: Position): Expression => {
    if (this.graph.has(tensor)) return this.#element(tensor, inOrder(tensor.shape, position))
    if (tensor instanceof Constant) return literal(tensor.values[0]!)
    const operator = operatorOf(tensor)
    const [input] = tensor.inputs
    if (operator.kind === 'view')
      return this.read(input!, operator.place(tensor, position, tensor.attributes))
    if (operator.kind === 'reshape') {
      const place = reshaped(tensor, position)
      return place
        ? this.read(input!, place)
        : this.#element(this.graph.home(input!), inOrder(tensor.shape, position))
    }
    const again = this.graph.isReused(tensor)
    const key = `${tensor.id} ${position.map((index) => indexText(index).text)}`
    const known = this.statements.known(key)
    if (known) return known
    const made = this.#compute(tensor, position)
    if (made.binding < Binding.Atom && (again || made.text.length > maxInlineLength))
      return this.statements.constant(tensor.op!.name, made, { of: key })
    if (again) this.statements.keep(key, made)
    return made
  }

  /** Declares the tensor's array or number under the name. */
  write(tensor: Tensor, name: string): void {
    if (this.graph.isNumber(tensor)) {
      const value = this.#compute(tensor, origin(tensor))
      this.statements.line(`const ${name} = ${value.text}`)
      return
    }
    this.statements.line(`const ${name} = new Float64Array(${tensor.size})`)
    if (tensor.size === 0) return
    const element = (position: Position) => `${name}[${indexText(inOrder(tensor.shape, position)).text}]`
    const operator = operatorOf(tensor)
    if (operator.kind === 'array') {
      operator.write(this, tensor, element, tensor.attributes)
      this.operations.add(tensor.op!.name)
    } else
      this.statements.loops(tensor.shape, (position) => {
        const { text } = this.#compute(tensor, position)
        this.statements.line(`${element(position)} = ${text}`)
      })
  }

  #compute(tensor: Tensor, position: Position): Expression {
    const { inputs, attributes } = tensor
    const operator = operatorOf(tensor)
    const made =
      operator.kind === 'element'
        ? operator.write(this, tensor, position, attributes)
        : this.read(inputs[0]!, (operator as View).place(tensor, position, attributes))
    this.operations.add(tensor.op!.name)
    return made
  }

  #element(tensor: Tensor, index: Index): Expression {
    if (this.graph.isNumber(tensor)) return atom(this.locate(tensor, 0).name)
    const ascending = [...index.terms.values()].every((times) => times >= 0)
    const { name, first } = this.locate(tensor, ascending ? index.constant : 0)
    const offset = ascending ? { ...index, constant: first } : index
    return atom(`${name}[${indexText(offset).text}]`)
  }
}
