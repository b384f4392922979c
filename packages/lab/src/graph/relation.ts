// How an operation passes on a change of one of its inputs, as a word that a page can put into any language.
import { inputAt, type Tensor } from '@bp/core/lean'

export const relations = [
  /** The change arrives as it is: a sum. */
  'same',
  /** With the opposite sign. */
  'opposite',
  /** Times the value of `by`, the other factor. */
  'scaled',
  /** Divided by the value of `by`, the divisor. */
  'divided',
  /** As the divisor, or under a 1: the larger, the less. */
  'inverse',
  /** As a base or an exponent. */
  'power',
  /** By an exponential, whose slope is its own value. */
  'exponential',
  /** By a logarithm: the larger, the slower. */
  'logarithm',
  /** By a curve that flattens on both sides: σ, tanh. */
  'squashed',
  /** Whole or not at all: relu, max, min, clip, |x|. */
  'gated',
  /** Every element counts equally in a sum. */
  'summed',
  /** Every element counts one nth in a mean. */
  'averaged',
  /** Through the matrix `by`. */
  'matrix',
  /** Only moved to another place or shape. */
  'moved',
  /** By the function's own rule. */
  'curve',
] as const
export type RelationKind = (typeof relations)[number]

export interface Relation {
  readonly kind: RelationKind
  /** Id of the other input that it depends on. */
  readonly by: string | null
}

const kinds = new Map<string, RelationKind>([
  ...entries('same', ['add', 'mod a']),
  ...entries('same', ['sub a']),
  ...entries('opposite', ['sub b', 'neg']),
  ...entries('scaled', ['mul', 'dot']),
  ...entries('divided', ['div a']),
  ...entries('inverse', ['div b', 'reciprocal', 'rsqrt']),
  ...entries('power', ['pow', 'square', 'sqrt', 'squaredDifference']),
  ...entries('exponential', ['exp', 'expm1']),
  ...entries('logarithm', ['log', 'log1p', 'logSumExp']),
  ...entries('squashed', ['sigmoid', 'tanh', 'erf', 'softmax', 'atan']),
  ...entries('gated', [
    'relu',
    'relu6',
    'maximum',
    'minimum',
    'max',
    'min',
    'clip',
    'abs',
    'where',
    'leakyRelu',
  ]),
  ...entries('summed', ['sum', 'cumsum']),
  ...entries('averaged', ['mean']),
  ...entries('matrix', ['matmul', 'linear', 'outer']),
  ...entries('moved', [
    'reshape',
    'swapAxes',
    'expandDims',
    'squeeze',
    'broadcastTo',
    'concat',
    'stack',
    'slice',
    'flip',
    'pad',
    'tile',
    'gather',
    'embedding',
  ]),
])

function entries(kind: RelationKind, ops: readonly string[]): [string, RelationKind][] {
  return ops.map((op) => [op, kind])
}

/** How input `index` of `tensor` acts on it. */
export function relationOf(tensor: Tensor, index: number, ids: readonly string[]): Relation {
  const { name, definition } = tensor.op!
  const kind = kinds.get(`${name} ${inputAt(definition.inputs, index).name}`) ?? kinds.get(name) ?? 'curve'
  const other =
    ['scaled', 'divided', 'matrix'].includes(kind) || name === 'pow' ? ids[index === 0 ? 1 : 0] : undefined
  return { kind, by: other ?? null }
}
