// Einsum: sums of products, with a letter for each dimension, summed over when the output lacks it.
import { ShapeError, ValueError } from '../checks/errors.js'
import { type Op, op } from '../graph/op.js'
import { forEachStrided } from '../graph/reference.js'
import { uniform } from '../graph/sample.js'
import { describeShape, type Shape, sizeOf, stridesOf } from '../graph/shape.js'
import { constant, type Tensor } from '../graph/tensor.js'
import { mul } from './arithmetic.js'
import { gather } from './indexing.js'
import { matmul } from './matmul.js'
import { sum } from './reductions.js'
import { broadcastTo, reshape, transpose } from './shape.js'

interface Equation {
  /** `ij,jk->ik`: letters for the dimensions of each tensor and, after the arrow, of the output. */
  readonly equation: string
}

function parse(equation: string): { terms: string[]; output: string } {
  const [inputs, output] = equation.split('->') as [string, string]
  return { terms: inputs.split(','), output }
}

const unique = (letters: string) => [...new Set(letters)].join('')
const without = (letters: string, others: string) =>
  [...letters].filter((letter) => !others.includes(letter)).join('')
const common = (letters: string, others: string) =>
  [...letters].filter((letter) => others.includes(letter)).join('')

/** The size of each letter. */
function sizesOf(equation: string, terms: readonly string[], shapes: readonly Shape[]): Map<string, number> {
  const sizes = new Map<string, number>()
  for (const [place, term] of terms.entries())
    for (const [axis, letter] of [...term].entries()) {
      const size = shapes[place]![axis]!
      if ((sizes.get(letter) ?? size) !== size)
        throw new ShapeError(
          `einsum "${equation}": ${letter} is ${sizes.get(letter)} and, in xs[${place}], which is ${describeShape(shapes[place]!)}, ${size}; a letter must have one size`,
        )
      sizes.set(letter, size)
    }
  return sizes
}

/**
 * Sum of products of tensors, a letter for each dimension: a letter that the output lacks is summed over, one that
 * occurs twice in a tensor takes its diagonal. `einsum([a, b], 'ij,jk->ik')` is the matrix product.
 */
export const einsum: Op<['...xs'], Equation, 'equation', 'einsum'> = op('einsum', {
  inputs: ['...xs'],
  summary:
    'Sums of products, with a letter for each dimension; letters that the output lacks are summed over.',
  symbol: 'Σ',
  formula: 'y[i, k] = Σⱼ x₀[i, j] · x₁[j, k]',
  attributes: {
    equation:
      'Letters for the dimensions of each tensor and, after an arrow, of the output, as in ij,jk->ik; without the arrow the output has the letters that occur once, in alphabetical order.',
  },
  shorthand: 'equation',
  prepare: ({ equation }: Equation, { xs }) => {
    if (typeof equation !== 'string' || !/^[a-z]*(,[a-z]*)*(->[a-z]*)?$/i.test(equation.replaceAll(' ', '')))
      throw new ValueError(
        `einsum: "${equation}" is not an equation like ij,jk->ik: letters for dimensions, commas between tensors, an arrow before the output`,
      )
    const [left, given] = equation.replaceAll(' ', '').split('->') as [string, string | undefined]
    const terms = left.split(',')
    if (terms.length !== xs.length)
      throw new ValueError(
        `einsum "${equation}": names ${terms.length} tensors, got ${xs.length}: ${xs.map(describeShape).join(', ')}`,
      )
    for (const [place, term] of terms.entries())
      if (term.length !== xs[place]!.length)
        throw new ShapeError(
          `einsum "${equation}": "${term}" names ${term.length} dimensions, xs[${place}] is ${describeShape(xs[place]!)}`,
        )
    const all = terms.join('')
    const once = [...all].filter((letter) => all.indexOf(letter) === all.lastIndexOf(letter))
    const output = given ?? once.sort((a, b) => (a < b ? -1 : 1)).join('')
    if (unique(output) !== output || without(output, all) !== '')
      throw new ValueError(
        `einsum "${equation}": the output "${output}" must have letters of the inputs, each at most once`,
      )
    sizesOf(equation, terms, xs)
    return { equation: `${left}->${output}` }
  },
  shape: ({ xs }, { equation }): Shape => {
    const { terms, output } = parse(equation)
    const sizes = sizesOf(equation, terms, xs)
    return [...output].map((letter) => sizes.get(letter)!)
  },
  vjp: {
    xs: {
      formula: 'x̄₀[i, j] = Σₖ ȳ[i, k] · x₁[j, k]: with the letters of the output and of an input swapped',
      rule: ({ xs, dy }, { equation }, place) => {
        const { terms, output } = parse(equation)
        const sizes = sizesOf(
          equation,
          terms,
          xs.map(({ shape }) => shape),
        )
        const tensors: Tensor[] = [dy, ...xs.filter((_, other) => other !== place)]
        const letters = [output, ...terms.filter((_, other) => other !== place)]
        // A letter that was summed over in this input alone: the derivative is the same for all its elements.
        const alone = without(unique(terms[place]!), letters.join(''))
        if (alone) {
          tensors.push(
            broadcastTo(
              1,
              [...alone].map((letter) => sizes.get(letter)!),
            ),
          )
          letters.push(alone)
        }
        // A repeated letter is renamed and multiplied by an identity matrix.
        let target = ''
        for (const letter of terms[place]!) {
          if (!target.includes(letter)) {
            target += letter
            continue
          }
          const fresh = without(alphabet, terms.join('') + target)[0]!
          tensors.push(identity(sizes.get(letter)!))
          letters.push(letter + fresh)
          target += fresh
        }
        return einsum(tensors, `${letters.join(',')}->${target}`)
      },
    },
  },
  decompose: ({ xs }, { equation }) => {
    const { terms, output } = parse(equation)
    const operands = xs.map((x, place): Operand => {
      const { tensor, letters } = diagonal({ tensor: x, letters: terms[place]! })
      const others = output + terms.filter((_, other) => other !== place).join('')
      const alone = without(letters, others)
      const axes = [...alone].map((letter) => letters.indexOf(letter))
      return alone ? { tensor: sum(tensor, axes), letters: without(letters, alone) } : { tensor, letters }
    })
    const result = operands.reduce((a, b, place) => {
      const later = operands.slice(place + 1).map(({ letters }) => letters)
      return contract(a, b, output + later.join(''))
    })
    return ordered(result, output)
  },
  reference: (inputs, _, { equation }) => {
    const { terms, output } = parse(equation)
    const sizes = sizesOf(
      equation,
      terms,
      inputs.map((input) => input.shape),
    )
    const shapeOf = (letters: string) => [...letters].map((letter) => sizes.get(letter)!)
    /** Multiplies the factors and sums over the letters that the target lacks. */
    const contracted = (factors: readonly { data: Float64Array; term: string }[], target: string) => {
      const letters = unique(target + factors.map(({ term }) => term).join(''))
      const strides = [target, ...factors.map(({ term }) => term)].map((term) => {
        const own = stridesOf(shapeOf(term))
        return [...letters].map((letter) =>
          [...term].reduce((stride, other, axis) => (other === letter ? stride + own[axis]! : stride), 0),
        )
      })
      const out = new Float64Array(sizeOf(shapeOf(target)))
      forEachStrided(shapeOf(letters), strides, (_, [to, ...from]) => {
        out[to!]! += factors.reduce((product, { data }, place) => product * data[from[place]!]!, 1)
      })
      return out
    }
    // Sums over a single input come first: with infinities the order matters.
    const factors = inputs.map(({ data }, place) => {
      const others = output + terms.filter((_, other) => other !== place).join('')
      const kept = common(unique(terms[place]!), others)
      return { data: contracted([{ data, term: terms[place]! }], kept), term: kept }
    })
    return contracted(factors, output)
  },
  ulp: ({ xs }) => 2 * Math.max(1, ...xs.map(sizeOf)),
  sample: {
    domains: { xs: uniform(0.1, 2) },
    cases: (
      [
        ['->', []],
        ['i->i', [5]],
        ['i->', [7]],
        ['ij->ji', [3, 4]],
        ['ij->j', [3, 5]],
        ['ii->i', [4, 4]],
        ['ii', [3, 3]],
        ['iji->j', [3, 2, 3]],
        ['i,i->', [9], [9]],
        ['i,j->ij', [3], [4]],
        ['i,i->i', [5], [5]],
        ['ij,jk->ik', [3, 4], [4, 5]],
        ['ij,kj', [3, 4], [2, 4]],
        ['ij,j', [3, 0], [0]],
        ['ji,jk->ki', [4, 3], [4, 2]],
        ['bij,bjk->bik', [2, 3, 4], [2, 4, 1]],
        ['bhqd,bhkd->bhqk', [2, 2, 3, 4], [2, 2, 5, 4]],
        ['bqhd,bkhd->bhqk', [1, 3, 2, 4], [1, 2, 2, 4]],
        ['ijk,jl->kil', [2, 3, 2], [3, 4]],
        ['ij,k->j', [2, 3], [4]],
        ['a,ab,b->', [3], [3, 4], [4]],
        ['ij,jk,kl->il', [2, 3], [3, 2], [2, 4]],
        [',i->i', [], [3]],
      ] as [string, ...Shape[]][]
    ).map(([equation, ...xs]) => ({ shapes: { xs }, attributes: { equation } })),
  },
})

const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** The identity matrix. */
function identity(size: number): Tensor {
  const values = Float64Array.from({ length: size * size }, (_, at) => Number(at % (size + 1) === 0))
  return constant(values, { shape: [size, size] })
}

/** A tensor and a letter for each of its dimensions. */
interface Operand {
  readonly tensor: Tensor
  readonly letters: string
}

/** Takes the diagonal of dimensions that share a letter. */
function diagonal({ tensor, letters }: Operand): Operand {
  const again = [...letters].findIndex((letter, axis) => letters.indexOf(letter) !== axis)
  if (again < 0) return { tensor, letters }
  const first = letters.indexOf(letters[again]!)
  const size = tensor.shape[first]!
  const rest = tensor.shape.flatMap((_, axis) => (axis === first || axis === again ? [] : [axis]))
  const pairs = transpose(tensor, [...rest, first, again])
  const flat = reshape(pairs, [...rest.map((axis) => tensor.shape[axis]!), size * size])
  const places = Float64Array.from({ length: size }, (_, at) => at * (size + 1))
  return diagonal({
    tensor: gather(flat, places, -1),
    letters: rest.map((axis) => letters[axis]).join('') + letters[again],
  })
}

/** The dimensions in the order of `target`, which has the same letters. */
function ordered({ tensor, letters }: Operand, target: string): Tensor {
  return letters === target
    ? tensor
    : transpose(
        tensor,
        [...target].map((letter) => letters.indexOf(letter)),
      )
}

/** Product of two factors, summed over letters that both have and that are not in `kept`. */
function contract(a: Operand, b: Operand, kept: string): Operand {
  const shared = common(a.letters, b.letters)
  const batch = common(shared, kept)
  const summed = without(shared, kept)
  const left = without(a.letters, shared)
  const right = without(b.letters, shared)
  const sizes = new Map<string, number>()
  for (const { tensor, letters } of [a, b])
    for (const [axis, letter] of [...letters].entries()) sizes.set(letter, tensor.shape[axis]!)
  const shape = (letters: string) => [...letters].map((letter) => sizes.get(letter)!)
  const letters = batch + left + right
  if (summed === '') {
    const x = reshape(ordered(a, batch + left), [...shape(batch + left), ...shape(right).fill(1)])
    const y = reshape(ordered(b, batch + right), [...shape(batch), ...shape(left).fill(1), ...shape(right)])
    return { tensor: mul(x, y), letters }
  }
  const transposeA = a.letters === batch + summed + left
  const transposeB = b.letters === batch + right + summed
  const matrix = (operand: Operand, rows: string, columns: string) =>
    reshape(ordered(operand, batch + rows + columns), [
      ...shape(batch),
      sizeOf(shape(rows)),
      sizeOf(shape(columns)),
    ])
  const product = matmul(
    transposeA ? matrix(a, summed, left) : matrix(a, left, summed),
    transposeB ? matrix(b, right, summed) : matrix(b, summed, right),
    { transposeA, transposeB },
  )
  return { tensor: reshape(product, shape(letters)), letters }
}
