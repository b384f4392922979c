// Multi-head attention and the transformer block.
import { checkCount, checkFlag, checkOptions, checkShare, optional } from '../checks/check-options.js'
import { ShapeError } from '../checks/errors.js'
import { describeShape } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { add, reshape, scaledDotProductAttention, transpose } from '../ops/index.js'
import { type ActivationName, checkActivation } from './activation.js'
import { dense } from './dense.js'
import { dropout } from './dropout.js'
import { type LayerOptions, type LayerPlan, layer, layerChecks } from './layer.js'
import { layerNorm } from './normalization.js'

export interface MultiHeadAttentionOptions extends LayerOptions {
  /** Number of heads, which split the units of a position equally. */
  heads: number
  /** Whether a position attends only to itself and those before it. */
  causal?: boolean
}

const attentionChecks = { ...layerChecks, heads: checkCount, causal: optional(checkFlag, false) }

/**
 * Multi-head attention (Vaswani et al. 2017) of rows of [positions, units], which keep their shape. On one input it is
 * self-attention; on two, queries come from the first, keys and values from the second, which has as many units.
 */
export function multiHeadAttention(options: MultiHeadAttentionOptions): LayerPlan {
  const { heads, causal } = checkOptions('multiHeadAttention', options, attentionChecks)
  return layer(
    'multiHeadAttention',
    options,
    (builder, shape, memoryShape = shape) => {
      const [, units] = shape
      if (shape.length !== 2 || memoryShape.length !== 2 || memoryShape[1] !== units || units! % heads !== 0)
        throw new ShapeError(
          `multiHeadAttention: expects inputs with rows of [positions, units], all with the same units, a multiple of the ${heads} heads; got rows of ${describeShape(shape)}${memoryShape === shape ? '' : ` and ${describeShape(memoryShape)}`}`,
        )
      const project = (name: string, from: typeof shape) => builder.part(name, dense({ units: units! }), from)
      const [queries, keys, values, output] = [
        project('queries', shape),
        project('keys', memoryShape),
        project('values', memoryShape),
        project('output', shape),
      ]
      const apart = (x: Tensor) =>
        transpose(reshape(x, [x.shape[0]!, x.shape[1]!, heads, units! / heads]), [0, 2, 1, 3])
      return (context, x, memory = x) => {
        const heard = scaledDotProductAttention(
          apart(queries(context, x)),
          apart(keys(context, memory)),
          apart(values(context, memory)),
          { causal },
        )
        return output(context, reshape(transpose(heard, [0, 2, 1, 3]), x.shape))
      }
    },
    { min: 1, max: 2 },
  )
}

export interface TransformerBlockOptions extends MultiHeadAttentionOptions {
  /** Units of the hidden layer; default 4 times those of a position. */
  hidden?: number
  /** Activation of the hidden layer; default `gelu`. */
  activation?: ActivationName
  /** Dropout rate of both residual branches; default 0. */
  dropout?: number
}

/**
 * Pre-norm transformer block (Xiong et al. 2020): h = x + attention(layerNorm(x)), then h +
 * dense(activation(dense(layerNorm(h)))). Rows of [positions, units] keep their shape.
 */
export function transformerBlock(options: TransformerBlockOptions): LayerPlan {
  const {
    heads,
    causal,
    hidden,
    activation,
    dropout: rate,
  } = checkOptions('transformerBlock', options, {
    ...attentionChecks,
    hidden: optional(checkCount),
    activation: optional(checkActivation, 'gelu'),
    dropout: optional(checkShare, 0),
  })
  return layer('transformerBlock', options, (builder, shape) => {
    const units = shape.at(-1)!
    const wide = [shape[0]!, hidden ?? 4 * units]
    const attention = builder.part('attention', multiHeadAttention({ heads, causal }), shape)
    const [first, second] = [1, 2].map((number) => builder.part(`norm${number}`, layerNorm(), shape)) as [
      ReturnType<typeof builder.part>,
      ReturnType<typeof builder.part>,
    ]
    const widen = builder.part('widen', dense({ units: wide[1]!, activation }), shape)
    const narrow = builder.part('narrow', dense({ units }), wide)
    const [dropHeard, dropThought] = [1, 2].map((number) =>
      builder.part(`dropout${number}`, dropout({ rate }), shape),
    ) as [typeof first, typeof first]
    return (context, x) => {
      const heard = add(x, dropHeard(context, attention(context, first(context, x))))
      const thought = narrow(context, widen(context, second(context, heard)))
      return add(heard, dropThought(context, thought))
    }
  })
}
