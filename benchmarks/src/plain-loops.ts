// The plain typed-array loops one would write instead of each operation. They are source text, so that each becomes its own
// function, whose type feedback has only float32 arrays.

/** An operation on inputs of given shapes, and equivalent loops over arrays named like the inputs, into `y`. */
export interface PlainCase {
  readonly shapes: Readonly<Record<string, readonly number[] | readonly (readonly number[])[]>>
  readonly attributes?: object
  readonly code: string
  /** Domains of the inputs that override the table's. */
  readonly domain?: { readonly low: number; readonly high: number }
}

/** Operations without loops, and why. */
export const withoutLoop: Readonly<Record<string, string>> = {
  expandDims: 'the same data with another shape: nothing to run',
  reshape: 'the same data with another shape: nothing to run',
  squeeze: 'the same data with another shape: nothing to run',
  stopGradient: 'the same data: nothing to run',
}

/** Operations with their own random numbers instead of Math.random, so that only the distribution is comparable. */
export const randomOps: readonly string[] = [
  'bernoulli',
  'categorical',
  'dropout',
  'randomNormal',
  'randomPermutation',
  'randomUniform',
  'truncatedNormal',
]

const sigma = (x: string) => `1 / (1 + Math.exp(-${x}))`
/** Error function to 1.5e-7 (Abramowitz and Stegun, 7.1.26), as `e`, with the exponential in it as `g`. */
const erf = (x: string) =>
  `const v = ${x}, t = 1 / (1 + 0.3275911 * Math.abs(v)), g = Math.exp(-v * v); const p = (((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592; const e = v < 0 ? p * t * g - 1 : 1 - p * t * g`
const halfRoot = Math.SQRT1_2
const density = 1 / Math.sqrt(2 * Math.PI)
const tanhOfSoftplus =
  'const m = Math.exp(-Math.abs(x)), n = x > 0 ? 1 + 2 * m : m * (m + 2), t = n / (x > 0 ? n + 2 * m * m : n + 2)'

/** Elementwise: preparation, then the result. */
const expressions: Readonly<Record<string, string>> = {
  abs: 'Math.abs(x)',
  add: 'a + b',
  atan: 'Math.atan(x)',
  atan2: 'Math.atan2(a, b)',
  ceil: 'Math.ceil(x)',
  clip: 'x < -1 ? -1 : x > 1.5 ? 1.5 : x',
  clipGrad: 'x >= -1 && x <= 1.5 ? upstream : 0',
  cos: 'Math.cos(x)',
  div: 'a / b',
  elu: 'x > 0 ? x : Math.expm1(x)',
  eluGrad: 'x > 0 ? upstream : upstream * Math.exp(x)',
  equal: 'a === b ? 1 : 0',
  erf: `${erf('x')}; e`,
  exp: 'Math.exp(x)',
  expm1: 'Math.expm1(x)',
  floor: 'Math.floor(x)',
  gelu: `${erf(`x * ${halfRoot}`)}; 0.5 * x * (1 + e)`,
  geluGrad: `${erf(`x * ${halfRoot}`)}; upstream * (0.5 * (1 + e) + x * ${density} * g)`,
  greater: 'a > b ? 1 : 0',
  greaterEqual: 'a >= b ? 1 : 0',
  hardSigmoid: 'x <= -3 ? 0 : x >= 3 ? 1 : (x + 3) / 6',
  hardSwish: 'x <= -3 ? 0 : x >= 3 ? x : x * (x + 3) / 6',
  hardSwishGrad: 'x <= -3 ? 0 : x >= 3 ? upstream : upstream * (x / 3 + 0.5)',
  leakyRelu: 'x > 0 ? x : 0.01 * x',
  leakyReluGrad: 'x > 0 ? upstream : 0.01 * upstream',
  less: 'a < b ? 1 : 0',
  lessEqual: 'a <= b ? 1 : 0',
  log: 'Math.log(x)',
  log1p: 'Math.log1p(x)',
  logSigmoid: '(x < 0 ? x : 0) - Math.log1p(Math.exp(-Math.abs(x)))',
  logicalAnd: 'a !== 0 && b !== 0 ? 1 : 0',
  logicalNot: 'x === 0 ? 1 : 0',
  logicalOr: 'a !== 0 || b !== 0 ? 1 : 0',
  logicalXor: '(a !== 0) !== (b !== 0) ? 1 : 0',
  maximum: 'Math.max(a, b)',
  minimum: 'Math.min(a, b)',
  mish: `${tanhOfSoftplus}; x * t`,
  mishGrad: `${tanhOfSoftplus}; upstream * (t + x * (x > 0 ? 1 : m) / (1 + m) * (1 - t * t))`,
  mod: 'a - b * Math.floor(a / b)',
  mul: 'a * b',
  neg: '-x',
  notEqual: 'a !== b ? 1 : 0',
  pow: 'Math.pow(a, b)',
  reciprocal: '1 / x',
  relu: 'x > 0 ? x : 0',
  relu6: 'x < 0 ? 0 : x > 6 ? 6 : x',
  reluGrad: 'output > 0 ? upstream : 0',
  round: 'const r = Math.round(x); r - x === 0.5 && r % 2 !== 0 ? r - 1 : r',
  rsqrt: '1 / Math.sqrt(x)',
  selu: '1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x))',
  sigmoid: sigma('x'),
  sigmoidCrossEntropyGrad: `upstream * (${sigma('logits')} - labels)`,
  sigmoidCrossEntropyWithLogits:
    '(logits > 0 ? logits : 0) - logits * labels + Math.log1p(Math.exp(-Math.abs(logits)))',
  sigmoidGrad: 'upstream * output * (1 - output)',
  sign: 'x > 0 ? 1 : x < 0 ? -1 : 0',
  silu: 'x / (1 + Math.exp(-x))',
  siluGrad: `const s = ${sigma('x')}; upstream * s * (1 + x * (1 - s))`,
  sin: 'Math.sin(x)',
  softplus: '(x > 0 ? x : 0) + Math.log1p(Math.exp(-Math.abs(x)))',
  sqrt: 'Math.sqrt(x)',
  square: 'x * x',
  squaredDifference: '(a - b) * (a - b)',
  sub: 'a - b',
  tan: 'Math.tan(x)',
  tanh: 'Math.tanh(x)',
  tanhGrad: 'upstream * (1 - output * output)',
  where: 'condition !== 0 ? a : b',
}

const bounds = { min: -1, max: 1.5 }
const attributesOf: Readonly<Record<string, object>> = { clip: bounds, clipGrad: bounds }

/** A `for` loop over [0, end). */
const each = (index: string, count: number | string, body: string) =>
  `for (let ${index} = 0; ${index} < ${count}; ${index}++) { ${body} }`

function elementwise(inputs: readonly string[], op: string, n: number): PlainCase {
  const parts = expressions[op]!.split(';')
  const result = parts.pop()!
  const used = inputs.filter((name) => new RegExp(`\\b${name}\\b`).test(expressions[op]!))
  const read = used.map((name) => `${name} = ${name}s[i]`).join(', ')
  return {
    shapes: Object.fromEntries(inputs.map((name) => [name, [n]])),
    attributes: attributesOf[op]!,
    code: `const ${inputs.map((name) => `${name}s = ${name}`).join(', ')}
${each('i', n, `const ${read}; ${parts.length ? `${parts.join(';')};` : ''} y[i] = ${result}`)}`,
  }
}

const columns = (body: string) => each('c', 'n', body)
const largest = `let m = -Infinity; ${columns('if (x[o + c] > m) m = x[o + c]')}`
const largestLogit = largest.replaceAll('x[', 'logits[')
const moments = `let m = 0; ${columns('m += x[o + c]')} m /= n; let s = 0; ${columns('const d = x[o + c] - m; s += d * d')}`

interface RowsCase extends Partial<PlainCase> {
  /** Code before the loop over rows. */
  readonly before?: string
}

/**
 * Row by row of a square matrix, and of one with ten columns: `o` is the offset of row `r` of `rows`, `n` its length.
 * Inputs are such matrices by default.
 */
function byRows(
  n: number,
  inputs: readonly string[] | ((rows: number, columns: number) => PlainCase['shapes']),
  body: string,
  { before = '', ...more }: RowsCase = {},
): PlainCase[] {
  return [Math.sqrt(n), 10].map((width) => {
    const rows = Math.floor(n / width)
    return {
      shapes:
        typeof inputs === 'function'
          ? inputs(rows, width)
          : Object.fromEntries(inputs.map((name) => [name, [rows, width]])),
      ...more,
      code: `const rows = ${rows}, n = ${width}; ${before} ${each('r', rows, `const o = r * n; ${body}`)}`,
    }
  })
}

/** Reductions along the last dimension, the first, and all of a matrix: `step` combines v into s. */
function reductions(
  n: number,
  begin: string,
  step: string,
  end = 's',
  more: Partial<PlainCase> = {},
): PlainCase[] {
  const side = Math.sqrt(n)
  const shapes = { x: [side, side] }
  return [
    ...byRows(n, ['x'], `let s = ${begin}; ${columns(`const v = x[o + c]; s = ${step}`)} y[r] = ${end}`, {
      ...more,
      attributes: { ...more.attributes, axes: -1 },
    }),
    {
      ...more,
      shapes,
      attributes: { ...more.attributes, axes: 0 },
      code: `const n = ${side}; y.fill(${begin})
${each('r', side, each('c', side, `const v = x[r * ${side} + c], s = y[c]; y[c] = ${step}`))}
${each('c', side, `const s = y[c]; y[c] = ${end}`)}`,
    },
    {
      ...more,
      shapes,
      code: `const n = ${n}; let s = ${begin}; ${each('i', n, `const v = x[i]; s = ${step}`)} y[0] = ${end}`,
    },
  ]
}

/** The same along the columns of a matrix, all at once. */
function byColumns(n: number, inputs: readonly string[], body: string, more: Partial<PlainCase> = {}) {
  const side = Math.sqrt(n)
  return {
    shapes: Object.fromEntries(inputs.map((name) => [name, [side, side]])),
    ...more,
    code: `const n = ${side}; const zeros = () => new Float64Array(n); ${body}`,
  }
}

/** A three-dimensional tensor in output order: element [i, j, k] is the given expression. */
function cube(sizes: readonly number[], element: string): string {
  const [a, b, c] = sizes
  return `let at = 0; ${each('i', a!, each('j', b!, each('k', c!, `y[at++] = ${element}`)))}`
}

/** A three-dimensional shape of n elements, the last dimension the shortest. */
const cubeOf = (n: number): [number, number, number] => (n > 1024 ? [64, 256, 64] : [8, 16, 8])

function transposes(n: number): PlainCase[] {
  const side = Math.sqrt(n)
  const sizes = cubeOf(n)
  const strides = [sizes[1] * sizes[2], sizes[2], 1]
  const permuted = [
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ].map((permutation): PlainCase => {
    const [i, j, k] = permutation.map((axis) => strides[axis]!)
    const turned = permutation.map((axis) => sizes[axis]!)
    return {
      shapes: { x: sizes },
      attributes: { permutation },
      code: cube(turned, `x[i * ${i} + j * ${j} + k * ${k}]`),
    }
  })
  return [
    {
      shapes: { x: [side, side] },
      code: each('i', side, each('j', side, `y[i * ${side} + j] = x[j * ${side} + i]`)),
    },
    ...permuted,
    ...[
      [4, Math.floor(n / 12), 3],
      [4, 3, Math.floor(n / 12)],
    ].map(
      (sizes): PlainCase => ({
        shapes: { x: sizes },
        attributes: { permutation: [0, 2, 1] },
        code: cube(
          [sizes[0]!, sizes[2]!, sizes[1]!],
          `x[i * ${sizes[1]! * sizes[2]!} + k * ${sizes[2]} + j]`,
        ),
      }),
    ),
  ]
}

/** Size, channels and filters of image convolutions. */
const imagesOf = (n: number) =>
  n > 1024 ? { images: 16, side: 64, channels: 16 } : { images: 1, side: 16, channels: 4 }

/**
 * A 3×3 convolution with padding 1, or a one-dimensional one of 3, or its gradients: `body` runs for each element of an
 * image, at x[xAt], and its `width` filters, from wAt in the weights and from yAt in the output.
 */
function convolution(n: number, body: string, [channels, filters, groups]: Kind, flat = false) {
  const { images, side } = imagesOf(n)
  const [height, width, down] = flat ? [1, side * side, 1] : [side, side, 3]
  const inside = channels / groups
  const perGroup = filters / groups
  const weights = [...(flat ? [] : [3]), 3, inside, filters]
  const x = [images, ...(flat ? [] : [height]), width, channels]
  const y = [images, ...(flat ? [] : [height]), width, filters]
  const code = each(
    'b',
    images,
    each(
      'i',
      height,
      each(
        'j',
        width,
        each(
          'u',
          down,
          `const a = i + u - ${flat ? 0 : 1}; if (a < 0 || a >= ${height}) continue; ${each(
            'v',
            3,
            `const q = j + v - 1; if (q < 0 || q >= ${width}) continue; ${each(
              'g',
              groups,
              `const yAt = ((b * ${height} + i) * ${width} + j) * ${filters} + g * ${perGroup}
${each(
  'c',
  inside,
  `const xAt = ((b * ${height} + a) * ${width} + q) * ${channels} + g * ${inside} + c, wAt = ((u * 3 + v) * ${inside} + c) * ${filters} + g * ${perGroup}
${body.replaceAll('WIDTH', String(perGroup))}`,
)}`,
            )}`,
          )}`,
        ),
      ),
    ),
  )
  return { x, y, weights, code: `y.fill(0); ${code}`, attributes: { padding: 'same', groups } }
}

const forward = (name: string) =>
  `const s = x[xAt]; for (let o = 0; o < WIDTH; o++) y[yAt + o] += s * ${name}[wAt + o]`
const back = (dy: string) =>
  `let s = 0; for (let o = 0; o < WIDTH; o++) s += ${dy}[yAt + o] * weights[wAt + o]; y[xAt] += s`
const toWeights = 'const s = x[xAt]; for (let o = 0; o < WIDTH; o++) y[wAt + o] += s * upstream[yAt + o]'

/** Channels, filters and groups of a convolution. */
type Kind = readonly [channels: number, filters: number, groups: number]

/** Dense, RGB, and two depthwise ones. */
function kinds(n: number): Kind[] {
  const { channels } = imagesOf(n)
  return [
    [channels, 8, 1],
    [3, 8, 1],
    [channels, channels, channels],
    [channels, 2 * channels, channels],
  ]
}

/** Pooling windows; `body` runs for each cell at `at`, between `before` and `after`, which have the window at `to`. */
function windows(
  n: number,
  op: string,
  before: string,
  body: string,
  after: string | ((cells: (inner: string) => string) => string),
): PlainCase[] {
  const { images, side, channels: usual } = imagesOf(n)
  const flat = op.endsWith('1d')
  return [
    { size: 2, stride: 2, pad: 0, channels: usual },
    { size: 2, stride: 2, pad: 0, channels: 3 },
    { size: 3, stride: 2, pad: 1, channels: usual },
    { size: 3, stride: 1, pad: 1, channels: usual },
  ].map(({ size, stride, pad, channels }) => {
    const [height, width] = flat ? [1, side * side] : [side, side]
    const out = (length: number) => Math.floor((length + 2 * pad - size) / stride) + 1
    const [outHeight, outWidth] = flat ? [1, out(width)] : [out(height), out(width)]
    const image = flat ? [images, width, channels] : [images, height, width, channels]
    const small = flat ? [images, outWidth, channels] : [images, outHeight, outWidth, channels]
    const rows = flat
      ? (inner: string) => `const a = 0; ${inner}`
      : (inner: string) =>
          each(
            'u',
            size,
            `const a = i * ${stride} + u - ${pad}; if (a < 0 || a >= ${height}) continue; ${inner}`,
          )
    const cells = (inner: string) =>
      rows(
        each(
          'v',
          size,
          `const q = j * ${stride} + v - ${pad}; if (q < 0 || q >= ${width}) continue; const at = ((b * ${height} + a) * ${width} + q) * ${channels} + c; ${inner}`,
        ),
      )
    const code = each(
      'b',
      images,
      each(
        'i',
        outHeight,
        each(
          'j',
          outWidth,
          each(
            'c',
            channels,
            `const to = ((b * ${outHeight} + i) * ${outWidth} + j) * ${channels} + c; ${before} ${cells(body)} ${typeof after === 'string' ? after : after(cells)}`,
          ),
        ),
      ),
    )
    const scatters = op.endsWith('Grad')
    const shapes: Record<string, number[]> =
      op === 'avgPool2dGrad'
        ? { upstream: small }
        : {
            x: image,
            ...(op === 'maxPool2dGrad' ? { upstream: small } : {}),
            ...(op === 'maxPool2dPick' ? { values: image } : {}),
          }
    return {
      shapes,
      attributes: {
        size,
        stride,
        padding: pad,
        ...(op === 'avgPool2dGrad' ? { inputSize: [height, width] } : {}),
      },
      code: `${scatters ? 'y.fill(0); ' : ''}${code}`,
    }
  })
}

/** Product of matrices [m, k] and [k, n], optionally with the second transposed. */
function product(n: number): { m: number; k: number; n: number } {
  return n > 1024 ? { m: 4096, k: 256, n: 64 } : { m: 32, k: 32, n: 32 }
}

function multiply(size: { m: number; k: number; n: number }, a: string, b: string, begin = '0') {
  const { m, k, n } = size
  return each(
    'i',
    m,
    `const row = i * ${n}; ${each('j', n, `y[row + j] = ${begin}`)} ${each('p', k, `const s = ${a}[i * ${k} + p]; ${each('j', n, `y[row + j] += s * ${b}[p * ${n} + j]`)}`)}`,
  )
}

const heads = (n: number) => (n > 1024 ? [256, 64, 64] : [2, 16, 32])

/** The probabilities p of each query; `body` runs for each. */
function attention(n: number, body: string, prepare = ''): string {
  const [count, length, depth] = heads(n)
  return `const p = new Float64Array(${length}); const d = new Float64Array(${length}); ${prepare}
${each(
  'h',
  count!,
  `const base = h * ${length! * depth!}
${each(
  'i',
  length!,
  `const row = base + i * ${depth}; let m = -Infinity, z = 0
${each('j', length!, `const to = base + j * ${depth}; let s = 0; ${each('c', depth!, 's += q[row + c] * k[to + c]')} s *= ${1 / Math.sqrt(depth!)}; p[j] = s; if (s > m) m = s`)}
${each('j', length!, 'p[j] = Math.exp(p[j] - m); z += p[j]')}
${each('j', length!, 'p[j] /= z')}
${body.replaceAll('LENGTH', String(length)).replaceAll('DEPTH', String(depth))}`,
)}`,
)}`
}

const slopes = `let t = 0; ${each('j', 'LENGTH', `const to = base + j * DEPTH; let s = 0; ${each('c', 'DEPTH', 's += upstream[row + c] * v[to + c]')} d[j] = s; t += s * p[j]`)}`

/** Channels last, for batch normalisation. */
function channels(n: number, inputs: readonly string[], attributes: object, code: string): PlainCase {
  const width = n > 1024 ? 64 : 16
  const whole = ['x', 'upstream']
  return {
    shapes: Object.fromEntries(
      inputs.map((name) => [name, whole.includes(name) ? [n / width, width] : [width]]),
    ),
    attributes,
    code: `const n = ${n / width}, w = ${width}; ${code}`,
  }
}

const overAll = (body: string) => each('r', 'n', `const o = r * w; ${each('c', 'w', body)}`)
const perChannel = (body: string) => each('c', 'w', body)
const channelMoments = `const m = new Float64Array(w), s = new Float64Array(w)
${overAll('m[c] += x[o + c]')} ${perChannel('m[c] /= n')} ${overAll('const d = x[o + c] - m[c]; s[c] += d * d')} ${perChannel('s[c] /= n')}`
const onLast = { axis: -1 }

const argument = (sign: string, n: number): PlainCase[] => [
  ...byRows(
    n,
    ['x'],
    `let m = x[o], at = 0; ${columns(`if (x[o + c] ${sign} m) { m = x[o + c]; at = c }`)} y[r] = at`,
  ),
  byColumns(
    n,
    ['x'],
    `const m = x.slice(0, n); y.fill(0); ${each('r', 'n', `const o = r * n; ${columns(`if (x[o + c] ${sign} m[c]) { m[c] = x[o + c]; y[c] = r }`)}`)}`,
    { attributes: { axis: 0 } },
  ),
]

/** Matrices, with a vector of one element per column. */
const weighted = (names: readonly string[]) => (rows: number, width: number) =>
  Object.fromEntries(names.map((name) => [name, /gamma|beta/.test(name) ? [width] : [rows, width]]))
const spread = `${moments} const q = 1 / Math.sqrt(s / n + 1e-5)`
const rootMeanSquare = `let s = 0; ${columns('s += x[o + c] * x[o + c]')} const q = 1 / Math.sqrt(s / n + 1e-5)`

const random = (attributes: object, code: string, shapes = {}): PlainCase => ({
  shapes: { ...shapes, key: [2] },
  attributes: { seed: 1, ...attributes },
  code,
})
const normalPair =
  'const u = Math.sqrt(-2 * Math.log(1 - Math.random())), a = 6.283185307179586 * Math.random()'

const picks = (n: number): PlainCase[] => {
  const rows = n > 1024 ? 4096 : 64
  const wide = n > 1024 ? 64 : 16
  return [
    {
      shapes: { x: [rows, wide], indices: [n / wide] },
      code: each(
        'i',
        n / wide,
        `const o = indices[i] * ${wide}; ${each('c', wide, `y[i * ${wide} + c] = x[o + c]`)}`,
      ),
    },
    { shapes: { x: [n], indices: [n] }, code: each('i', n, 'y[i] = x[indices[i]]') },
    {
      shapes: { x: [n / wide, wide], indices: [wide] },
      attributes: { axis: 1 },
      code: each('r', n / wide, each('c', wide, `y[r * ${wide} + c] = x[r * ${wide} + indices[c]]`)),
    },
  ]
}

const triangle = (sign: string, n: number): PlainCase[] =>
  byRows(n, ['x'], columns(`y[o + c] = c ${sign} r ? x[o + c] : 0`))

/** By op: the cases to time at about n elements, 1024 or 2²⁰. */
const table: Readonly<Record<string, (n: number, side: number) => PlainCase[]>> = {
  all: (n) => reductions(n, '1', 'v === 0 ? 0 : s', 's', { domain: { low: 1, high: 2 } }),
  any: (n) => reductions(n, '0', 'v !== 0 ? 1 : s', 's', { domain: { low: 0, high: 0 } }),
  argMax: (n) => argument('>', n),
  argMin: (n) => argument('<', n),
  avgPool1d: (n) => windows(n, 'avgPool1d', 'let s = 0, k = 0;', 's += x[at]; k++', 'y[to] = s / k'),
  avgPool2d: (n) => windows(n, 'avgPool2d', 'let s = 0, k = 0;', 's += x[at]; k++', 'y[to] = s / k'),
  avgPool2dGrad: (n) =>
    windows(
      n,
      'avgPool2dGrad',
      'let k = 0;',
      'k++',
      (cells) => `const s = upstream[to] / k; ${cells('y[at] += s')}`,
    ),
  batchNorm: (n) => [
    channels(
      n,
      ['x', 'gamma', 'beta'],
      {},
      `${channelMoments} ${perChannel('s[c] = gamma[c] / Math.sqrt(s[c] + 1e-5); m[c] = beta[c] - m[c] * s[c]')} ${overAll('y[o + c] = x[o + c] * s[c] + m[c]')}`,
    ),
  ],
  batchNormGammaGrad: (n) => [
    channels(
      n,
      ['x', 'upstream', 'mean', 'variance'],
      {},
      `y.fill(0); ${overAll('y[c] += upstream[o + c] * (x[o + c] - mean[c])')} ${perChannel('y[c] /= Math.sqrt(variance[c] + 1e-5)')}`,
    ),
  ],
  batchNormGrad: (n) => [
    channels(
      n,
      ['x', 'upstream', 'gamma', 'mean', 'variance', 'gammaGrad', 'betaGrad'],
      {},
      `const p = new Float64Array(w), q = new Float64Array(w), s = new Float64Array(w)
${perChannel('const t = 1 / Math.sqrt(variance[c] + 1e-5); p[c] = gamma[c] * t; q[c] = t * gammaGrad[c] / n; s[c] = betaGrad[c] / n')}
${overAll('y[o + c] = p[c] * (upstream[o + c] - s[c] - (x[o + c] - mean[c]) * q[c])')}`,
    ),
  ],
  batchNormInference: (n) => [
    channels(
      n,
      ['x', 'gamma', 'beta', 'mean', 'variance'],
      {},
      `const s = new Float64Array(w), m = new Float64Array(w)
${perChannel('s[c] = gamma[c] / Math.sqrt(variance[c] + 1e-5); m[c] = beta[c] - mean[c] * s[c]')} ${overAll('y[o + c] = x[o + c] * s[c] + m[c]')}`,
    ),
  ],
  bernoulli: (n) => [
    random({ shape: [n], probability: 0.3 }, each('i', n, 'y[i] = Math.random() < 0.3 ? 1 : 0')),
  ],
  broadcastTo: (_n, side) => [
    {
      shapes: { x: [side] },
      attributes: { shape: [side, side] },
      code: each('i', side, each('j', side, `y[i * ${side} + j] = x[j]`)),
    },
    {
      shapes: { x: [side, 1] },
      attributes: { shape: [side, side] },
      code: each('i', side, each('j', side, `y[i * ${side} + j] = x[i]`)),
    },
  ],
  categorical: (n) =>
    byRows(
      n,
      (rows, width) => ({ logits: [rows, width], key: [2] }),
      `${largestLogit} let z = 0; ${columns('z += Math.exp(logits[o + c] - m); sums[c] = z')} const u = z * Math.random(); let at = 0; while (at < n - 1 && sums[at] < u) at++; y[r] = at`,
      { before: 'const sums = new Float64Array(n);', attributes: { seed: 1 } },
    ),
  channelVariance: (n) => [
    channels(
      n,
      ['x', 'mean'],
      onLast,
      `y.fill(0); ${overAll('const d = x[o + c] - mean[c]; y[c] += d * d')} ${perChannel('y[c] /= n')}`,
    ),
  ],
  concat: (n, side) => [
    {
      shapes: { xs: [[n / 2], [n / 2]] },
      code: 'y.set(x0); y.set(x1, x0.length)',
    },
    {
      shapes: {
        xs: [
          [side, side / 2],
          [side, side / 2],
        ],
      },
      attributes: { axis: 1 },
      code: each(
        'r',
        side,
        [0, 1]
          .map((k) =>
            each('c', side / 2, `y[r * ${side} + ${(k * side) / 2} + c] = x${k}[r * ${side / 2} + c]`),
          )
          .join(' '),
      ),
    },
    {
      shapes: {
        xs: [
          [n / 8, 3],
          [n / 8, 5],
        ],
      },
      attributes: { axis: 1 },
      code: each(
        'r',
        n / 8,
        `${each('c', 3, 'y[r * 8 + c] = x0[r * 3 + c]')} ${each('c', 5, 'y[r * 8 + 3 + c] = x1[r * 5 + c]')}`,
      ),
    },
  ],
  conv1d: (n) =>
    kinds(n).map((kind) => {
      const { x, weights, attributes, code } = convolution(n, forward('weights'), kind, true)
      return { attributes, code, shapes: { x, weights } }
    }),
  conv1dTranspose: (n) =>
    kinds(n).map((kind) => {
      const { y, weights, attributes, code } = convolution(n, back('x'), kind, true)
      return { attributes, code, shapes: { x: y, weights } }
    }),
  conv2d: (n) =>
    kinds(n).map((kind) => {
      const { x, weights, attributes, code } = convolution(n, forward('weights'), kind)
      return { attributes, code, shapes: { x, weights } }
    }),
  conv2dInputGrad: (n) =>
    kinds(n).map((kind) => {
      const { x, y, weights, attributes, code } = convolution(n, back('upstream'), kind)
      return {
        attributes: { ...attributes, inputSize: x.slice(1, 3) },
        code,
        shapes: { upstream: y, weights },
      }
    }),
  conv2dTranspose: (n) =>
    kinds(n).map((kind) => {
      const { y, weights, attributes, code } = convolution(n, back('x'), kind)
      return { attributes, code, shapes: { x: y, weights } }
    }),
  conv2dWeightGrad: (n) =>
    kinds(n).map((kind) => {
      const { x, y, attributes, code } = convolution(n, toWeights, kind)
      return { attributes: { ...attributes, kernelSize: [3, 3] }, code, shapes: { x, upstream: y } }
    }),
  cumsum: (n) => [
    ...byRows(n, ['x'], `let s = 0; ${columns('s += x[o + c]; y[o + c] = s')}`),
    ...byRows(n, ['x'], 'let s = 0; for (let c = n - 1; c >= 0; c--) { s += x[o + c]; y[o + c] = s }', {
      attributes: { reverse: true },
    }),
    byColumns(
      n,
      ['x'],
      `${columns('y[c] = x[c]')} for (let r = 1; r < n; r++) { const o = r * n; ${columns('y[o + c] = y[o - n + c] + x[o + c]')} }`,
      { attributes: { axis: 0 } },
    ),
  ],
  dot: (n) => [
    { shapes: { a: [n], b: [n] }, code: `let s = 0; ${each('i', n, 's += a[i] * b[i]')} y[0] = s` },
  ],
  dropout: (n) => [
    random({ rate: 0.25 }, each('i', n, `y[i] = Math.random() < 0.25 ? 0 : x[i] * ${4 / 3}`), { x: [n] }),
  ],
  einsum: (n) => {
    const { m, k, n: width } = product(n)
    return [
      {
        shapes: {
          xs: [
            [m, k],
            [k, width],
          ],
        },
        attributes: { equation: 'ij,jk->ik' },
        code: multiply({ m, k, n: width }, 'x0', 'x1'),
      },
    ]
  },
  embedding: (n) =>
    picks(n)
      .slice(0, 1)
      .map(({ shapes: { x, indices }, code }) => ({
        shapes: { table: x!, indices: indices! },
        code: code.replaceAll('x[', 'table['),
      })),
  flip: (n) => [
    { shapes: { x: [n] }, code: each('i', n, `y[i] = x[${n - 1} - i]`) },
    ...byRows(n, ['x'], columns('y[o + c] = x[o + n - 1 - c]'), { attributes: { axes: 1 } }),
    ...byRows(n, ['x'], columns('y[o + c] = x[(rows - 1 - r) * n + c]'), { attributes: { axes: 0 } }),
  ],
  gather: picks,
  globalAveragePool: (n) => {
    const { images, side, channels } = imagesOf(n)
    const cells = side * side
    return [
      {
        shapes: { x: [images, side, side, channels] },
        code: `y.fill(0); ${each('b', images, each('i', cells, each('c', channels, `y[b * ${channels} + c] += x[(b * ${cells} + i) * ${channels} + c]`)))} ${each('i', images * channels, `y[i] /= ${cells}`)}`,
      },
    ]
  },
  globalMaxPool: (n) => {
    const { images, side, channels } = imagesOf(n)
    const cells = side * side
    return [
      {
        shapes: { x: [images, side, side, channels] },
        code: `y.fill(-Infinity); ${each('b', images, each('i', cells, each('c', channels, `const v = x[(b * ${cells} + i) * ${channels} + c], to = b * ${channels} + c; if (v > y[to]) y[to] = v`)))}`,
      },
    ]
  },
  groupNorm: (n) => {
    const { images, side, channels } = imagesOf(n)
    const width = channels / 2
    const cell = (body: string) =>
      each(
        'i',
        side * side,
        each('c', width, `const at = (b * ${side * side} + i) * ${channels} + g * ${width} + c; ${body}`),
      )
    return [
      {
        shapes: { x: [images, side, side, channels], gamma: [channels], beta: [channels] },
        attributes: { groups: 2 },
        code: each(
          'b',
          images,
          each(
            'g',
            2,
            `let m = 0; ${cell('m += x[at]')} m /= ${side * side * width}; let s = 0; ${cell('const d = x[at] - m; s += d * d')} const q = 1 / Math.sqrt(s / ${side * side * width} + 1e-5); ${cell(`y[at] = (x[at] - m) * q * gamma[g * ${width} + c] + beta[g * ${width} + c]`)}`,
          ),
        ),
      },
    ]
  },
  layerNorm: (n) =>
    byRows(
      n,
      weighted(['x', 'gamma', 'beta']),
      `${spread}; ${columns('y[o + c] = (x[o + c] - m) * q * gamma[c] + beta[c]')}`,
    ),
  layerNormGammaGrad: (n) =>
    byRows(
      n,
      weighted(['x', 'gamma', 'upstream']),
      `${spread}; ${columns('y[c] += upstream[o + c] * (x[o + c] - m) * q')}`,
      { before: 'y.fill(0);' },
    ),
  layerNormGrad: (n) =>
    byRows(
      n,
      weighted(['x', 'gamma', 'upstream']),
      `${spread}; let p = 0, t = 0; ${columns('const g = upstream[o + c] * gamma[c]; p += g; t += g * (x[o + c] - m)')} p /= n; t *= q * q / n; ${columns('y[o + c] = q * (upstream[o + c] * gamma[c] - p - (x[o + c] - m) * t)')}`,
    ),
  linear: (n) => {
    const size = product(n)
    return [
      {
        shapes: { x: [size.m, size.k], w: [size.k, size.n], bias: [size.n] },
        code: multiply(size, 'x', 'w', 'bias[j]'),
      },
    ]
  },
  logSoftmax: (n) =>
    byRows(
      n,
      ['x'],
      `${largest} let z = 0; ${columns('z += Math.exp(x[o + c] - m)')} const l = m + Math.log(z); ${columns('y[o + c] = x[o + c] - l')}`,
    ),
  logSoftmaxGrad: (n) =>
    byRows(
      n,
      ['output', 'upstream'],
      `let s = 0; ${columns('s += upstream[o + c]')} ${columns('y[o + c] = upstream[o + c] - Math.exp(output[o + c]) * s')}`,
    ),
  logSumExp: (n) => [
    ...byRows(
      n,
      ['x'],
      `${largest} let z = 0; ${columns('z += Math.exp(x[o + c] - m)')} y[r] = m + Math.log(z)`,
      {
        attributes: { axes: -1 },
      },
    ),
    {
      shapes: { x: [n] },
      code: `let m = -Infinity; ${each('i', n, 'if (x[i] > m) m = x[i]')} let z = 0; ${each('i', n, 'z += Math.exp(x[i] - m)')} y[0] = m + Math.log(z)`,
    },
  ],
  matmul: (n) => {
    const size = product(n)
    const { m, k, n: width } = size
    const [count, length, depth] = heads(n)
    return [
      { shapes: { a: [m, k], b: [k, width] }, code: multiply(size, 'a', 'b') },
      {
        shapes: { a: [m, k], b: [width, k] },
        attributes: { transposeB: true },
        code: each(
          'i',
          m,
          each(
            'j',
            width,
            `let s = 0; ${each('p', k, `s += a[i * ${k} + p] * b[j * ${k} + p]`)} y[i * ${width} + j] = s`,
          ),
        ),
      },
      {
        shapes: { a: [k, m], b: [k, width] },
        attributes: { transposeA: true },
        code: `y.fill(0); ${each('p', k, each('i', m, `const s = a[p * ${m} + i]; ${each('j', width, `y[i * ${width} + j] += s * b[p * ${width} + j]`)}`))}`,
      },
      {
        shapes: { a: [count!, length!, depth!], b: [count!, depth!, length!] },
        code: each(
          'h',
          count!,
          multiply({ m: length!, k: depth!, n: length! }, 'A', 'B')
            .replaceAll('A[', `a[h * ${length! * depth!} + `)
            .replaceAll('B[', `b[h * ${length! * depth!} + `)
            .replaceAll('y[', `y[h * ${length! * length!} + `),
        ),
      },
      ...byRows(
        n,
        (rows, width) => ({ a: [rows, width], b: [width] }),
        `let s = 0; ${columns('s += a[o + c] * b[c]')} y[r] = s`,
      ),
    ]
  },
  max: (n) => reductions(n, '-Infinity', 'v > s ? v : s'),
  maxPool1d: (n) => windows(n, 'maxPool1d', 'let m = -Infinity;', 'if (x[at] > m) m = x[at]', 'y[to] = m'),
  maxPool2d: (n) => windows(n, 'maxPool2d', 'let m = -Infinity;', 'if (x[at] > m) m = x[at]', 'y[to] = m'),
  maxPool2dGrad: (n) =>
    windows(
      n,
      'maxPool2dGrad',
      'let m = -Infinity, best = 0;',
      'if (x[at] > m) { m = x[at]; best = at }',
      'y[best] += upstream[to]',
    ),
  maxPool2dPick: (n) =>
    windows(
      n,
      'maxPool2dPick',
      'let m = -Infinity, best = 0;',
      'if (x[at] > m) { m = x[at]; best = at }',
      'y[to] = values[best]',
    ),
  mean: (n) => reductions(n, '0', 's + v', 's / n'),
  min: (n) => reductions(n, 'Infinity', 'v < s ? v : s'),
  norm: (n) => [
    ...reductions(n, '0', 's + v * v', 'Math.sqrt(s)'),
    ...reductions(n, '0', 's + Math.abs(v)', 's', { attributes: { order: 1 } }),
    ...reductions(n, '0', 'Math.abs(v) > s ? Math.abs(v) : s', 's', { attributes: { order: Infinity } }),
  ],
  oneHot: (n) => [
    {
      shapes: { x: [n / 16] },
      attributes: { depth: 16 },
      domain: { low: 0, high: 16 },
      code: `y.fill(0); ${each('i', n / 16, 'y[i * 16 + x[i]] = 1')}`,
    },
  ],
  outer: (_n, side) => [
    {
      shapes: { a: [side], b: [side] },
      code: each('i', side, each('j', side, `y[i * ${side} + j] = a[i] * b[j]`)),
    },
  ],
  pad: (_n, side) =>
    (['constant', 'edge', 'reflect'] as const).map((mode) => {
      const wide = side + 4
      const place = {
        constant: (at: string) => at,
        edge: (at: string) => `Math.min(Math.max(${at}, 0), ${side - 1})`,
        reflect: (at: string) => `${side - 1} - Math.abs(${side - 1} - Math.abs(${at}))`,
      }[mode]
      const rows = mode === 'constant' ? ['r + 2', side] : ['r', wide]
      return {
        shapes: { x: [side, side] },
        attributes: { paddings: 2, mode },
        code:
          mode === 'constant'
            ? `y.fill(0); ${each('r', side, each('c', side, `y[(${rows[0]}) * ${wide} + c + 2] = x[r * ${side} + c]`))}`
            : each(
                'r',
                wide,
                `const a = ${place('(r - 2)')}; ${each('c', wide, `y[r * ${wide} + c] = x[a * ${side} + ${place('(c - 2)')}]`)}`,
              ),
      }
    }),
  prod: (n) => reductions(n, '1', 's * v', 's', { domain: { low: 0.99, high: 1.01 } }),
  productOfOthers: (n) =>
    byRows(
      n,
      ['x'],
      `let s = 1; ${columns('y[o + c] = s; s *= x[o + c]')} s = 1; for (let c = n - 1; c >= 0; c--) { y[o + c] *= s; s *= x[o + c] }`,
      { domain: { low: 0.99, high: 1.01 } },
    ),
  randomNormal: (n) => [
    random(
      { shape: [n] },
      `for (let i = 0; i < ${n}; i += 2) { ${normalPair}; y[i] = u * Math.cos(a); y[i + 1] = u * Math.sin(a) }`,
    ),
  ],
  randomPermutation: (n) => [
    random(
      { length: n },
      `${each('i', n, 'y[i] = i')} for (let i = ${n - 1}; i > 0; i--) { const j = Math.floor(Math.random() * (i + 1)), t = y[i]; y[i] = y[j]; y[j] = t }`,
    ),
  ],
  randomUniform: (n) => [
    random({ shape: [n], low: -1, high: 1 }, each('i', n, 'y[i] = 2 * Math.random() - 1')),
  ],
  rmsNorm: (n) =>
    byRows(
      n,
      weighted(['x', 'gamma']),
      `${rootMeanSquare}; ${columns('y[o + c] = x[o + c] * q * gamma[c]')}`,
    ),
  rmsNormGammaGrad: (n) =>
    byRows(
      n,
      weighted(['x', 'gamma', 'upstream']),
      `${rootMeanSquare}; ${columns('y[c] += upstream[o + c] * x[o + c] * q')}`,
      { before: 'y.fill(0);' },
    ),
  rmsNormGrad: (n) =>
    byRows(
      n,
      weighted(['x', 'gamma', 'upstream']),
      `${rootMeanSquare}; let t = 0; ${columns('t += upstream[o + c] * gamma[c] * x[o + c]')} t *= q * q / n; ${columns('y[o + c] = q * (upstream[o + c] * gamma[c] - x[o + c] * t)')}`,
    ),
  scaledDotProductAttention: (n) => [
    {
      shapes: { q: heads(n), k: heads(n), v: heads(n) },
      code: attention(
        n,
        each('c', 'DEPTH', 'y[row + c] = 0') +
          each(
            'j',
            'LENGTH',
            `const to = base + j * DEPTH, s = p[j]; ${each('c', 'DEPTH', 'y[row + c] += s * v[to + c]')}`,
          ),
      ),
    },
  ],
  scaledDotProductAttentionGrad: (n) =>
    (['q', 'k', 'v'] as const).map((of) => {
      const scale = 1 / Math.sqrt(heads(n)[2]!)
      const body = {
        q: `${slopes} ${each('j', 'LENGTH', `const to = base + j * DEPTH, s = ${scale} * p[j] * (d[j] - t); ${each('c', 'DEPTH', 'y[row + c] += s * k[to + c]')}`)}`,
        k: `${slopes} ${each('j', 'LENGTH', `const to = base + j * DEPTH, s = ${scale} * p[j] * (d[j] - t); ${each('c', 'DEPTH', 'y[to + c] += s * q[row + c]')}`)}`,
        v: each(
          'j',
          'LENGTH',
          `const to = base + j * DEPTH, s = p[j]; ${each('c', 'DEPTH', 'y[to + c] += s * upstream[row + c]')}`,
        ),
      }[of]
      return {
        shapes: { q: heads(n), k: heads(n), v: heads(n), upstream: heads(n) },
        attributes: { of },
        code: attention(n, body, 'y.fill(0);'),
      }
    }),
  scatterAdd: (n) => {
    const size = n > 1024 ? 4096 : 64
    const wide = n > 1024 ? 64 : 16
    return [
      {
        shapes: { x: [n / wide, wide], indices: [n / wide] },
        attributes: { size },
        code: `y.fill(0); ${each('i', n / wide, `const o = indices[i] * ${wide}; ${each('c', wide, `y[o + c] += x[i * ${wide} + c]`)}`)}`,
      },
      {
        shapes: { x: [n], indices: [n] },
        attributes: { size },
        code: `y.fill(0); ${each('i', n, 'y[indices[i]] += x[i]')}`,
      },
    ]
  },
  slice: (n, side) => [
    {
      shapes: { x: [side, side] },
      attributes: { begin: [1, 1], size: [side - 2, side - 2] },
      code: each('r', side - 2, each('c', side - 2, `y[r * ${side - 2} + c] = x[(r + 1) * ${side} + c + 1]`)),
    },
    { shapes: { x: [n] }, attributes: { begin: 0, steps: 2 }, code: each('i', n / 2, 'y[i] = x[2 * i]') },
  ],
  sliceGrad: (n, side) => [
    {
      shapes: { xs: [[side - 2, side - 2]] },
      attributes: { begin: [[1, 1]], steps: [[1, 1]], shape: [side, side] },
      code: `y.fill(0); ${each('r', side - 2, each('c', side - 2, `y[(r + 1) * ${side} + c + 1] = x0[r * ${side - 2} + c]`))}`,
    },
    {
      shapes: { xs: [[n / 2]] },
      attributes: { begin: [[0]], steps: [[2]], shape: [n] },
      code: `y.fill(0); ${each('i', n / 2, 'y[2 * i] = x0[i]')}`,
    },
  ],
  softmax: (n) => [
    ...byRows(
      n,
      ['x'],
      `${largest} let z = 0; ${columns('const e = Math.exp(x[o + c] - m); y[o + c] = e; z += e')} ${columns('y[o + c] /= z')}`,
    ),
    byColumns(
      n,
      ['x'],
      `const m = zeros().fill(-Infinity), z = zeros(); ${each('r', 'n', `const o = r * n; ${columns('if (x[o + c] > m[c]) m[c] = x[o + c]')}`)} ${each('r', 'n', `const o = r * n; ${columns('const e = Math.exp(x[o + c] - m[c]); y[o + c] = e; z[c] += e')}`)} ${each('r', 'n', `const o = r * n; ${columns('y[o + c] /= z[c]')}`)}`,
      { attributes: { axis: 0 } },
    ),
  ],
  softmaxCrossEntropyGrad: (n) =>
    byRows(
      n,
      (rows, width) => ({ logits: [rows, width], labels: [rows, width], upstream: [rows, 1] }),
      `let m = -Infinity, t = 0; ${columns('if (logits[o + c] > m) m = logits[o + c]; t += labels[o + c]')} let z = 0; ${columns('const e = Math.exp(logits[o + c] - m); y[o + c] = e; z += e')} const u = upstream[r], q = u * t / z; ${columns('y[o + c] = y[o + c] * q - u * labels[o + c]')}`,
    ),
  softmaxCrossEntropyWithLogits: (n) =>
    byRows(
      n,
      ['logits', 'labels'],
      `${largestLogit} let z = 0; ${columns('z += Math.exp(logits[o + c] - m)')} const l = m + Math.log(z); let s = 0; ${columns('s += labels[o + c] * (l - logits[o + c])')} y[r] = s`,
    ),
  sparseSoftmaxCrossEntropyGrad: (n) =>
    byRows(
      n,
      (rows, width) => ({ logits: [rows, width], upstream: [rows], classes: [rows] }),
      `${largestLogit} let z = 0; ${columns('const e = Math.exp(logits[o + c] - m); y[o + c] = e; z += e')} const q = upstream[r] / z; ${columns('y[o + c] *= q')} y[o + classes[r]] -= upstream[r]`,
    ),
  sparseSoftmaxCrossEntropyWithLogits: (n) =>
    byRows(
      n,
      (rows, width) => ({ logits: [rows, width], classes: [rows] }),
      `${largestLogit} let z = 0; ${columns('z += Math.exp(logits[o + c] - m)')} y[r] = m + Math.log(z) - logits[o + classes[r]]`,
    ),
  softmaxGrad: (n) =>
    byRows(
      n,
      ['output', 'upstream'],
      `let s = 0; ${columns('s += upstream[o + c] * output[o + c]')} ${columns('y[o + c] = output[o + c] * (upstream[o + c] - s)')}`,
    ),
  stack: (n) => [
    { shapes: { xs: [[n / 2], [n / 2]] }, code: 'y.set(x0); y.set(x1, x0.length)' },
    {
      shapes: { xs: [[n / 2], [n / 2]] },
      attributes: { axis: 1 },
      code: each('i', n / 2, 'y[2 * i] = x0[i]; y[2 * i + 1] = x1[i]'),
    },
  ],
  std: (n) => [
    ...byRows(n, ['x'], `${moments} y[r] = Math.sqrt(s / n)`, { attributes: { axes: -1 } }),
    {
      shapes: { x: [n] },
      code: `let m = 0, s = 0; ${each('i', n, 'm += x[i]')} m /= ${n}; ${each('i', n, 'const d = x[i] - m; s += d * d')} y[0] = Math.sqrt(s / ${n})`,
    },
  ],
  sum: (n) => reductions(n, '0', 's + v'),
  sumTo: (_n, side) => [
    {
      shapes: { x: [side, side] },
      attributes: { shape: [side] },
      code: `y.fill(0); ${each('i', side, each('j', side, `y[j] += x[i * ${side} + j]`))}`,
    },
    {
      shapes: { x: [side, side] },
      attributes: { shape: [side, 1] },
      code: each('i', side, `let s = 0; ${each('j', side, `s += x[i * ${side} + j]`)} y[i] = s`),
    },
  ],
  swapAxes: (n) =>
    transposes(n)
      .slice(0, 1)
      .map((case_) => ({ ...case_, attributes: { axes: [0, 1] } })),
  tile: (n, side) => [
    { shapes: { x: [n / 4] }, attributes: { repeats: [4] }, code: each('k', 4, 'y.set(x, k * x.length)') },
    {
      shapes: { x: [side, side / 4] },
      attributes: { repeats: [1, 4] },
      code: each(
        'r',
        side,
        each('k', 4, each('c', side / 4, `y[r * ${side} + k * ${side / 4} + c] = x[r * ${side / 4} + c]`)),
      ),
    },
  ],
  transpose: transposes,
  tril: (n) => triangle('<=', n),
  triu: (n) => triangle('>=', n),
  truncatedNormal: (n) => [
    random(
      { shape: [n] },
      `for (let i = 0; i < ${n}; ) { ${normalPair}; const p = u * Math.cos(a), q = u * Math.sin(a); if (p > -2 && p < 2) y[i++] = p; if (q > -2 && q < 2 && i < ${n}) y[i++] = q }`,
    ),
  ],
  variance: (n) => [
    ...byRows(n, ['x'], `${moments} y[r] = s / n`, { attributes: { axes: -1 } }),
    {
      shapes: { x: [n] },
      code: `let m = 0, s = 0; ${each('i', n, 'm += x[i]')} m /= ${n}; ${each('i', n, 'const d = x[i] - m; s += d * d')} y[0] = s / ${n}`,
    },
  ],
}

/** The cases to time an operation with at about n elements, 1024 or 2²⁰; none without loops. */
export function plainCases(op: string, inputs: readonly string[], n: number): readonly PlainCase[] {
  if (Object.hasOwn(expressions, op)) return [elementwise(inputs, op, n)]
  return table[op]?.(n, Math.sqrt(n)) ?? []
}

/** The loops as a function of the result's array and the inputs' arrays, by name. */
export function plainLoop(
  names: readonly string[],
  code: string,
): (y: Float32Array, ...inputs: Float32Array[]) => void {
  return new Function('y', ...names, code) as never
}
