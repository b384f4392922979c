// Scaled dot-product attention and its fused gradient.
import { checkFinite, checkFlag, oneOf, optional } from '../checks/check-options.js'
import { ShapeError } from '../checks/errors.js'
import { passBack } from '../graph/gradients.js'
import { type Op, op } from '../graph/op.js'
import type { Array64 } from '../graph/reference.js'
import { uniform } from '../graph/sample.js'
import { describeShape, type Shape, sameShape, sizeOf } from '../graph/shape.js'
import { constant, type Tensor } from '../graph/tensor.js'
import { exponential } from '../numbers/elementary.js'
import { mul } from './arithmetic.js'
import { where } from './comparison.js'
import { sum } from './reductions.js'
import { expandDims, reshape } from './shape.js'
import { softmax } from './softmax.js'

interface AttentionOptions {
  /** Query i attends only to keys 0 to i; default false. */
  causal?: boolean
  /** Factor of the products of queries and keys; default 1/√d. */
  scale?: number
}
interface Prepared {
  readonly causal: boolean
  readonly scale: number
}
const names = ['q', 'k', 'v'] as const
type InputName = (typeof names)[number]
type Shapes = { readonly q: Shape; readonly k: Shape; readonly v: Shape }

const attributes = {
  causal: 'Query i attends only to keys 0 to i; default false.',
  scale: 'Factor of the products of queries and keys; default 1/√d.',
}

/** Queries per block; the kernel has the same number. */
const blockRows = 32

const prepare =
  (name: string) =>
  ({ causal = false, scale }: AttentionOptions, { q }: { q: Shape }): Prepared => {
    return {
      causal: checkFlag(name, 'causal', causal),
      scale: optional(checkFinite)(name, 'scale', scale) ?? 1 / Math.sqrt(Math.max(1, q[q.length - 1] ?? 1)),
    }
  }

function checkAttention(name: string, { q, k, v }: Shapes): Shape {
  const [queries, depth] = q.slice(-2)
  const [keys] = k.slice(-2)
  const heads = q.slice(0, -2)
  if (
    q.length < 2 ||
    !sameShape(k, [...heads, keys!, depth!]) ||
    !sameShape(v.slice(0, -1), [...heads, keys!])
  )
    throw new ShapeError(
      `${name}: q is ${describeShape(q)}, k ${describeShape(k)}, v ${describeShape(v)}; they must be [..., queries, d], [..., keys, d] and [..., keys, e] with the same leading dimensions`,
    )
  if (keys === 0 || depth === 0 || v[v.length - 1] === 0)
    throw new ShapeError(
      `${name}: k is ${describeShape(k)}, v ${describeShape(v)}; attention needs at least one key and one value`,
    )
  return [...heads, queries!, v[v.length - 1]!]
}

/** The size operands of the kernel, in its order. */
function sizesOf(q: Shape, k: Shape, v: Shape) {
  const [queries, depth] = q.slice(-2) as [number, number]
  const [keys, width] = [k[k.length - 2]!, v[v.length - 1]!]
  return { heads: sizeOf(q.slice(0, -2)), queries, keys, depth, width }
}

function attentionOf({ q, k, v }: { q: Tensor; k: Tensor; v: Tensor }, { causal, scale }: Prepared): Tensor {
  const { queries, keys } = sizesOf(q.shape, k.shape, v.shape)
  const seen = constant(
    Float64Array.from({ length: queries * keys }, (_, index) =>
      Number(index % keys <= Math.floor(index / keys)),
    ),
    { shape: [queries, keys] },
  )
  // Masked keys count as 0, since a weight of 0 times a non-finite value would be NaN.
  const ofEach = (x: Tensor) =>
    causal ? where(expandDims(seen, -1), expandDims(x, -3), 0) : expandDims(x, -3)
  const scores = mul(sum(mul(expandDims(q, -2), ofEach(k)), -1), scale)
  const weights = softmax(causal ? where(seen, scores, Number.NEGATIVE_INFINITY) : scores)
  return sum(mul(expandDims(weights, -1), ofEach(v)), -2)
}

/** Attention weights of each query of a head, in float64. */
function probabilities(q: Float64Array, k: Float64Array, queries: number, depth: number, options: Prepared) {
  const keys = k.length / depth
  return Array.from({ length: queries }, (_, i) => {
    const scores = Array.from({ length: options.causal ? Math.min(keys, i + 1) : keys }, (_, j) => {
      let score = 0
      for (let at = 0; at < depth; at++) score += q[i * depth + at]! * k[j * depth + at]!
      return score * options.scale
    })
    const largest = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY)
    const weights = scores.map((score) => exponential(score - largest))
    const total = weights.reduce((total, weight) => total + weight, 0)
    return weights.map((weight) => weight / total)
  })
}

const head = ({ data }: Array64, heads: number, index: number) =>
  data.subarray((index * data.length) / heads, ((index + 1) * data.length) / heads)

const cases = (
  [
    [[1, 1], 1, 1, {}],
    [[3, 4], 3, 4, {}],
    [[4, 3], 5, 2, {}],
    [[5, 2], 5, 3, { causal: true }],
    [[4, 2], 2, 2, { causal: true }],
    [[2, 3], 4, 3, { causal: true, scale: 0.5 }],
    [[2, 3, 4], 3, 4, { causal: true }],
    [[2, 2, 2, 3], 3, 2, {}],
    [[0, 3], 2, 3, {}],
    [[0, 2, 3], 2, 3, {}],
    [[1, 7], 9, 5, { scale: 1 }],
    [[3, 1], 3, 1, { causal: true }],
  ] as const
).map(([q, keys, width, attributes]) => {
  const heads = q.slice(0, -2)
  return {
    shapes: {
      q: q as Shape,
      k: [...heads, keys, q[q.length - 1]!] as Shape,
      v: [...heads, keys, width] as Shape,
      upstream: [...q.slice(0, -1), width] as Shape,
    },
    attributes: attributes as AttentionOptions,
  }
})
const domains = { q: uniform(-1, 1), k: uniform(-1, 1), v: uniform(0.5, 1.5), upstream: uniform(0.5, 1.5) }

/** Gradient of attention with respect to one of its inputs; those of several are computed together when compiled. */
export const scaledDotProductAttentionGrad: Op<
  ['q', 'k', 'v', 'upstream'],
  AttentionOptions & { of: InputName }
> = op('scaledDotProductAttentionGrad', {
  inputs: ['q', 'k', 'v', 'upstream'],
  summary: 'Gradient of scaledDotProductAttention with respect to q, k or v.',
  symbol: 'attention′',
  formula:
    'y = dS · k, dSᵀ · q or Pᵀ · upstream, with dP = upstream · vᵀ and dS = scale · P · (dP − Σ P · dP)',
  attributes: { ...attributes, of: 'The input: "q", "k" or "v".' },
  prepare: ({ of, ...options }: AttentionOptions & { of: InputName }, shapes) => ({
    ...prepare('scaledDotProductAttentionGrad')(options, shapes),
    of: oneOf(names)('scaledDotProductAttentionGrad', 'of', of),
  }),
  shape: ({ q, k, v, upstream }, { of }) => {
    const wanted = checkAttention('scaledDotProductAttentionGrad', { q, k, v })
    if (!sameShape(upstream, wanted))
      throw new ShapeError(
        `scaledDotProductAttentionGrad: upstream is ${describeShape(upstream)}; expects ${describeShape(wanted)}, the shape of the output of attention`,
      )
    return { q, k, v }[of]
  },
  vjp: {},
  decompose: ({ q, k, v, upstream }, { of, ...options }) => {
    // Copies, so that differentiation stops at them even where one input depends on another.
    const copies = { q: reshape(q, q.shape), k: reshape(k, k.shape), v: reshape(v, v.shape) }
    return passBack([attentionOf(copies, options)], [copies[of]], [upstream])[0]!
  },
  lower: ({ inputs, attributes: { causal, scale, of }, output, temporary, emit }) => {
    const [q, k, v, upstream] = inputs
    const sizes = sizesOf(q!.shape, k!.shape, v!.shape)
    emit('AttentionGrad', {
      [`d${of}` as const]: output(),
      q: q!.buffer,
      k: k!.buffer,
      v: v!.buffer,
      dy: upstream!.buffer,
      scratch: temporary(2 * Math.min(blockRows, sizes.queries) * sizes.keys),
      ...sizes,
      scale,
      causal: +causal,
    })
  },
  reference: ([q, k, v, upstream], shape, { of, ...options }) => {
    const { heads, queries, depth, width } = sizesOf(q!.shape, k!.shape, v!.shape)
    const out = new Float64Array(sizeOf(shape))
    for (let h = 0; h < heads; h++) {
      const [ownQ, ownK, ownV, dy] = [q!, k!, v!, upstream!].map((array) => head(array, heads, h))
      const own = head({ data: out, shape }, heads, h)
      for (const [i, p] of probabilities(ownQ!, ownK!, queries, depth, options).entries()) {
        const dp = p.map((_, j) => {
          let total = 0
          for (let at = 0; at < width; at++) total += dy![i * width + at]! * ownV![j * width + at]!
          return total
        })
        const middle = p.reduce((total, weight, j) => total + weight * dp[j]!, 0)
        for (const [j, weight] of p.entries()) {
          const ds = options.scale * weight * (dp[j]! - middle)
          if (of === 'q')
            for (let at = 0; at < depth; at++) own[i * depth + at]! += ds * ownK![j * depth + at]!
          if (of === 'k')
            for (let at = 0; at < depth; at++) own[j * depth + at]! += ds * ownQ![i * depth + at]!
          if (of === 'v')
            for (let at = 0; at < width; at++) own[j * width + at]! += weight * dy![i * width + at]!
        }
      }
    }
    return out
  },
  // The sum of dS for each query is 0, so that common parts of what it is multiplied by cancel.
  ulp: 2 ** 14,
  sample: {
    domains,
    cases: cases.map(({ shapes, attributes }, index) => ({
      shapes,
      attributes: { ...attributes, of: names[index % 3]! },
    })),
  },
})

/**
 * Attention (Vaswani et al. 2017): for each query the mean of the values, weighted by the softmax of its products with
 * the keys. q is [..., queries, d], k [..., keys, d], v [..., keys, e]; batch and heads are leading dimensions.
 */
export const scaledDotProductAttention: Op<['q', 'k', 'v'], AttentionOptions> = op(
  'scaledDotProductAttention',
  {
    inputs: ['q', 'k', 'v'],
    summary: 'For each query the mean of the values, weighted by the softmax of its products with the keys.',
    symbol: 'attention',
    formula: 'y = softmax(scale · q · kᵀ) · v',
    attributes,
    prepare: prepare('scaledDotProductAttention'),
    shape: (shapes) => checkAttention('scaledDotProductAttention', shapes),
    vjp: {
      q: {
        formula: 'dS · k, with dP = ȳ · vᵀ and dS = scale · P · (dP − Σ P · dP)',
        rule: ({ q, k, v, dy }, options) =>
          scaledDotProductAttentionGrad(q, k, v, dy, { ...options, of: 'q' }),
      },
      k: {
        formula: 'dSᵀ · q',
        rule: ({ q, k, v, dy }, options) =>
          scaledDotProductAttentionGrad(q, k, v, dy, { ...options, of: 'k' }),
      },
      v: {
        formula: 'Pᵀ · ȳ',
        rule: ({ q, k, v, dy }, options) =>
          scaledDotProductAttentionGrad(q, k, v, dy, { ...options, of: 'v' }),
      },
    },
    decompose: attentionOf,
    lower: ({ inputs, attributes: { causal, scale }, output, temporary, emit }) => {
      const [q, k, v] = inputs
      const sizes = sizesOf(q!.shape, k!.shape, v!.shape)
      emit('Attention', {
        out: output(),
        q: q!.buffer,
        k: k!.buffer,
        v: v!.buffer,
        scratch: temporary(Math.min(blockRows, sizes.queries) * sizes.keys),
        ...sizes,
        scale,
        causal: +causal,
      })
    },
    reference: ([q, k, v], shape, options) => {
      const { heads, queries, depth, width } = sizesOf(q!.shape, k!.shape, v!.shape)
      const out = new Float64Array(sizeOf(shape))
      for (let h = 0; h < heads; h++) {
        const values = head(v!, heads, h)
        const weights = probabilities(head(q!, heads, h), head(k!, heads, h), queries, depth, options)
        for (const [i, p] of weights.entries())
          for (const [j, weight] of p.entries())
            for (let at = 0; at < width; at++)
              out[(h * queries + i) * width + at]! += weight * values[j * width + at]!
      }
      return out
    },
    ulp: ({ q, k }) => 2 * q[q.length - 1]! + 5 * k[k.length - 2]! + 16,
    sample: {
      domains,
      cases: cases.map(({ shapes: { upstream: _, ...shapes }, attributes }) => ({ shapes, attributes })),
    },
  },
)
