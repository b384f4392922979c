// How operations are written as JavaScript. An operation not listed here is written as its decomposition.
import type { Tensor } from '@bp/core/lean'
import {
  atom,
  Binding,
  counter,
  type Expression,
  fixed,
  type Index,
  indexText,
  literal,
  plus,
  type Statements,
  times,
  truth,
  within,
} from './loops.js'

/** An index along each dimension. */
export type Position = readonly Index[]

/** Functions included in a module that needs them. */
export const helpers = {
  erf: `/** 2/√π times the integral of e^(-t²) from 0 to x: a series up to 2 (DLMF 7.6.2), a continued fraction beyond (7.9.1). */
function erf(x) {
  if (Math.abs(x) >= 2) {
    const size = Math.abs(x)
    let fraction = size
    for (let n = 120; n > 0; n--) fraction = size + n / 2 / fraction
    return Math.sign(x) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction)
  }
  let term = (2 / Math.sqrt(Math.PI)) * x * Math.exp(-x * x)
  let sum = term
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return sum
}`,
  checkIndex: `/** Checks an index into a dimension of size \`count\`. */
function checkIndex(value, count) {
  if (!(Number.isInteger(value) && value >= 0 && value < count))
    throw new RangeError(\`index \${value} is out of range; expected an integer in [0, \${count})\`)
  return value
}`,
  remainder: `/** a - b · ⌊a / b⌋, with the sign of b. */
function remainder(a, b) {
  const rest = a % b
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest
}`,
  roundToEven: `/** The nearest integer, ties to even. */
function roundToEven(x) {
  const below = Math.floor(x)
  const rest = x - below
  return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : Math.ceil(x)
}`,
  sigmoid: `/** The logistic function. */
function sigmoid(x) {
  return 1 / (1 + Math.exp(-x))
}`,
} as const

/** The kernel that operations write into. */
export interface KernelWriter {
  readonly statements: Statements
  /** An element of a tensor. */
  readonly read: (tensor: Tensor, position: Position) => Expression
  /** Includes a helper function in the module; returns its name. */
  readonly helper: (name: keyof typeof helpers) => string
}

/** How an input is read: each element at the result's position, once at some position, or repeatedly. */
type Reading = 'same' | 'once' | 'often'

// Attributes differ by operation and are typed in its definition, hence `any`.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Attributes = any

interface Computing {
  readonly reads: (tensor: Tensor, input: number) => Reading
}

export type Operator =
  /** Returns an element, and may write statements before it. */
  | (Computing & {
      readonly kind: 'element'
      readonly write: (
        to: KernelWriter,
        tensor: Tensor,
        position: Position,
        attributes: Attributes,
      ) => Expression
    })
  /** Fills an array of zeros; `y` is an element of it. */
  | (Computing & {
      readonly kind: 'array'
      readonly write: (
        to: KernelWriter,
        tensor: Tensor,
        y: (position: Position) => string,
        attributes: Attributes,
      ) => void
    })
  /** Computes nothing: maps a position to one in its input. */
  | {
      readonly kind: 'view'
      readonly place: (tensor: Tensor, position: Position, attributes: Attributes) => Position
    }
  /** Has the elements of its input in the same order. */
  | { readonly kind: 'reshape' }

/** The position in an input that is broadcast to the result's shape. */
const broadcast = ({ shape }: Tensor, position: Position): Position =>
  shape.map((size, axis) => (size === 1 ? fixed(0) : position[axis + position.length - shape.length]!))

const elementwise = (
  f: (values: readonly Expression[], attributes: Attributes, to: KernelWriter) => Expression,
): Operator => ({
  kind: 'element',
  reads: ({ inputs, size }, input) => (inputs[input]!.size === size ? 'same' : 'often'),
  write: (to, { inputs }, position, attributes) =>
    f(
      inputs.map((input) => to.read(input, broadcast(input, position))),
      attributes,
      to,
    ),
})

const infix = (sign: string, binding: Binding) =>
  elementwise(([a, b]) => ({
    text: `${within(binding, a!)} ${sign} ${within(binding + 1, b!)}`,
    binding,
  }))

const comparison = (sign: string) =>
  elementwise(([a, b]) => truth(`${within(Binding.Sum, a!)} ${sign} ${within(Binding.Sum, b!)}`))

const call = (name: string, ...values: readonly Expression[]): Expression => ({
  text: `${name}(${values.map(({ text }) => text).join(', ')})`,
  binding: Binding.Call,
})

const math = (name: string) => elementwise((values) => call(`Math.${name}`, ...values))

const helped = (name: keyof typeof helpers) =>
  elementwise((values, _, to) => call(to.helper(name), ...values))

const over = (a: string, b: Expression): Expression => ({
  text: `${a} / ${within(Binding.Sign, b)}`,
  binding: Binding.Product,
})

/** A loop over the axes that accumulates a number: its initial value, and how an element updates it. */
const reduction = (
  name: string,
  start: string,
  step: (result: string, element: Expression) => string,
  finish: (result: Expression, tensor: Tensor) => Expression = (result) => result,
): Operator => ({
  kind: 'element',
  reads: () => 'once',
  write: (to, tensor, position, { axes, keepDims }) => {
    const [x] = tensor.inputs
    const result = to.statements.variable(name, start)
    to.statements.loops(
      axes.map((axis: number) => x!.shape[axis]!),
      (inner) => {
        const element = to.read(x!, alongAxes(x!, position, axes, keepDims, inner))
        to.statements.line(step(result, element))
      },
    )
    return finish(atom(result), tensor)
  },
})

/** The position in a reduced tensor, from one in the result and one along the axes. */
function alongAxes(
  { shape }: Tensor,
  outer: Position,
  axes: readonly number[],
  keepDims: boolean,
  inner: Position,
): Position {
  const rest = keepDims ? outer.filter((_, axis) => !axes.includes(axis)) : [...outer]
  return shape.map((_, axis) => (axes.includes(axis) ? inner[axes.indexOf(axis)]! : rest.shift()!))
}

/** A window's position along one dimension of an image, and whether it may extend into the padding. */
interface Side {
  readonly name: string
  readonly place: Index
  readonly size: number
  readonly padded: boolean
}

/** Runs `write` where the index is inside the image. */
function inside(to: KernelWriter, { name, place, size, padded }: Side, write: (place: Index) => void): void {
  if (place.terms.size === 0) {
    if (place.constant >= 0 && place.constant < size) write(place)
  } else if (!padded) write(place)
  else {
    const { text } = to.statements.constant(name, indexText(place))
    to.statements.when([`${text} >= 0`, `${text} < ${size}`], () => write(counter(text)))
  }
}

interface Windows {
  readonly stride: readonly number[]
  readonly padding: readonly (readonly number[])[]
}

const sides = ['row', 'column']

/** The side along an axis, 0 for rows, of a cell of a window. */
const sideOf = (
  { stride, padding }: Windows,
  axis: number,
  window: Index,
  cell: Index,
  size: number,
): Side => ({
  name: sides[axis]!,
  place: plus(times(window, stride[axis]!), cell, -padding[axis]![0]!),
  size,
  padded: padding[axis]!.some((cells) => cells > 0),
})

/** Loops over all products of a convolution; `write` gets the positions in images, weights and result. */
function convolution(
  to: KernelWriter,
  [x, weights, y]: readonly [x: Tensor, weights: Tensor, y: Tensor],
  attributes: Windows & { readonly dilation: readonly number[]; readonly groups: number },
  write: (x: Position, weights: Position, y: Position) => void,
): void {
  const { statements } = to
  const { dilation, groups } = attributes
  const [images, height, width] = x.shape as [number, number, number]
  const [kernelHeight, kernelWidth, depth, outputs] = weights.shape as [number, number, number, number]
  const [, outHeight, outWidth] = y.shape as [number, number, number]
  statements.loops([images, outHeight, outWidth, kernelHeight], ([n, i, j, u]) =>
    inside(to, sideOf(attributes, 0, i!, times(u!, dilation[0]!), height), (row) =>
      statements.loops([kernelWidth], ([v]) =>
        inside(to, sideOf(attributes, 1, j!, times(v!, dilation[1]!), width), (column) =>
          statements.loops([groups, depth, outputs / groups], ([group, c, o]) => {
            const output = plus(times(group!, outputs / groups), o!)
            const channel = plus(times(group!, depth), c!)
            write([n!, row, column, channel], [u!, v!, c!, output], [n!, i!, j!, output])
          }),
        ),
      ),
    ),
  )
}

/** One of the three convolutions that are each other's gradients; `parts` says which tensor is images, weights and result. */
const convolutionOf = (
  parts: (made: Tensor, a: Tensor, b: Tensor) => readonly [x: Tensor, weights: Tensor, y: Tensor],
): Operator => ({
  kind: 'array',
  reads: () => 'often',
  write: (to, tensor, result, attributes) => {
    const [a, b] = tensor.inputs
    const all = parts(tensor, a!, b!)
    convolution(to, all, attributes, (...positions) => {
      const [left, right] = all.flatMap((part, at) =>
        part === tensor ? [] : [to.read(part, positions[at]!)],
      )
      to.statements.line(
        `${result(positions[all.indexOf(tensor)]!)} += ${within(Binding.Product, left!)} * ${within(Binding.Sign, right!)}`,
      )
    })
  },
})

/** Loops over the cells of a window that are inside the image. */
function overWindow(
  to: KernelWriter,
  { shape }: Tensor,
  attributes: Windows & { readonly size: readonly number[] },
  [n, i, j, c]: Position,
  write: (position: Position) => void,
): void {
  const [, height, width] = shape as [number, number, number]
  const [rows, columns] = attributes.size as [number, number]
  to.statements.loops([rows], ([u]) =>
    inside(to, sideOf(attributes, 0, i!, u!, height), (row) =>
      to.statements.loops([columns], ([v]) =>
        inside(to, sideOf(attributes, 1, j!, v!, width), (column) => write([n!, row, column, c!])),
      ),
    ),
  )
}

/** The number of cells that a window's mean is taken over. */
function cells(
  { shape }: Tensor,
  attributes: Windows & { readonly size: readonly number[]; readonly countPadding: boolean },
  [, ...place]: Position,
): Expression {
  const { size, countPadding } = attributes
  const factors = [0, 1].map((axis) => {
    const side = sideOf(attributes, axis, place[axis]!, fixed(0), shape[axis + 1]!)
    if (countPadding || !side.padded) return literal(size[axis]!)
    const end = indexText(plus(side.place, size[axis]!)).text
    const start = indexText(side.place).text
    return {
      text: `Math.min(${end}, ${side.size}) - Math.max(${start}, 0)`,
      binding: Binding.Sum,
    }
  })
  if (factors.every(({ binding }) => binding === Binding.Atom)) return literal(size[0]! * size[1]!)
  const text = factors.map((factor) => within(Binding.Product, factor)).join(' * ')
  return { text, binding: Binding.Product }
}

/** The position of a window's maximum, the first on a tie; of the last NaN, if there is one. */
function largestIn(to: KernelWriter, x: Tensor, attributes: Attributes, position: Position): Position {
  const { statements } = to
  const [n, i, j, c] = position
  const largest = statements.variable('largest', '-Infinity')
  const best = [i!, j!].map((place, axis) => {
    const side = sideOf(attributes, axis, place, fixed(0), x.shape[axis + 1]!)
    const first = indexText(side.place).text
    return statements.variable(`${sides[axis]}OfLargest`, side.padded ? `Math.max(${first}, 0)` : first)
  })
  overWindow(to, x, attributes, position, (cell) => {
    const value = statements.constant('value', to.read(x, cell)).text
    statements.when([`${value} > ${largest} || Number.isNaN(${value})`], () => {
      statements.line(`${largest} = ${value}`)
      for (const [axis, name] of best.entries())
        statements.line(`${name} = ${indexText(cell[axis + 1]!).text}`)
    })
  })
  return [n!, counter(best[0]!), counter(best[1]!), c!]
}

/** The index that an element of `indices` selects, in [0, count). */
function selected(to: KernelWriter, indices: Tensor, position: Position, count: number): Index {
  const { text } = to.read(indices, position)
  const checked = call(to.helper('checkIndex'), atom(text), literal(count))
  return counter(
    to.statements.constant('selected', checked, { of: `${indices.id} ${text}`, places: position }).text,
  )
}

/** The position in a sliced tensor, from one in the slice. */
const beforeSlice = (position: Position, { begin, steps }: Attributes): Position =>
  position.map((index, axis) => plus(times(index, steps[axis]), begin[axis]))

const extremes = (name: string, start: string, f: string) =>
  reduction(name, start, (result, element) => `${result} = Math.${f}(${result}, ${element.text})`)

const sum = (result: string, element: Expression) => `${result} += ${element.text}`

/** By operation name. */
export const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['add', infix('+', Binding.Sum)],
  ['sub', infix('-', Binding.Sum)],
  ['mul', infix('*', Binding.Product)],
  ['div', infix('/', Binding.Product)],
  ...[
    ...['abs', 'sign', 'sqrt', 'exp', 'expm1', 'log', 'log1p', 'tanh', 'floor', 'ceil', 'sin', 'cos', 'tan'],
    ...['atan', 'atan2', 'pow'],
  ].map((name) => [name, math(name)] as const),
  ['maximum', math('max')],
  ['minimum', math('min')],
  ['mod', helped('remainder')],
  ['round', helped('roundToEven')],
  ['erf', helped('erf')],
  ['sigmoid', helped('sigmoid')],
  ['neg', elementwise(([x]) => ({ text: `-${within(Binding.Call, x!)}`, binding: Binding.Sign }))],
  ['reciprocal', elementwise(([x]) => over('1', x!))],
  ['relu', elementwise(([x]) => call('Math.max', x!, literal(0)))],
  [
    'clip',
    elementwise(([x], { min, max }) => {
      const raised = min === -Infinity ? x! : call('Math.max', x!, literal(min))
      return max === Infinity ? raised : call('Math.min', raised, literal(max))
    }),
  ],
  [
    'clipGrad',
    elementwise(([x, upstream], { min, max, open }) => {
      const value = within(Binding.Sum, x!)
      const sign = open ? '' : '='
      return {
        text: `${value} >${sign} ${min} && ${value} <${sign} ${max} ? ${upstream!.text} : 0`,
        binding: Binding.Choice,
      }
    }),
  ],
  ['less', comparison('<')],
  ['greater', comparison('>')],
  ['lessEqual', comparison('<=')],
  ['greaterEqual', comparison('>=')],
  ['equal', comparison('===')],
  ['notEqual', comparison('!==')],
  [
    'where',
    elementwise(([condition, a, b]) => {
      const test = condition!.condition ?? `${within(Binding.Sum, condition!)} !== 0`
      return { text: `${test} ? ${a!.text} : ${b!.text}`, binding: Binding.Choice }
    }),
  ],
  ['sum', reduction('sum', '0', sum)],
  [
    'mean',
    reduction('sum', '0', sum, ({ text }, { inputs: [x], size }) => over(text, literal(x!.size / size))),
  ],
  [
    'prod',
    reduction('product', '1', (result, element) => `${result} *= ${within(Binding.Product, element)}`),
  ],
  ['max', extremes('largest', '-Infinity', 'max')],
  ['min', extremes('smallest', 'Infinity', 'min')],
  [
    'argMax',
    {
      kind: 'element',
      reads: () => 'once',
      // The first maximum, or the first NaN.
      write: ({ statements, read }, { inputs: [x] }, position, { axes }) => {
        const largest = statements.variable('largest', '-Infinity')
        const at = statements.variable('at', '0')
        statements.loops([x!.shape[axes[0]]!], (inner) => {
          const element = read(x!, alongAxes(x!, position, axes, false, inner))
          const value = statements.constant('value', element).text
          const first = `Number.isNaN(${value}) && !Number.isNaN(${largest})`
          statements.when([`${value} > ${largest} || (${first})`], () => {
            statements.line(`${largest} = ${value}`)
            statements.line(`${at} = ${indexText(inner[0]!).text}`)
          })
        })
        return atom(at)
      },
    },
  ],
  [
    'cumsum',
    {
      kind: 'array',
      reads: () => 'once',
      write: ({ statements, read }, { shape, inputs: [x] }, y, { axis, reverse }) => {
        statements.loops(shape.with(axis, 1), (outer) => {
          const total = statements.variable('sum', '0')
          statements.loops([shape[axis]!], ([step]) => {
            const place = reverse ? plus(shape[axis]! - 1, times(step!, -1)) : step!
            const position = outer.with(axis, place)
            statements.line(`${total} += ${read(x!, position).text}`)
            statements.line(`${y(position)} = ${total}`)
          })
        })
      },
    },
  ],
  [
    'matmul',
    {
      kind: 'element',
      reads: () => 'often',
      write: ({ statements, read }, { inputs }, position, { transposeA, transposeB }) => {
        const [a, b] = inputs as [Tensor, Tensor]
        const places = [...position]
        const column = b.rank > 1 ? places.pop()! : null
        const row = a.rank > 1 ? places.pop()! : null
        const inStack = (matrix: Tensor) =>
          matrix.shape
            .slice(0, -2)
            .map((size, axis) => (size === 1 ? fixed(0) : places[axis + places.length + 2 - matrix.rank]!))
        const side = (matrix: Tensor, outer: Index | null, inner: Index, innerLast: boolean) =>
          outer === null
            ? read(matrix, [inner])
            : read(matrix, [...inStack(matrix), ...(innerLast ? [outer, inner] : [inner, outer])])
        const total = statements.variable('sum', '0')
        statements.loops([a.shape[a.rank === 1 ? 0 : a.rank - (transposeA ? 2 : 1)]!], ([k]) => {
          const left = within(Binding.Product, side(a, row, k!, !transposeA))
          const right = within(Binding.Sign, side(b, column, k!, transposeB))
          statements.line(`${total} += ${left} * ${right}`)
        })
        return atom(total)
      },
    },
  ],
  ['conv2d', convolutionOf((y, x, weights) => [x, weights, y])],
  ['conv2dInputGrad', convolutionOf((x, y, weights) => [x, weights, y])],
  ['conv2dWeightGrad', convolutionOf((weights, x, y) => [x, weights, y])],
  [
    'maxPool2d',
    {
      kind: 'element',
      reads: () => 'often',
      write: (to, { inputs: [x] }, position, attributes) => {
        const largest = to.statements.variable('largest', '-Infinity')
        overWindow(to, x!, attributes, position, (cell) =>
          to.statements.line(`${largest} = Math.max(${largest}, ${to.read(x!, cell).text})`),
        )
        return atom(largest)
      },
    },
  ],
  [
    'avgPool2d',
    {
      kind: 'element',
      reads: () => 'often',
      write: (to, { inputs: [x] }, position, attributes) => {
        const total = to.statements.variable('sum', '0')
        overWindow(to, x!, attributes, position, (cell) =>
          to.statements.line(`${total} += ${to.read(x!, cell).text}`),
        )
        return over(total, cells(x!, attributes, position))
      },
    },
  ],
  [
    'maxPool2dPick',
    {
      kind: 'element',
      reads: () => 'often',
      write: (to, { inputs: [x, values] }, position, attributes) =>
        to.read(values!, largestIn(to, x!, attributes, position)),
    },
  ],
  [
    'maxPool2dGrad',
    {
      kind: 'array',
      reads: () => 'often',
      write: (to, { inputs: [x, upstream] }, dx, attributes) =>
        to.statements.loops(upstream!.shape, (position) => {
          const place = largestIn(to, x!, attributes, position)
          to.statements.line(`${dx(place)} += ${to.read(upstream!, position).text}`)
        }),
    },
  ],
  [
    'avgPool2dGrad',
    {
      kind: 'array',
      reads: () => 'once',
      write: (to, tensor, dx, attributes) => {
        const [upstream] = tensor.inputs
        to.statements.loops(upstream!.shape, (position) => {
          const whole = within(Binding.Product, to.read(upstream!, position))
          const part = over(whole, cells(tensor, attributes, position))
          const share = to.statements.constant('share', part).text
          overWindow(to, tensor, attributes, position, (cell) =>
            to.statements.line(`${dx(cell)} += ${share}`),
          )
        })
      },
    },
  ],
  [
    'scaledDotProductAttention',
    {
      kind: 'array',
      reads: () => 'often',
      write: ({ statements, read }, { inputs }, y, { causal, scale }) => {
        const [q, k, v] = inputs as [Tensor, Tensor, Tensor]
        const [queries, depth] = q.shape.slice(-2) as [number, number]
        const [keys, width] = v.shape.slice(-2) as [number, number]
        const scores = statements.name('scores')
        statements.line(`const ${scores} = new Float64Array(${keys})`)
        statements.loops([...q.shape.slice(0, -2), queries], (position) => {
          const [heads, query] = [position.slice(0, -1), position.at(-1)!]
          const seen = indexText(plus(query, 1)).text
          const end = !causal ? `${keys}` : queries <= keys ? seen : `Math.min(${keys}, ${seen})`
          const score = (key: Index) => `${scores}[${indexText(key).text}]`
          const largest = statements.variable('largest', '-Infinity')
          statements.upTo(end, (key) => {
            const total = statements.variable('sum', '0')
            statements.loops([depth], ([at]) => {
              const left = within(Binding.Product, read(q, [...heads, query, at!]))
              const right = within(Binding.Sign, read(k, [...heads, key, at!]))
              statements.line(`${total} += ${left} * ${right}`)
            })
            statements.line(`${score(key)} = ${total} * ${scale}`)
            statements.line(`${largest} = Math.max(${largest}, ${score(key)})`)
          })
          const total = statements.variable('total', '0')
          statements.upTo(end, (key) => {
            statements.line(`${score(key)} = Math.exp(${score(key)} - ${largest})`)
            statements.line(`${total} += ${score(key)}`)
          })
          statements.upTo(end, (key) => {
            const weight = statements.constant('weight', over(score(key), atom(total))).text
            statements.loops([width], ([at]) => {
              const value = within(Binding.Sign, read(v, [...heads, key, at!]))
              statements.line(`${y([...heads, query, at!])} += ${weight} * ${value}`)
            })
          })
        })
      },
    },
  ],
  ['reshape', { kind: 'reshape' }],
  ['expandDims', { kind: 'reshape' }],
  ['squeeze', { kind: 'reshape' }],
  ['broadcastTo', { kind: 'view', place: ({ inputs: [x] }, position) => broadcast(x!, position) }],
  [
    'transpose',
    {
      kind: 'view',
      place: (_, position, { permutation }) =>
        position.map((_, axis) => position[permutation.indexOf(axis)]!),
    },
  ],
  [
    'slice',
    {
      kind: 'view',
      place: (_, position, attributes) => beforeSlice(position, attributes),
    },
  ],
  [
    'sliceGrad',
    {
      kind: 'array',
      reads: () => 'once',
      write: ({ statements, read }, { inputs }, y, { begin, steps }) => {
        for (const [place, x] of inputs.entries())
          statements.loops(x.shape, (position) => {
            const target = y(beforeSlice(position, { begin: begin[place], steps: steps[place] }))
            statements.line(`${target} += ${read(x, position).text}`)
          })
      },
    },
  ],
  [
    'pad',
    {
      kind: 'element',
      reads: () => 'often',
      write: ({ statements, read }, { inputs: [x] }, position, { paddings, mode, value }) => {
        const conditions: string[] = []
        const place = position.map((index, axis) => {
          const [before, after] = paddings[axis] as [number, number]
          const last = x!.shape[axis]! - 1
          if (before + after === 0) return index
          const within = indexText(plus(index, -before)).text
          if (mode === 'constant') {
            if (before > 0) conditions.push(`${indexText(index).text} >= ${before}`)
            if (after > 0) conditions.push(`${indexText(index).text} < ${before + last + 1}`)
            return plus(index, -before)
          }
          const source =
            mode === 'edge'
              ? `Math.min(Math.max(${within}, 0), ${last})`
              : `${last} - Math.abs(${last} - Math.abs(${within}))`
          return counter(statements.constant('source', atom(source), { of: source, places: [index] }).text)
        })
        const element = read(x!, place)
        return conditions.length === 0
          ? element
          : {
              text: `${conditions.join(' && ')} ? ${element.text} : ${literal(value).text}`,
              binding: Binding.Choice,
            }
      },
    },
  ],
  [
    'concat',
    {
      kind: 'array',
      reads: () => 'once',
      write: ({ statements, read }, { inputs }, y, { axis }) => {
        let start = 0
        for (const x of inputs) {
          const begin = start
          statements.loops(x.shape, (position) =>
            statements.line(
              `${y(position.with(axis, plus(position[axis]!, begin)))} = ${read(x, position).text}`,
            ),
          )
          start += x.shape[axis]!
        }
      },
    },
  ],
  [
    'gather',
    {
      kind: 'element',
      reads: () => 'often',
      write: (to, { inputs: [x, indices] }, position, { axis }) => {
        const end = axis + indices!.rank
        const place = selected(to, indices!, position.slice(axis, end), x!.shape[axis]!)
        return to.read(x!, [...position.slice(0, axis), place, ...position.slice(end)])
      },
    },
  ],
  [
    'scatterAdd',
    {
      kind: 'array',
      reads: (_, input) => (input === 0 ? 'once' : 'often'),
      write: (to, { inputs: [x, indices] }, y, { axis, size }) =>
        to.statements.loops(x!.shape, (position) => {
          const end = axis + indices!.rank
          const place = selected(to, indices!, position.slice(axis, end), size)
          const target = y([...position.slice(0, axis), place, ...position.slice(end)])
          to.statements.line(`${target} += ${to.read(x!, position).text}`)
        }),
    },
  ],
  [
    'oneHot',
    {
      kind: 'element',
      reads: () => 'often',
      write: ({ read }, { inputs: [x] }, position) => {
        const found = within(Binding.Sum, read(x!, position.slice(0, -1)))
        return truth(`${found} === ${indexText(position.at(-1)!).text}`)
      },
    },
  ],
])
