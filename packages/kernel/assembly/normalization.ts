// Layer, RMS and batch normalisation, and what they pass back. Variances are of two passes: the mean first, then the
// squares of what is left of it. Rows are short enough to stay in the cache, so the passes cost no memory traffic.
//
// Loops over a row end with their condition: only out of such loops does V8 take what does not change in them.
import { storeLanes, sumLanes } from './functions'
import {
  block, blockRows, deviationsOfRows, exactMean, exactVariance, firstLanes, highOf, loadUpTo, lowOf, moments,
  narrowed, outweighs, squaresOf, sumOf,
} from './rows'

/** What `measureRow` finds: with the mean subtracted and the factor multiplied, a row has mean 0 and variance 1. */
let rowMean: f32 = 0
let rowFactor: f32 = 0

/** If not centred, the mean counts as 0. Where float32 cannot tell a variance from the square of a mean, in float64. */
function measureRow(x: usize, columns: u32, epsilon: f32, centred: u32): void {
  rowMean = centred ? sumOf(x, columns) / <f32>columns : 0
  const variance = squaresOf(x, columns, rowMean) / <f32>columns
  rowFactor = outweighs(variance, rowMean) ? 1 / sqrt(variance + epsilon) : 0
  if (rowFactor > 0) return
  moments(x, 4, columns, centred)
  rowFactor = <f32>(1 / Math.sqrt(exactVariance + <f64>epsilon))
  rowMean = <f32>exactMean
}

/** (x − mean) / √(variance + ε) · gamma + beta, row by row; if not centred, the mean counts as 0. */
export function normalizeRows(
  out: usize, x: usize, gamma: usize, beta: usize, rows: u32, columns: u32, epsilon: f32, centred: u32,
): void {
  if (columns == 0) return
  for (let row: u32 = 0; row < rows; row++) {
    measureRow(x, columns, epsilon, centred)
    const means = f32x4.splat(rowMean)
    const factors = f32x4.splat(rowFactor)
    let j: i32 = 0
    do {
      const at = j << 2
      const left = columns - j
      let y = f32x4.mul(f32x4.sub(loadUpTo(x + at, left, means), means), factors)
      if (gamma != 0) y = f32x4.mul(y, loadUpTo(gamma + at, left, means))
      if (beta != 0) y = f32x4.add(y, loadUpTo(beta + at, left, means))
      storeLanes(out + at, y, left)
      j += 4
    } while (j < <i32>columns)
    out += columns << 2
    x += columns << 2
  }
}

/**
 * With x̂ the normalized row, g = dy · gamma and r the factor of x: r · (g − mean of g − x̂ · mean of g·x̂); if not
 * centred, without the mean of g.
 */
export function normalizeRowsGrad(
  out: usize, x: usize, gamma: usize, dy: usize, rows: u32, columns: u32, epsilon: f32, centred: u32,
): void {
  const zero = f32x4.splat(0)
  if (columns == 0) return
  for (let row: u32 = 0; row < rows; row++) {
    measureRow(x, columns, epsilon, centred)
    const means = f32x4.splat(rowMean)
    const factors = f32x4.splat(rowFactor)
    let sums: v128
    let products: v128
    let sum: f64 = 0
    let product: f64 = 0
    let j: i32 = 0
    do {
      sums = zero
      products = zero
      const end = min(<i32>columns, j + <i32>block)
      do {
        const at = j << 2
        const left = columns - j
        let g = loadUpTo(dy + at, left, zero)
        if (gamma != 0) g = f32x4.mul(g, loadUpTo(gamma + at, left, zero))
        sums = f32x4.add(sums, g)
        products = f32x4.add(products, f32x4.mul(g, f32x4.sub(loadUpTo(x + at, left, means), means)))
        j += 4
      } while (j < end)
      sum += <f64>sumLanes(sums)
      product += <f64>sumLanes(products)
    } while (j < <i32>columns)
    const meanG = f32x4.splat(centred ? <f32>sum / <f32>columns : 0)
    const slope = f32x4.splat((<f32>product / <f32>columns) * rowFactor * rowFactor)
    j = 0
    do {
      const at = j << 2
      const left = columns - j
      let g = loadUpTo(dy + at, left, zero)
      if (gamma != 0) g = f32x4.mul(g, loadUpTo(gamma + at, left, zero))
      const deviation = f32x4.sub(loadUpTo(x + at, left, means), means)
      storeLanes(
        out + at,
        f32x4.mul(factors, f32x4.sub(f32x4.sub(g, meanG), f32x4.mul(deviation, slope))),
        left,
      )
      j += 4
    } while (j < <i32>columns)
    out += columns << 2
    x += columns << 2
    dy += columns << 2
  }
}

/** out[j] = Σ dy·x̂ over the rows. */
export function normalizeRowsGammaGrad(
  out: usize, x: usize, dy: usize, scratch: usize, rows: u32, columns: u32, epsilon: f32, centred: u32,
): void {
  const bytes = columns << 2
  const most: u32 = 4 * blockRows
  memory.fill(out, 0, bytes)
  memory.fill(scratch, 0, ((columns + 3) & ~3) << 3)
  if (columns == 0) return
  for (let row: u32 = 0; row < rows; row++) {
    measureRow(x, columns, epsilon, centred)
    const means = f32x4.splat(rowMean)
    const factors = f32x4.splat(rowFactor)
    let j: i32 = 0
    do {
      const at = j << 2
      const left = columns - j
      const y = f32x4.mul(f32x4.sub(loadUpTo(x + at, left, means), means), factors)
      const share = f32x4.mul(loadUpTo(dy + at, left, means), y)
      storeLanes(out + at, f32x4.add(loadUpTo(out + at, left, means), share), left)
      j += 4
    } while (j < <i32>columns)
    x += bytes
    dy += bytes
    if (rows > most && (row % most == most - 1 || row == rows - 1)) moveOn(out, scratch, columns, row == rows - 1)
  }
}

/** Adds sums to those in float64; they begin at 0 again, or are the whole at last. */
function moveOn(out: usize, wide: usize, columns: u32, last: bool): void {
  const zero = f64x2.splat(0)
  for (let j: u32 = 0; j < columns; j += 4) {
    const left = columns - j
    const sums = loadUpTo(out, left, zero)
    const low = f64x2.add(v128.load(wide), lowOf(sums))
    const high = f64x2.add(v128.load(wide, 16), highOf(sums))
    v128.store(wide, low)
    v128.store(wide, high, 16)
    storeLanes(out, last ? narrowed(low, high) : zero, left)
    out += 16
    wide += 32
  }
}

// Batch normalisation sees x as outer × channels × inner and has one number of each kind for a channel. What only
// depends on the channel is worked out first, into scratch memory. Where inner is 1 channels are neighbours; else the
// `inner` numbers of a channel are.

/** out = factor / √(variance + ε); reads and writes whole vectors. */
function overDeviation(out: usize, factor: usize, variance: usize, count: u32, epsilon: f32): void {
  for (let i: usize = 0; i < count << 2; i += 16) {
    const deviation = f32x4.sqrt(f32x4.add(v128.load(variance + i), f32x4.splat(epsilon)))
    v128.store(out + i, f32x4.div(v128.load(factor + i), deviation))
  }
}

/** The mean of (x − mean)² of each channel. */
export function channelVariance(out: usize, x: usize, mean: usize, outer: u32, channels: u32, inner: u32): void {
  const bytes = channels << 2
  if (inner == 1) deviationsOfRows(out, x, 0, mean, outer, channels)
  else
    for (let at: u32 = 0; at < bytes; at += 4) {
      let total: f64 = 0
      let from = x + at * inner
      for (let o: u32 = 0; o < outer; o++) {
        total += <f64>squaresOf(from, inner, load<f32>(mean + at))
        from += bytes * inner
      }
      store<f32>(out + at, <f32>total)
    }
  const count = f32x4.splat(<f32>outer * <f32>inner)
  for (let at: u32 = 0; at < bytes; at += 16)
    storeLanes(out + at, f32x4.div(v128.load(out + at), count), (bytes - at) >> 2)
}

export function batchNorm(
  out: usize, x: usize, gamma: usize, beta: usize, mean: usize, variance: usize, scratch: usize, outer: u32,
  channels: u32, inner: u32, epsilon: f32,
): void {
  const scale = scratch
  const bytes = channels << 2
  const zero = f32x4.splat(0)
  overDeviation(scale, gamma, variance, bytes >> 2, epsilon)
  for (let o: u32 = 0; o < outer; o++) {
    if (inner == 1) {
      for (let at: u32 = 0; at < bytes; at += 16) {
        const left = (bytes - at) >> 2
        const u = f32x4.mul(f32x4.sub(loadUpTo(x + at, left, zero), v128.load(mean + at)), v128.load(scale + at))
        storeLanes(out + at, f32x4.add(u, v128.load(beta + at)), left)
      }
      x += bytes
      out += bytes
    } else
      for (let at: u32 = 0; at < bytes; at += 4) {
        const means = v128.load32_splat(mean + at)
        const factor = v128.load32_splat(scale + at)
        const shift = v128.load32_splat(beta + at)
        for (let i: u32 = 0; i < inner; i += 4) {
          const u = f32x4.sub(loadUpTo(x + (i << 2), inner - i, zero), means)
          storeLanes(out + (i << 2), f32x4.add(f32x4.mul(u, factor), shift), inner - i)
        }
        x += inner << 2
        out += inner << 2
      }
  }
}

/** Σ dy·x̂ of each channel. */
export function batchNormGammaGrad(
  out: usize, x: usize, dy: usize, mean: usize, variance: usize, outer: u32, channels: u32, inner: u32, epsilon: f32,
): void {
  const bytes = channels << 2
  if (inner == 1) deviationsOfRows(out, x, dy, mean, outer, bytes >> 2)
  else
    for (let at: u32 = 0; at < bytes; at += 4) {
      const means = v128.load32_splat(mean + at)
      let sum: f64 = 0
      let place = at * inner
      for (let o: u32 = 0; o < outer; o++) {
        let total = f32x4.splat(0)
        for (let i: u32 = 0; i < inner; i += 4) {
          if ((i & (block - 1)) == 0) {
            sum += <f64>sumLanes(total)
            total = f32x4.splat(0)
          }
          const u = f32x4.sub(v128.load(x + place + (i << 2)), means)
          total = f32x4.add(total, firstLanes(f32x4.mul(v128.load(dy + place + (i << 2)), u), inner - i))
        }
        sum += <f64>sumLanes(total)
        place += bytes * inner
      }
      store<f32>(out + at, <f32>sum)
    }
  overDeviation(out, out, variance, bytes >> 2, epsilon)
}

/** gamma·r·(dy − betaGrad/n − x̂·gammaGrad/n), with n numbers in a channel and r = 1/√(variance + ε). */
export function batchNormGrad(
  out: usize, x: usize, dy: usize, gamma: usize, mean: usize, variance: usize, gammaGrad: usize, betaGrad: usize,
  scratch: usize, outer: u32, channels: u32, inner: u32, epsilon: f32,
): void {
  const scale = scratch
  const bytes = channels << 2
  const slope = scale + ((bytes + 15) & ~15)
  const middle = slope + ((bytes + 15) & ~15)
  const zero = f32x4.splat(0)
  const share = f32x4.splat(1 / (<f32>outer * <f32>inner))
  overDeviation(scale, gamma, variance, channels, epsilon)
  overDeviation(slope, gammaGrad, variance, channels, epsilon)
  for (let at: u32 = 0; at < bytes; at += 16) {
    v128.store(slope + at, f32x4.mul(v128.load(slope + at), share))
    v128.store(middle + at, f32x4.mul(v128.load(betaGrad + at), share))
  }
  for (let o: u32 = 0; o < outer; o++) {
    if (inner == 1) {
      for (let at: u32 = 0; at < bytes; at += 16) {
        const left = (bytes - at) >> 2
        const u = f32x4.mul(f32x4.sub(loadUpTo(x + at, left, zero), v128.load(mean + at)), v128.load(slope + at))
        const g = f32x4.sub(f32x4.sub(loadUpTo(dy + at, left, zero), v128.load(middle + at)), u)
        storeLanes(out + at, f32x4.mul(g, v128.load(scale + at)), left)
      }
      x += bytes
      dy += bytes
      out += bytes
    } else
      for (let at: u32 = 0; at < bytes; at += 4) {
        const means = v128.load32_splat(mean + at)
        const slopes = v128.load32_splat(slope + at)
        const middles = v128.load32_splat(middle + at)
        const factor = v128.load32_splat(scale + at)
        for (let i: u32 = 0; i < inner; i += 4) {
          const u = f32x4.mul(f32x4.sub(loadUpTo(x + (i << 2), inner - i, zero), means), slopes)
          const g = f32x4.sub(f32x4.sub(loadUpTo(dy + (i << 2), inner - i, zero), middles), u)
          storeLanes(out + (i << 2), f32x4.mul(g, factor), inner - i)
        }
        x += inner << 2
        dy += inner << 2
        out += inner << 2
      }
  }
}
