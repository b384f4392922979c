// The table of instructions: the operands of each, in the order in which they follow it in a program.
//
// The build generates the interpreter from it (interpreter.mjs): opcodes, the offsets of operands, and the dispatch. An
// instruction is run by the loop of its name (`OneHot` by `oneHot`) if there is one, else by that of its layout, which is
// told the opcode (`Neg` by `unary`). A loop takes the operands that its parameters name; `pc` is the instruction's address.
// What returns a bool stops the program when it is false; what returns a usize says at which address to continue.

/**
 * `out`: address that is written. `in`: address that is read. `update`: address that is read and written.
 * `int`: a count or a stride, in elements. `ints`: all remaining words. `elements`: a count of elements, each of which
 * depends only on those at the same index. `float`, `double`: a number of that precision, in one word or two.
 */
type Kind = 'out' | 'in' | 'update' | 'int' | 'ints' | 'elements' | 'float' | 'double'
/** With a question mark it may be left out, and is 0 then. */
type Row = Readonly<Record<string, Kind | `${Kind}?`>>

const unary = { out: 'out', x: 'in', size: 'elements' } as const
/** A function together with its derivative. */
const withDerivative = { out: 'out', derivative: 'out', x: 'in', size: 'elements' } as const
/** The gradient through a function of x. */
const backward = { out: 'out', x: 'in', dy: 'in', size: 'elements' } as const

/**
 * Element (i, j) of the output, `rows` by `columns`, is computed from a[i·aRow + j·aColumn] and b likewise; column
 * strides are 0 or 1. With rows = 0 all three arrays are plain rows of `columns` elements.
 */
const binary = {
  out: 'out',
  a: 'in',
  b: 'in',
  columns: 'int',
  rows: 'int?',
  aRow: 'int?',
  aColumn: 'int?',
  bRow: 'int?',
  bColumn: 'int?',
} as const
/** Moves are 1, or 0 for an input whose one number serves all elements. */
const ternary = {
  out: 'out',
  a: 'in',
  b: 'in',
  c: 'in',
  size: 'elements',
  aMoves: 'int',
  bMoves: 'int',
  cMoves: 'int',
} as const
/**
 * `count` integers in [0, limit). An instruction with these operands stops the program at any other number, and an error
 * names it.
 */
const indexed = { indices: 'in', count: 'int', limit: 'int' } as const
const reduction = { out: 'out', x: 'in', outer: 'int', length: 'int', inner: 'int' } as const
const softmaxGrad = {
  out: 'out',
  y: 'in',
  dy: 'in',
  outer: 'int',
  length: 'int',
  inner: 'int',
} as const

/** Each head has `queries` × `depth`, `keys` × `depth` and `keys` × `width` numbers. */
const attention = {
  heads: 'int',
  queries: 'int',
  keys: 'int',
  depth: 'int',
  width: 'int',
  scale: 'float',
  causal: 'int',
} as const

/** `centred`: 1 when the mean is subtracted, else 0. */
const normalizedRows = { rows: 'int', columns: 'int', epsilon: 'float', centred: 'int' } as const
/** `scratch`, in front of them, holds numbers for each channel, padded to whole vectors. */
const channels = { outer: 'int', channels: 'int', inner: 'int' } as const

/**
 * `key`: two integers. `purpose`: a word that distinguishes these random bits from others of the same seed and key.
 * `firstIndex`: that of the first number, a multiple of 16; 0 of a permutation, which is drawn as a whole.
 */
const random = {
  out: 'out',
  key: 'in',
  size: 'int',
  seedLow: 'int',
  seedHigh: 'int',
  purpose: 'int',
  firstIndex: 'int?',
} as const

/**
 * out, m×n = activation(a, m×k · b, k×n + bias, n); without a bias when its address is 0. With `gate`, the output
 * of an activation in the forward pass, out = activation′(gate) · (a · b) instead. `sums`: n sums of the columns of b.
 */
const matmul = {
  out: 'out',
  a: 'in',
  b: 'in',
  m: 'int',
  n: 'int',
  k: 'int',
  bias: 'in?',
  activation: 'int?',
  gate: 'in?',
  sums: 'out?',
} as const

/** An optimizer's update begins with these, then come what it keeps between steps and `settings`. */
const updated = { parameters: 'update', gradients: 'in' } as const
/**
 * `settings` are float64: the learning rate, the weight decay, those of the rule, and last those that the rule counts up
 * itself.
 */
const settings = { settings: 'update', size: 'int' } as const

/**
 * `step`: bytes from what one output pixel reads to what the next one to the right reads. `tables`: where each of the
 * `runs` of `length` numbers under the kernel starts, then where each output row does, in bytes; see convolution.ts.
 */
const geometry = {
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
} as const
/** Bias, activation and gate as in a matrix product. `image`: room for one image with borders, where it has any. */
const convolution = {
  out: 'out',
  x: 'in',
  weights: 'in',
  bias: 'in?',
  activation: 'int?',
  gate: 'in?',
  image: 'out?',
} as const
const convolutionWeightGrad = { out: 'out', x: 'in', dy: 'in', sums: 'out?', image: 'out?' } as const
const windows = {
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
} as const

/** Operands that begin a row under a name of their own: loops that several instructions share read them by it. */
export const layouts = {
  unary,
  withDerivative,
  backward,
  binary,
  ternary,
  reduction,
  random,
  matmul,
  update: updated,
}

/** Operands that end a row, from `images` on, in whichever instruction: loops read them as fields of a class. */
export const records = { geometry, windows }

export const instructions = {
  End: {},
  /**
   * Runs the program in `layout` for one block of `bytes` after the other of `size` elements. `layout` is how many words
   * there hold an address that moves on with each block, and which; how many hold the number of elements in a block, and
   * which; then the program. Words are counted from the program's first.
   */
  Blocks: { size: 'int', bytes: 'int', layout: 'ints?' },
  /**
   * Runs the instruction that ends `layout` split into `count` items; each thread's range starts at a multiple of `unit`.
   * Word `countAt` of it becomes `times` the items in the range. `layout` is how many words advance, and for each which
   * and by how much an item; how many are addresses of memory that each thread has for itself, and for each which and its
   * offset there; then the instruction, from whose first word all are counted.
   */
  Parallel: { count: 'int', unit: 'int', countAt: 'int', times: 'int', layout: 'ints' },
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
  GeluGrad: backward,
  GeluTanhGrad: backward,
  GeluWithDerivative: withDerivative,
  GeluTanhWithDerivative: withDerivative,
  SiluGrad: backward,
  MishGrad: backward,
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
  Copy: { out: 'out', x: 'in', outOffset: 'int?', xOffset: 'int?', rank: 'int', layout: 'ints' },
  Fill: { out: 'out', size: 'int', value: 'float' },
  Gather: { out: 'out', table: 'in', ...indexed, outer: 'int', inner: 'int' },
  /** Of the rows of out, `limit` for each of `outer`, `places` from `firstPlace` on. */
  ScatterAdd: {
    out: 'out',
    x: 'in',
    ...indexed,
    outer: 'int',
    inner: 'int',
    firstPlace: 'int?',
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
  /** `losses`, `gradient` or both; `upstream` with the latter. */
  SoftmaxCrossEntropy: {
    losses: 'out?',
    gradient: 'out?',
    logits: 'in',
    labels: 'in',
    upstream: 'in?',
    rows: 'int',
    columns: 'int',
  },
  /** The same, with class numbers for labels. */
  SparseSoftmaxCrossEntropy: {
    losses: 'out?',
    gradient: 'out?',
    logits: 'in',
    ...indexed,
    upstream: 'in?',
  },
  Attention: { out: 'out', q: 'in', k: 'in', v: 'in', scratch: 'out', ...attention },
  AttentionGrad: {
    dq: 'out?',
    dk: 'out?',
    dv: 'out?',
    q: 'in',
    k: 'in',
    v: 'in',
    dy: 'in',
    scratch: 'out',
    ...attention,
  },
  /** x̂ · gamma + beta. */
  NormalizeRows: { out: 'out', x: 'in', gamma: 'in?', beta: 'in?', ...normalizedRows },
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
  /** The integers in [0, size) in random order. */
  RandomPermutation: random,
  /** x · scale where the uniform number, times 2²⁴, is at least `threshold`, else 0. */
  Dropout: { ...random, x: 'in', threshold: 'int', scale: 'float' },
  MatmulNN: matmul,
  MatmulNT: matmul,
  MatmulTN: matmul,
  /** m and n are at least 1. Strides in bytes: from row to row of a, and along k in a and in b. */
  MatmulSmall: { ...matmul, aRow: 'int', aStep: 'int', bStep: 'int' },
  /** At most 4 × 4, k at least 1. Strides in bytes: from the first row of a to the others, and along k. */
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
  Sgd: { ...updated, ...settings },
  Momentum: { ...updated, velocity: 'update', ...settings },
  Adam: { ...updated, mean: 'update', variance: 'update', ...settings },
  Adamax: { ...updated, mean: 'update', norm: 'update', ...settings },
  Nadam: { ...updated, mean: 'update', variance: 'update', ...settings },
  RmsProp: { ...updated, square: 'update', mean: 'update?', velocity: 'update?', ...settings },
  Adagrad: { ...updated, sum: 'update', ...settings },
  Adadelta: { ...updated, square: 'update', steps: 'update', ...settings },
  Lion: { ...updated, mean: 'update', ...settings },
  /** `panels`: room for the packed weights of all groups. */
  Convolution: { ...convolution, panels: 'out', ...geometry },
  /** `x` is dy. `patches`: room for the rows of `block` output pixels. */
  ConvolutionInputGrad: { ...convolution, panels: 'out', patches: 'out', block: 'int', ...geometry },
  /** `panels`: room for `block` output rows of dy, packed. `rows` of the weights as a matrix, of all that follow `firstRow`. */
  ConvolutionWeightGrad: {
    ...convolutionWeightGrad,
    panels: 'out',
    block: 'int',
    firstRow: 'int?',
    rows: 'int',
    ...geometry,
  },
  Depthwise: { ...convolution, ...geometry },
  /** `x` is dy. */
  DepthwiseInputGrad: { ...convolution, ...geometry },
  DepthwiseWeightGrad: { ...convolutionWeightGrad, ...geometry },
  MaxPool: { out: 'out', x: 'in', ...windows },
  MaxPoolGrad: { out: 'out', x: 'in', dy: 'in', ...windows },
  MaxPoolPick: { out: 'out', x: 'in', values: 'in', ...windows },
  AveragePool: { out: 'out', x: 'in', countPadding: 'int', ...windows },
  AveragePoolGrad: { out: 'out', dy: 'in', countPadding: 'int', ...windows },
  /** Copies rows of `table` picked by `rows` numbers of `order`, from where `cursor` stands. */
  GatherRows: { out: 'out', table: 'in', order: 'in', cursor: 'in', rows: 'int', columns: 'int' },
  /** history[steps] = value, where `status` counts the steps. */
  Watch: { value: 'in', history: 'out', status: 'in' },
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
  /** Counts a micro-batch with its weight; ends the step unless it was the last of its group, after which the next begins. */
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
} as const satisfies Readonly<Record<string, Row>>

export type OpcodeName = keyof typeof instructions

type OptionalName<R> = { [K in keyof R]: R[K] extends `${string}?` ? K : never }[keyof R]
type Value<K, Address> = K extends `ints${string}`
  ? readonly number[]
  : K extends `${'int' | 'elements' | 'float' | 'double'}${string}`
    ? number
    : Address

/** The operands of an instruction by name; arrays are whatever stands for their addresses. */
export type OperandsOf<Name extends OpcodeName, Address = number> = Name extends OpcodeName
  ? RowOperands<(typeof instructions)[Name], Address>
  : never
type RowOperands<R, Address> = {
  readonly [K in Exclude<keyof R, OptionalName<R>>]: Value<R[K], Address>
} & { readonly [K in OptionalName<R>]?: Value<R[K], Address> | undefined }

/** One operand of a row. */
export interface Operand {
  readonly name: string
  readonly kind: Kind
  readonly optional: boolean
  /** Its place among the words of the instruction, of which the first is the head. */
  readonly word: number
}

const listed = new Map<OpcodeName, readonly Operand[]>()

/** The operands of an instruction, in order. */
export function operandsOf(opcode: OpcodeName): readonly Operand[] {
  let operands = listed.get(opcode)
  if (!operands) {
    let word = 1
    operands = Object.entries<string>(instructions[opcode]).map(([name, text]): Operand => {
      const kind = text.replace('?', '') as Kind
      const operand = { name, kind, optional: kind !== text, word }
      word += kind === 'double' ? 2 : 1
      return operand
    })
    listed.set(opcode, operands)
  }
  return operands
}

const opcodes = /* @__PURE__ */ new Map(Object.keys(instructions).map((name, opcode) => [name, opcode]))

/**
 * The words of an instruction: opcode and, in the upper half, the number of words; then the operands.
 * @throws Error at an operand that the instruction does not have: its numbers would silently be left out.
 */
export function wordsOf(
  opcode: OpcodeName,
  operands: Readonly<Record<string, number | readonly number[] | undefined>>,
): number[] {
  const words = [0]
  const table = operandsOf(opcode)
  for (const given in operands)
    if (operands[given] !== undefined && !table.some(({ name }) => name === given))
      throw new Error(`${opcode} has no operand ${given}`)
  for (const { name, kind } of table) {
    const value = operands[name] ?? 0
    if (typeof value === 'object') words.push(...value)
    else if (kind === 'float') words.push(...new Int32Array(Float32Array.of(value).buffer))
    else if (kind === 'double') words.push(...new Int32Array(Float64Array.of(value).buffer))
    else if (kind !== 'ints') words.push(value)
  }
  words[0] = opcodes.get(opcode)! | (words.length << 16)
  return words
}
