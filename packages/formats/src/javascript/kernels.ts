// Which tensors of a graph get an array, with a kernel that fills it, and which are expressions inside of such.
import { Constant, type Tensor, topological, Variable } from '@bp/core'
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

/** Of what reads a tensor at one place, whatever that is: an expression in it has the same value. */
type Place = object
/** Reads it in many places, or in one of them more than once. */
const often: Place = {}
/** Reads it by the order of its numbers. */
const ordered: Place = {}

/** Operations in one expression, so that walks into it are not too deep. */
const mostNested = 24
/** Longer expressions become a constant of their own. */
const mostReadable = 80

/** Whether a tensor that is read in those places, so deep in an expression, has an array of its own. */
function isApart(tensor: Tensor, places: ReadonlySet<Place>, depth: number): boolean {
  if (!tensor.op) return !(tensor instanceof Constant && isUniform(tensor)) || places.has(ordered)
  if (tensor.size === 0) return true
  const { kind } = operatorOf(tensor)
  if (kind === 'reshape') return false
  const once = places.size === 1 && !places.has(often)
  return places.has(ordered) || depth >= mostNested || kind === 'array' || (kind === 'element' && !once)
}

/** Where an operation that is read at a place reads its input. */
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

/** The first place. */
const origin = ({ shape }: Tensor): Position => shape.map(() => fixed(0))

const sizesAbove1 = (shape: readonly number[]) => shape.filter((size) => size !== 1).join()

/** The place in what is reshaped, as far as no dimension of the result has to be cut for it. */
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

/** A graph of operations that are written, divided into kernels. */
export class Kernels {
  /** Tensors that have a kernel, inputs before what uses them. */
  readonly made: readonly Tensor[]
  /** Variables and constants that are read from arrays. */
  readonly leaves: readonly (Variable | Constant)[]
  readonly #arrays = new Set<Tensor>()
  readonly #usedAgain = new Set<Tensor>()

  constructor(results: readonly Tensor[]) {
    const order = topological(results, ({ size }) => size === 0)
    const readers = new Map(order.map((tensor) => [tensor, { places: new Set<Place>(), uses: 0, depth: 0 }]))
    for (const result of results) readers.get(result)!.places.add(ordered)
    for (const tensor of order.toReversed()) {
      const { places, uses, depth } = readers.get(tensor)!
      if (uses > 1) this.#usedAgain.add(tensor)
      const apart = isApart(tensor, places, depth)
      if (apart) this.#arrays.add(tensor)
      if (!tensor.op || tensor.size === 0) continue
      const operator = operatorOf(tensor)
      const here = apart ? [{}] : places
      for (const [index, input] of tensor.inputs.entries()) {
        const reader = readers.get(input)!
        const computes = operator.kind === 'element' || operator.kind === 'array'
        reader.uses += apart || computes ? 1 : uses
        reader.depth = Math.max(reader.depth, apart ? 1 : depth + 1)
        for (const place of here) reader.places.add(placeIn(input, index, place, tensor, depth >= mostNested))
      }
    }
    this.made = order.filter((tensor) => tensor.op && this.#arrays.has(tensor))
    this.leaves = order.filter(
      (tensor): tensor is Variable | Constant =>
        (tensor instanceof Variable || tensor instanceof Constant) && this.#arrays.has(tensor),
    )
  }

  /** The tensor in whose array the numbers of one stand that is read in order. */
  home(tensor: Tensor): Tensor {
    let home = tensor
    while (!this.#arrays.has(home)) home = home.inputs[0]!
    return home
  }

  /** Whether it is a number and no array. */
  isNumber(tensor: Tensor): boolean {
    return tensor.size === 1 && tensor.op !== null && operatorOf(tensor).kind !== 'array'
  }

  /** Whether it has an array, or is a number, of its own. */
  has(tensor: Tensor): boolean {
    return this.#arrays.has(tensor)
  }

  isUsedAgain(tensor: Tensor): boolean {
    return this.#usedAgain.has(tensor)
  }
}

function isUniform({ values }: Constant): boolean {
  return values.length > 0 && values.every((value) => Object.is(value, values[0]))
}

/** Where the numbers of a tensor from one on are: the name, and what of `first` is still to be counted from there. */
export type Locate = (tensor: Tensor, first: number) => { readonly name: string; readonly first: number }

/** The statements of one kernel. */
export class Kernel implements KernelWriter {
  /** The operations in it, in order. */
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
    const again = this.graph.isUsedAgain(tensor)
    const key = `${tensor.id} ${position.map((index) => indexText(index).text)}`
    const known = this.statements.known(key)
    if (known) return known
    const made = this.#compute(tensor, position)
    if (made.binding < Binding.Atom && (again || made.text.length > mostReadable))
      return this.statements.constant(tensor.op!.name, made, { of: key })
    if (again) this.statements.keep(key, made)
    return made
  }

  /** Declares the array of the tensor, or the number, under the name. */
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
    const rising = [...index.terms.values()].every((times) => times >= 0)
    const { name, first } = this.locate(tensor, rising ? index.constant : 0)
    const left = rising ? { ...index, constant: first } : index
    return atom(`${name}[${indexText(left).text}]`)
  }
}
