// The operands of each instruction, in order: what a program is written and printed with.
import { Opcode } from './opcodes.js'

/**
 * `out`: address that is written. `in`: address that is read. `update`: address that is read and written.
 * `int`: a count or a stride, in elements. `ints`: as many as there are left. `elements`: a count of elements, each
 * of which is made of those at the same place alone. `float`, `double`: a number of that precision, in one word or
 * two.
 */
type OperandKind = 'out' | 'in' | 'update' | 'int' | 'ints' | 'elements' | 'float' | 'double'
type Operands = Readonly<Record<string, OperandKind>>

const unary: Operands = { out: 'out', x: 'in', size: 'elements' }
/** A function and its derivative. */
const withSlope: Operands = { out: 'out', slope: 'out', x: 'in', size: 'elements' }
const passBack: Operands = { out: 'out', x: 'in', dy: 'in', size: 'elements' }

/**
 * Element (i, j) of the output, `rows` by `columns`, is made of a[i·aRow + j·aColumn] and b likewise; column
 * strides are 0 or 1. With rows = 0 all three arrays are plain rows of `columns` elements.
 */
const binary: Operands = {
  out: 'out',
  a: 'in',
  b: 'in',
  columns: 'int',
  rows: 'int',
  aRow: 'int',
  aColumn: 'int',
  bRow: 'int',
  bColumn: 'int',
}
/** Moves are 1, or 0 for an input of which one number serves for all elements. */
const ternary: Operands = {
  out: 'out',
  a: 'in',
  b: 'in',
  c: 'in',
  size: 'elements',
  aMoves: 'int',
  bMoves: 'int',
  cMoves: 'int',
}
/**
 * `count` whole numbers from 0 up to but without `limit`. An instruction that has these stops the program at a number
 * that is none, and the program says which.
 */
const indexed: Operands = { indices: 'in', count: 'int', limit: 'int' }
const reduction: Operands = { out: 'out', x: 'in', outer: 'int', length: 'int', inner: 'int' }
const softmaxGrad: Operands = {
  out: 'out',
  y: 'in',
  dy: 'in',
  outer: 'int',
  length: 'int',
  inner: 'int',
}

/** Each head has `queries` × `depth`, `keys` × `depth` and `keys` × `width` numbers. */
const attention: Operands = {
  heads: 'int',
  queries: 'int',
  keys: 'int',
  depth: 'int',
  width: 'int',
  scale: 'float',
  causal: 'int',
}

/** `centred`: 1 when the mean is subtracted, else 0. */
const normalizedRows: Operands = { rows: 'int', columns: 'int', epsilon: 'float', centred: 'int' }
/** `scratch`, in front of them, holds numbers for each channel, padded to whole vectors. */
const channels: Operands = { outer: 'int', channels: 'int', inner: 'int' }

/**
 * `key`: two whole numbers. `purpose`: a word that sets these random bits apart from others of seed and key.
 * `firstIndex`: that of the first number, a multiple of 16; 0 of a permutation, which is drawn as a whole.
 */
const random: Operands = {
  out: 'out',
  key: 'in',
  size: 'int',
  seedLow: 'int',
  seedHigh: 'int',
  purpose: 'int',
  firstIndex: 'int',
}

/**
 * out, m×n = activation(a, m×k · b, k×n + bias, n); without a bias when its address is 0. With `gate`, the output
 * of an activation that is walked through backwards, out = activation′(gate) · (a · b) instead. `sums`, n numbers if given: the sums of the columns of b.
 */
const matmul: Operands = {
  out: 'out',
  a: 'in',
  b: 'in',
  m: 'int',
  n: 'int',
  k: 'int',
  bias: 'in',
  activation: 'int',
  gate: 'in',
  sums: 'out',
}

/**
 * An optimizer's update with what it keeps between steps. `settings` are float64: the learning rate, the weight
 * decay, those of the rule, and last those that the rule counts up itself.
 */
const update = (...slots: string[]): Operands => ({
  parameters: 'update',
  gradients: 'in',
  ...Object.fromEntries(slots.map((slot) => [slot, 'update'] as const)),
  settings: 'update',
  size: 'int',
})

/**
 * `step`: bytes from what one output pixel reads to what the next one to the right reads. `tables`: where each of the
 * `runs` of `length` numbers under the kernel starts, then where each output row does, in bytes; see convolution.ts.
 */
const geometry: Operands = {
  images: 'int',
  height: 'int',
  width: 'int',
  channels: 'int',
  outHeight: 'int',
  outWidth: 'int',
  outChannels: 'int',
  groups: 'int',
  paddedHeight: 'int',
  paddedWidth: 'int',
  top: 'int',
  left: 'int',
  step: 'int',
  runs: 'int',
  length: 'int',
  tables: 'ints',
}
/** Bias, activation and gate as in a matrix product. `image`: room for one image with borders, if it needs any. */
const convolution: Operands = {
  out: 'out',
  x: 'in',
  weights: 'in',
  bias: 'in',
  activation: 'int',
  gate: 'in',
  image: 'out',
}
const convolutionWeightGrad: Operands = { out: 'out', x: 'in', dy: 'in', sums: 'out', image: 'out' }
const windows: Operands = {
  images: 'int',
  height: 'int',
  width: 'int',
  channels: 'int',
  outHeight: 'int',
  outWidth: 'int',
  sizeY: 'int',
  sizeX: 'int',
  strideY: 'int',
  strideX: 'int',
  top: 'int',
  left: 'int',
}

export const instructions: Readonly<Record<keyof typeof Opcode, Operands>> = {
  End: {},
  /**
   * Runs the program in `layout` for one block of `bytes` after the other of `size` elements. `layout` is how many words
   * there hold an address that moves on with each block, and which; how many hold the number of elements in a block, and
   * which; then the program. Words are counted from the program's first.
   */
  Blocks: { size: 'int', bytes: 'int', layout: 'ints' },
  /**
   * The instruction that ends `layout`, of whose `count` things each thread does a part that begins at a multiple of
   * `unit`. In it, word `countAt` becomes `times` the number of things in the part. `layout` is how many words move on,
   * and for each which and by how much for a thing; how many are addresses of memory that every thread has for itself,
   * and for each which and where it lies in that of a thread; then the instruction, from whose first word all are counted.
   */
  Shared: { count: 'int', unit: 'int', countAt: 'int', times: 'int', layout: 'ints' },
  Neg: unary,
  Abs: unary,
  Sign: unary,
  Square: unary,
  Sqrt: unary,
  Reciprocal: unary,
  Exp: unary,
  Log: unary,
  Log1p: unary,
  Tanh: unary,
  Sigmoid: unary,
  Relu: unary,
  Softplus: unary,
  Rsqrt: unary,
  Expm1: unary,
  Sin: unary,
  Cos: unary,
  Erf: unary,
  Gelu: unary,
  GeluTanh: unary,
  Silu: unary,
  Mish: unary,
  HardSigmoid: unary,
  HardSwish: unary,
  Floor: unary,
  Ceil: unary,
  Round: unary,
  LeakyRelu: { ...unary, slope: 'float' },
  Elu: { ...unary, alpha: 'float' },
  Clip: { ...unary, min: 'float', max: 'float' },
  Add: binary,
  Sub: binary,
  Mul: binary,
  Div: binary,
  Pow: binary,
  Maximum: binary,
  Minimum: binary,
  Less: binary,
  GreaterEqual: binary,
  Equal: binary,
  SigmoidGrad: binary,
  TanhGrad: binary,
  ReluGrad: binary,
  SigmoidCrossEntropy: binary,
  Atan2: binary,
  Mod: binary,
  NotEqual: binary,
  LogicalAnd: binary,
  LogicalOr: binary,
  LogicalXor: binary,
  GeluGrad: passBack,
  GeluTanhGrad: passBack,
  GeluSlope: withSlope,
  GeluTanhSlope: withSlope,
  SiluGrad: passBack,
  MishGrad: passBack,
  HardSwishGrad: binary,
  LeakyReluGrad: { ...binary, slope: 'float' },
  EluGrad: { ...binary, alpha: 'float' },
  ClipGrad: { ...binary, min: 'float', max: 'float' },
  OpenClipGrad: { ...binary, min: 'float', max: 'float' },
  Where: ternary,
  SigmoidCrossEntropyGrad: ternary,
  /** The loss of each element, their mean, and the gradient, times one `upstream` for all. */
  SigmoidCrossEntropyMean: {
    mean: 'out',
    losses: 'out',
    gradient: 'out',
    logits: 'in',
    labels: 'in',
    upstream: 'in',
    size: 'int',
  },
  /** Two dimensions or more. `layout` is their sizes, then the strides of out, then those of x. */
  Copy: { out: 'out', x: 'in', outOffset: 'int', xOffset: 'int', rank: 'int', layout: 'ints' },
  /** `bits` is the number as float32. */
  Fill: { out: 'out', size: 'int', bits: 'int' },
  Gather: { out: 'out', table: 'in', ...indexed, outer: 'int', inner: 'int' },
  /** Of the rows of out, `limit` for each of `outer`, `places` from `firstPlace` on. */
  ScatterAdd: {
    out: 'out',
    x: 'in',
    ...indexed,
    outer: 'int',
    inner: 'int',
    firstPlace: 'int',
    places: 'int',
  },
  OneHot: { out: 'out', x: 'in', rows: 'int', depth: 'int' },
  Sum: reduction,
  Mean: reduction,
  Max: reduction,
  Min: reduction,
  Prod: reduction,
  /** Root of the sum of squares. */
  Norm: reduction,
  /** Sum of the squares of distances from the mean over `divisor`; the root of that when `root` is 1. `means`: room for `inner`. */
  Variance: {
    out: 'out',
    x: 'in',
    means: 'out',
    outer: 'int',
    length: 'int',
    inner: 'int',
    divisor: 'double',
    root: 'int',
  },
  ArgMax: reduction,
  /** Along `length`; from the end when `reverse` is 1. */
  CumulativeSum: { ...reduction, reverse: 'int' },
  ProductOfOthers: { out: 'out', x: 'in', rows: 'int', columns: 'int' },
  Softmax: reduction,
  LogSoftmax: reduction,
  SoftmaxGrad: softmaxGrad,
  LogSoftmaxGrad: softmaxGrad,
  /** Of `losses` and `gradient` the one that is not wanted may be missing; without the latter `upstream` is too. */
  SoftmaxCrossEntropy: {
    losses: 'out',
    gradient: 'out',
    logits: 'in',
    labels: 'in',
    upstream: 'in',
    rows: 'int',
    columns: 'int',
  },
  /** The same, with class numbers for labels. */
  SparseSoftmaxCrossEntropy: {
    losses: 'out',
    gradient: 'out',
    logits: 'in',
    ...indexed,
    upstream: 'in',
  },
  Attention: { out: 'out', q: 'in', k: 'in', v: 'in', scratch: 'out', ...attention },
  /** Of `dq`, `dk` and `dv` those that are not wanted may be missing. */
  AttentionGrad: {
    dq: 'out',
    dk: 'out',
    dv: 'out',
    q: 'in',
    k: 'in',
    v: 'in',
    dy: 'in',
    scratch: 'out',
    ...attention,
  },
  /** x̂ · gamma + beta; `gamma` and `beta` may be missing. */
  NormalizeRows: { out: 'out', x: 'in', gamma: 'in', beta: 'in', ...normalizedRows },
  NormalizeRowsGrad: { out: 'out', x: 'in', gamma: 'in', dy: 'in', ...normalizedRows },
  /** `scratch`: two numbers for each column, padded to whole vectors. */
  NormalizeRowsGammaGrad: { out: 'out', x: 'in', dy: 'in', scratch: 'out', ...normalizedRows },
  ChannelVariance: { out: 'out', x: 'in', mean: 'in', ...channels },
  BatchNorm: {
    out: 'out',
    x: 'in',
    gamma: 'in',
    beta: 'in',
    mean: 'in',
    variance: 'in',
    scratch: 'out',
    ...channels,
    epsilon: 'float',
  },
  BatchNormGrad: {
    out: 'out',
    x: 'in',
    dy: 'in',
    gamma: 'in',
    mean: 'in',
    variance: 'in',
    gammaGrad: 'in',
    betaGrad: 'in',
    scratch: 'out',
    ...channels,
    epsilon: 'float',
  },
  BatchNormGammaGrad: {
    out: 'out',
    x: 'in',
    dy: 'in',
    mean: 'in',
    variance: 'in',
    ...channels,
    epsilon: 'float',
  },
  /** low + range · uniform. */
  RandomUniform: { ...random, low: 'double', range: 'double' },
  /** mean + deviation · quantile(from + range · uniform), with the quantile function of the normal distribution. */
  RandomNormal: { ...random, from: 'double', range: 'double', mean: 'double', deviation: 'double' },
  /** The whole numbers below `size` in random order. */
  RandomPermutation: random,
  /** x · scale where the uniform number, times 2²⁴, is at least `threshold`, else 0. */
  Dropout: { ...random, x: 'in', threshold: 'int', scale: 'float' },
  MatmulNN: matmul,
  MatmulNT: matmul,
  MatmulTN: matmul,
  /** m and n from 1 up. Strides in bytes: from row to row of a, and along k in a and in b. */
  MatmulSmall: { ...matmul, aRow: 'int', aStep: 'int', bStep: 'int' },
  /** At most 4 × 4, k from 1 up. Strides in bytes: from the first row of a to the others, and along k. */
  MatmulTile: { ...matmul, aRow1: 'int', aRow2: 'int', aRow3: 'int', aStep: 'int', bStep: 'int' },
  /**
   * Strides in bytes: from row to row and along k in a, along k and from column to column in b. `layout` is the sizes
   * of the stack of `products`, then the strides of a along its dimensions and those of b.
   */
  BatchedMatmul: {
    out: 'out',
    a: 'in',
    b: 'in',
    m: 'int',
    n: 'int',
    k: 'int',
    aRow: 'int',
    aStep: 'int',
    bStep: 'int',
    bColumn: 'int',
    products: 'int',
    rank: 'int',
    layout: 'ints',
  },
  Sgd: update(),
  Momentum: update('velocity'),
  Adam: update('mean', 'variance'),
  Adamax: update('mean', 'norm'),
  Nadam: update('mean', 'variance'),
  /** The last two may be missing. */
  RmsProp: update('square', 'mean', 'velocity'),
  Adagrad: update('sum'),
  Adadelta: update('square', 'steps'),
  Lion: update('mean'),
  /** `panels`: room for the packed weights of all groups. */
  Convolution: { ...convolution, panels: 'out', ...geometry },
  /** `x` is dy. `patches`: room for the rows of `block` output pixels. */
  ConvolutionInputGrad: { ...convolution, panels: 'out', patches: 'out', block: 'int', ...geometry },
  /** `panels`: room for `block` output rows of dy, packed. `rows` of the weights as a matrix, of all that follow `firstRow`. */
  ConvolutionWeightGrad: {
    ...convolutionWeightGrad,
    panels: 'out',
    block: 'int',
    firstRow: 'int',
    rows: 'int',
    ...geometry,
  },
  Depthwise: { ...convolution, ...geometry },
  /** `x` is dy. */
  DepthwiseInputGrad: { ...convolution, ...geometry },
  DepthwiseWeightGrad: { ...convolutionWeightGrad, ...geometry },
  MaxPool: { out: 'out', x: 'in', ...windows },
  MaxPoolGrad: { out: 'out', x: 'in', dy: 'in', ...windows },
  MaxPoolPick: { out: 'out', x: 'in', u: 'in', ...windows },
  AveragePool: { out: 'out', x: 'in', countPadding: 'int', ...windows },
  AveragePoolGrad: { out: 'out', dy: 'in', countPadding: 'int', ...windows },
  /** Copies rows of `table` picked by `rows` numbers of `order`, from where `cursor` stands. */
  GatherRows: { out: 'out', table: 'in', order: 'in', cursor: 'in', rows: 'int', columns: 'int' },
  /** history[steps] = value, where `status` counts the steps. */
  Watch: { value: 'in', history: 'out', status: 'in' },
  /** Goes on behind the next `count` instructions where `flag` is 0. */
  SkipUnless: { flag: 'in', count: 'int' },
  /**
   * history[steps] = value; steps += 1; ends the call when value or gradients are not finite. `layout` is where each of
   * the `pieces` of memory that they fill begins and ends, `arrays` how many they are and for each its address and size.
   */
  Record: { value: 'in', history: 'out', status: 'update', arrays: 'in', pieces: 'int', layout: 'ints' },
  /** `cursor`, the position in an order and its length: position += rows, and back to 0 at the end. */
  NextBatch: { cursor: 'update', rows: 'int' },
  /** `key`, a number as its lower and upper 24 bits, each in float32: adds one. */
  NextKey: { key: 'update' },
  /**
   * sums += weight · gradients; at the last micro-batch of the group `gradients` becomes the weighted mean of all, or
   * where `mean` is 0 the sum. The group: micro-batches so far and in all, and, in float64, the sum of their weights.
   */
  Accumulate: { gradients: 'update', sums: 'update', group: 'in', weight: 'in', mean: 'int', size: 'int' },
  /** Counts a micro-batch with its weight; ends the step unless it was the last of its group, which then begins anew. */
  UpdateEvery: { group: 'update', weight: 'in' },
  /** `out` is a float64. */
  SquaredNorm: { out: 'out', x: 'in', size: 'int' },
  /** Scales gradients by limit / √(sum of `count` squares) where that is below 1; squares and limit are float64. */
  ClipByNorm: { gradients: 'update', squares: 'in', count: 'int', limit: 'in', size: 'int' },
  ClipByValue: { gradients: 'update', limit: 'in', size: 'int' },
  /** The first of `settings` = rates[cursor] · factor, float64 all of them; cursor += 1. */
  NextRate: { settings: 'update', rates: 'in', cursor: 'update', factor: 'in' },
  /** averages += (1 − decay) · (parameters − averages); decay is a float64. */
  Average: { averages: 'update', parameters: 'in', decay: 'in', size: 'int' },
  /** Multiplies twelve vectors by ½ and adds 1, `times` times; out, four numbers, is their sum. */
  MultiplyAdds: { out: 'out', times: 'int' },
}

/** The words of an instruction: opcode and, in the upper half, the number of words; then the operands. */
export function encode(opcode: keyof typeof Opcode, operands: readonly number[]): number[] {
  const kinds = Object.values(instructions[opcode])
  const words = operands.flatMap((operand, index) => {
    const kind = kinds[index]
    if (kind === 'float') return [...new Int32Array(Float32Array.of(operand).buffer)]
    if (kind === 'double') return [...new Int32Array(Float64Array.of(operand).buffer)]
    return operand
  })
  return [Opcode[opcode] | ((words.length + 1) << 16), ...words]
}
