// Which cells of arrays make one cell: of a value, and of what an edge passes back.
import type { Shape } from '@bp/core/lean'
import { formatNumber } from '../format-number.js'
import type { Numbers } from './numbers.js'
import type { Trace, TraceEdge, TraceNode } from './trace.js'

/** A cell of a node's value or derivative; `[]` is that of a single number. */
export interface Cell {
  readonly node: string
  readonly of: 'value' | 'derivative'
  readonly cell: readonly number[]
}

export interface CellOrigin {
  /**
   * `products`: the cell is the sum of the products of these cells, times `scale`. `function`: it is a function of
   * them, or of the derivative's cells and a local derivative.
   */
  readonly kind: 'products' | 'function'
  readonly terms: readonly (readonly Cell[])[]
  /** 1/n for a mean, else 1. */
  readonly scale: number
}

/** The cells that make one cell of a node's value; `null` where that is not as simple. */
export function cellsOfValue(trace: Trace, id: string, cell: readonly number[]): CellOrigin | null {
  const node = nodeOf(trace, id)
  const inputs = node.inputs.map((input) => nodeOf(trace, input))
  const value = (input: TraceNode, at: readonly number[]): Cell => ({ node: input.id, of: 'value', cell: at })
  if (isProduct(node, inputs)) {
    const [a, b] = inputs as [TraceNode, TraceNode]
    const [i, j] = cell as [number, number]
    return products(range(a.shape[1]!).map((k) => [value(a, [i, k]), value(b, [k, j])]))
  }
  if (reduces(node, inputs)) {
    const [x] = inputs as [TraceNode]
    const kept = keptCell(x.shape, node.shape)
    if (!kept) return null
    const from = cellsIn(x.shape).filter((at) => same(kept(at), cell))
    return products(
      from.map((at) => [value(x, at)]),
      node.op === 'mean' ? 1 / from.length : 1,
    )
  }
  if (!isElementwise(node, inputs)) return null
  const terms = [inputs.map((input) => value(input, broadcastCell(input.shape, cell)))]
  return node.op === 'mul' ? products(terms) : { kind: 'function', terms, scale: 1 }
}

/** The cells that make one cell of what an edge passes back to its source; `null` where that is not as simple. */
export function cellsOfPart(trace: Trace, edgeId: string, cell: readonly number[]): CellOrigin | null {
  const edge: TraceEdge | undefined = trace.edges.find(({ id }) => id === edgeId)
  if (!edge || edge.contribution === null) return null
  const to = nodeOf(trace, edge.to)
  const from = nodeOf(trace, edge.from)
  const inputs = to.inputs.map((input) => nodeOf(trace, input))
  const arriving = (at: readonly number[]): Cell => ({ node: to.id, of: 'derivative', cell: at })
  const value = (input: TraceNode, at: readonly number[]): Cell => ({ node: input.id, of: 'value', cell: at })
  if (isProduct(to, inputs)) {
    const [a, b] = inputs as [TraceNode, TraceNode]
    const [p, q] = cell as [number, number]
    // ā = ȳ · bᵀ and b̄ = aᵀ · ȳ.
    return edge.input === 'a'
      ? products(range(b.shape[1]!).map((j) => [arriving([p, j]), value(b, [q, j])]))
      : products(range(a.shape[0]!).map((i) => [value(a, [i, p]), arriving([i, q])]))
  }
  if (reduces(to, inputs)) {
    const kept = keptCell(from.shape, to.shape)
    const scale = to.op === 'mean' ? sizeOf(to.shape) / sizeOf(from.shape) : 1
    return kept && products([[arriving(kept(cell))]], scale)
  }
  if (!isElementwise(to, inputs)) return null
  const uses = cellsIn(to.shape).filter((at) => same(broadcastCell(from.shape, at), cell))
  if (to.op === 'add') return products(uses.map((at) => [arriving(at)]))
  if (to.op === 'mul') {
    const other = inputs[edge.input === 'a' ? 1 : 0]!
    return products(uses.map((at) => [arriving(at), value(other, broadcastCell(other.shape, at))]))
  }
  return { kind: 'function', terms: uses.map((at) => [arriving(at)]), scale: 1 }
}

/** The cells that make a cell: of a value, or of a derivative that has come along a single edge. */
export function cellsOf(trace: Trace, { node, of, cell }: Cell): CellOrigin | null {
  if (of === 'value') return cellsOfValue(trace, node, cell)
  const [edge, ...others] = trace.edges.filter(
    ({ from, contribution }) => from === node && contribution !== null,
  )
  return edge && others.length === 0 ? cellsOfPart(trace, edge.id, cell) : null
}

/** More terms are not written out. */
const mostTerms = 6

/** The numbers that make a cell, `1·5 + 2·7`; `null` where that is not a sum of products of cells. */
export function writeCellSum(trace: Trace, origin: CellOrigin, digits = 4): string | null {
  if (origin.kind !== 'products') return null
  const number = ({ node, of, cell }: Cell, first: boolean): string => {
    const found = nodeOf(trace, node)
    const text = formatNumber(at((of === 'value' ? found.value : found.derivative)!, cell), digits)
    return !first && text.startsWith('−') ? `(${text})` : text
  }
  const written = origin.terms
    .slice(0, mostTerms)
    .map((term, index) => term.map((cell, factor) => number(cell, index + factor === 0)).join('·'))
  const sum = [...written, ...(origin.terms.length > mostTerms ? ['…'] : [])].join(' + ')
  if (origin.scale === 1) return sum
  return `${origin.terms.length > 1 ? `(${sum})` : sum} / ${formatNumber(1 / origin.scale, digits)}`
}

function at(numbers: Numbers, cell: readonly number[]): number {
  return cell.reduce<Numbers>((entry, index) => (entry as readonly Numbers[])[index]!, numbers) as number
}

function products(terms: readonly (readonly Cell[])[], scale = 1): CellOrigin {
  return { kind: 'products', terms, scale }
}

function nodeOf({ nodes }: Trace, id: string): TraceNode {
  return nodes.find((node) => node.id === id)!
}

function isProduct({ op, shape }: TraceNode, inputs: readonly TraceNode[]): boolean {
  const [a, b] = inputs
  return (
    op === 'matmul' &&
    a!.shape.length === 2 &&
    b!.shape.length === 2 &&
    shape[0] === a!.shape[0] &&
    shape[1] === b!.shape[1] &&
    a!.shape[1] === b!.shape[0]
  )
}

function reduces({ op }: TraceNode, inputs: readonly TraceNode[]): boolean {
  return (op === 'sum' || op === 'mean') && inputs[0]!.shape.length > 0
}

/** Every input is broadcast to the shape of the result. Others whose shapes happen to agree mix their cells. */
function isElementwise({ op, shape }: TraceNode, inputs: readonly TraceNode[]): boolean {
  return (
    op !== null &&
    elementwise.has(op) &&
    inputs.every((input) => {
      const offset = shape.length - input.shape.length
      return offset >= 0 && input.shape.every((size, axis) => size === 1 || size === shape[offset + axis])
    })
  )
}

const elementwise = new Set(
  'add sub mul div pow neg abs sign square sqrt rsqrt reciprocal exp expm1 log log1p sigmoid tanh relu softplus silu gelu mish logSigmoid erf sin cos tan atan atan2 maximum minimum squaredDifference where less greater lessEqual greaterEqual equal notEqual floor ceil round leakyRelu elu selu clip relu6 hardSigmoid hardSwish'.split(
    ' ',
  ),
)

function broadcastCell(shape: Shape, cell: readonly number[]): number[] {
  const offset = cell.length - shape.length
  return shape.map((size, axis) => (size === 1 ? 0 : cell[offset + axis]!))
}

/**
 * From a cell of `x` to that of its sum: which axes are gone follows from the shapes, unless several have the same
 * length; then `null`.
 */
function keptCell(x: Shape, result: Shape): ((cell: readonly number[]) => number[]) | null {
  if (result.length === 0) return () => []
  if (result.length === x.length) return (cell) => cell.map((index, axis) => (result[axis] === 1 ? 0 : index))
  const ways = subsets(x.length, result.length).filter((axes) =>
    axes.every((axis, at) => x[axis] === result[at]),
  )
  const [axes] = ways
  return ways.length === 1 ? (cell) => axes!.map((axis) => cell[axis]!) : null
}

/** Choices of `count` of the first `length` numbers, in order. */
function subsets(length: number, count: number, from = 0): number[][] {
  if (count === 0) return [[]]
  return range(length - from).flatMap((offset) =>
    subsets(length, count - 1, from + offset + 1).map((rest) => [from + offset, ...rest]),
  )
}

function cellsIn(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (cells, size) => cells.flatMap((cell) => range(size).map((index) => [...cell, index])),
    [[]],
  )
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index)
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((index, axis) => index === b[axis])
}

function sizeOf(shape: Shape): number {
  return shape.reduce((size, length) => size * length, 1)
}
