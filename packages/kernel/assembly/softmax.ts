// Softmax, its logarithm, cross-entropies from logits, and their gradients. The largest of a row is subtracted before
// any exponential. The last numbers of a row are padded to a vector with neutral ones, so rows of a
// few numbers cost whole vectors too; the order of every sum depends on the length of the row alone.
import { exp, expOfNonPositive, log, storeLanes, sumLanes } from './functions'
import { indexAt, none } from './indices'
import { block, blockRows, highOf, loadLast, loadUpTo, longBlock, lowOf, narrowed, sumOf } from './rows'

// @ts-ignore: decorator
@inline
function impossible(): v128 {
  return f32x4.splat(-Infinity)
}

/** The largest number of a row. A NaN is skipped: everything computed from the row is NaN anyway. */
export function largest(x: usize, columns: u32): f32 {
  const end = x + ((columns & ~3) << 2)
  let best = impossible()
  if (columns >= 16) {
    let b1 = best
    let b2 = best
    let b3 = best
    for (; x + 64 <= end; x += 64) {
      best = f32x4.pmax(best, v128.load(x))
      b1 = f32x4.pmax(b1, v128.load(x, 16))
      b2 = f32x4.pmax(b2, v128.load(x, 32))
      b3 = f32x4.pmax(b3, v128.load(x, 48))
    }
    best = f32x4.pmax(f32x4.pmax(best, b1), f32x4.pmax(b2, b3))
  }
  for (; x < end; x += 16) best = f32x4.pmax(best, v128.load(x))
  if (columns & 3) best = f32x4.pmax(best, loadLast(x, columns & 3, impossible()))
  best = f32x4.pmax(best, v128.shuffle<f32>(best, best, 2, 3, 0, 1))
  return f32x4.extract_lane(f32x4.pmax(best, v128.shuffle<f32>(best, best, 1, 0, 3, 2)), 0)
}

/** Σ e^(x − shift) of a row; the exponentials are written to `out`, which may be x, unless it is 0. */
// @ts-ignore: decorator
@inline
export function exponentials(out: usize, x: usize, columns: u32, shift: f32): f32 {
  return columns > longBlock ? exponentialsOfBlocks(out, x, columns, shift) : exponentialsOfBlock(out, x, columns, shift)
}

export function exponentialsOfBlocks(out: usize, x: usize, columns: u32, shift: f32): f32 {
  let total: f64 = 0
  for (; columns > longBlock; columns -= longBlock) {
    total += <f64>exponentialsOfBlock(out, x, longBlock, shift)
    x += longBlock << 2
    if (out != 0) out += longBlock << 2
  }
  return <f32>(total + <f64>exponentialsOfBlock(out, x, columns, shift))
}

export function exponentialsOfBlock(out: usize, x: usize, columns: u32, shift: f32): f32 {
  const offset = f32x4.splat(shift)
  let even = f32x4.splat(0)
  let odd = even
  const end = x + ((columns & ~7) << 2)
  while (x < end) {
    const e0 = expOfNonPositive(f32x4.sub(v128.load(x), offset))
    const e1 = expOfNonPositive(f32x4.sub(v128.load(x, 16), offset))
    if (out != 0) {
      v128.store(out, e0)
      v128.store(out, e1, 16)
      out += 32
    }
    even = f32x4.add(even, e0)
    odd = f32x4.add(odd, e1)
    x += 32
  }
  for (let left: i32 = columns & 7; left > 0; left -= 4) {
    const e = expOfNonPositive(f32x4.sub(loadUpTo(x, left, impossible()), offset))
    if (out != 0) {
      storeLanes(out, e, left)
      out += 16
    }
    even = f32x4.add(even, e)
    x += 16
  }
  return sumLanes(f32x4.add(even, odd))
}

// @ts-ignore: decorator
@inline
function logOf(x: f32): f32 {
  return f32x4.extract_lane(log(f32x4.splat(x)), 0)
}

/** Multiplies a row by a number. */
export function scaleRow(row: usize, columns: u32, factor: f32): void {
  const factors = f32x4.splat(factor)
  const end = row + ((columns & ~3) << 2)
  for (; row < end; row += 16) v128.store(row, f32x4.mul(v128.load(row), factors))
  if (columns & 3) storeLanes(row, f32x4.mul(loadLast(row, columns & 3, factors), factors), columns & 3)
}

/** Along the middle of three dimensions. */
export function softmax(out: usize, x: usize, outer: u32, length: u32, inner: u32): void {
  for (let o: u32 = 0; o < outer; o++) {
    if (inner == 1) scaleRow(out, length, 1 / exponentials(out, x, length, largest(x, length)))
    else softmaxColumns(false, out, x, length, inner)
    out += (length * inner) << 2
    x += (length * inner) << 2
  }
}

/** Along the middle of three dimensions. */
export function logSoftmax(out: usize, x: usize, outer: u32, length: u32, inner: u32): void {
  for (let o: u32 = 0; o < outer; o++) {
    if (inner == 1) {
      const shift = largest(x, length)
      const shifts = f32x4.splat(shift)
      const logTotal = f32x4.splat(logOf(exponentials(0, x, length, shift)))
      for (let j: i32 = 0; j < <i32>length; j += 4) {
        const v = loadUpTo(x + (j << 2), length - j, shifts)
        storeLanes(out + (j << 2), f32x4.sub(f32x4.sub(v, shifts), logTotal), length - j)
      }
    } else softmaxColumns(true, out, x, length, inner)
    out += (length * inner) << 2
    x += (length * inner) << 2
  }
}

/** Four columns of `length` numbers at a time, `inner` numbers apart; the last ones filled up to four. */
function softmaxColumns(logarithm: bool, out: usize, x: usize, length: u32, inner: u32): void {
  const none = f32x4.splat(0)
  const row = inner << 2
  const end = length * row
  for (let i: i32 = 0; i < <i32>inner; i += 4) {
    const count = min(4, inner - i)
    let best = impossible()
    for (let j: usize = 0; j < end; j += row) best = f32x4.pmax(best, loadUpTo(x + j, count, none))
    let low = f64x2.splat(0)
    let high = low
    for (let j: usize = 0; j < end; ) {
      let part = none
      for (const stop = min(end, j + block * row); j < stop; j += row) {
        const e = expOfNonPositive(f32x4.sub(loadUpTo(x + j, count, none), best))
        if (!logarithm) storeLanes(out + j, e, count)
        part = f32x4.add(part, e)
      }
      low = f64x2.add(low, lowOf(part))
      high = f64x2.add(high, highOf(part))
    }
    const total = narrowed(low, high)
    if (logarithm) {
      const logTotal = log(total)
      for (let j: usize = 0; j < end; j += row)
        storeLanes(out + j, f32x4.sub(f32x4.sub(loadUpTo(x + j, count, none), best), logTotal), count)
    } else {
      const factor = f32x4.div(f32x4.splat(1), total)
      for (let j: usize = 0; j < end; j += row)
        storeLanes(out + j, f32x4.mul(loadUpTo(out + j, count, none), factor), count)
    }
    out += 16
    x += 16
  }
}

/** Σ a·b of two rows. */
// @ts-ignore: decorator
@inline
export function dotRows(a: usize, b: usize, columns: u32): f32 {
  return columns > longBlock ? dotRowsOfBlocks(a, b, columns) : dotRowsOfBlock(a, b, columns)
}

export function dotRowsOfBlocks(a: usize, b: usize, columns: u32): f32 {
  let total: f64 = 0
  for (; columns > longBlock; columns -= longBlock) {
    total += <f64>dotRowsOfBlock(a, b, longBlock)
    a += longBlock << 2
    b += longBlock << 2
  }
  return <f32>(total + <f64>dotRowsOfBlock(a, b, columns))
}

export function dotRowsOfBlock(a: usize, b: usize, columns: u32): f32 {
  let even = f32x4.splat(0)
  let odd = even
  const end = a + ((columns & ~7) << 2)
  while (a < end) {
    even = f32x4.add(even, f32x4.mul(v128.load(a), v128.load(b)))
    odd = f32x4.add(odd, f32x4.mul(v128.load(a, 16), v128.load(b, 16)))
    a += 32
    b += 32
  }
  const none = f32x4.splat(0)
  for (let left: i32 = columns & 7; left > 0; left -= 4) {
    const u = loadUpTo(a, left, none)
    const v = loadUpTo(b, left, none)
    even = f32x4.add(even, f32x4.mul(u, v))
    a += 16
    b += 16
  }
  return sumLanes(f32x4.add(even, odd))
}

/** out = y · (dy − Σ y·dy) over a row; out may be y or dy. */
export function softmaxGradRow(out: usize, y: usize, dy: usize, columns: u32): void {
  const mean = f32x4.splat(dotRows(y, dy, columns))
  const end = out + ((columns & ~3) << 2)
  while (out < end) {
    v128.store(out, f32x4.mul(v128.load(y), f32x4.sub(v128.load(dy), mean)))
    out += 16
    y += 16
    dy += 16
  }
  const left = columns & 3
  if (left) storeLanes(out, f32x4.mul(loadLast(y, left, mean), f32x4.sub(loadLast(dy, left, mean), mean)), left)
}

/** Sums of up to four columns of `bytes` in rows of `row` bytes, or of the products with those of `other` unless it is 0. */
function sumOfColumns(x: usize, other: usize, bytes: usize, row: usize, count: i32): v128 {
  const none = f32x4.splat(0)
  let low = f64x2.splat(0)
  let high = low
  for (let j: usize = 0; j < bytes; ) {
    let part = none
    for (const stop = min(bytes, j + blockRows * row); j < stop; j += row) {
      const v = loadUpTo(x + j, count, none)
      part = f32x4.add(part, other == 0 ? v : f32x4.mul(v, loadUpTo(other + j, count, none)))
    }
    low = f64x2.add(low, lowOf(part))
    high = f64x2.add(high, highOf(part))
  }
  return narrowed(low, high)
}

/** y · (dy − Σ y·dy) along the middle of three dimensions. */
export function softmaxGrad(out: usize, y: usize, dy: usize, outer: u32, length: u32, inner: u32): void {
  const none = f32x4.splat(0)
  const row = inner << 2
  const bytes = length * row
  for (let o: u32 = 0; o < outer; o++) {
    if (inner == 1) softmaxGradRow(out, y, dy, length)
    else
      for (let i: u32 = 0; i < inner; i += 4) {
        const count = min(4, inner - i)
        const sum = sumOfColumns(y + (i << 2), dy + (i << 2), bytes, row, count)
        for (let j = i << 2; j < bytes; j += row)
          storeLanes(
            out + j,
            f32x4.mul(loadUpTo(y + j, count, none), f32x4.sub(loadUpTo(dy + j, count, none), sum)),
            count,
          )
      }
    out += bytes
    y += bytes
    dy += bytes
  }
}

/** dy − eʸ · Σ dy along the middle of three dimensions. */
export function logSoftmaxGrad(out: usize, y: usize, dy: usize, outer: u32, length: u32, inner: u32): void {
  const none = f32x4.splat(0)
  const row = inner << 2
  const bytes = length * row
  for (let o: u32 = 0; o < outer; o++) {
    if (inner == 1) {
      const sum = f32x4.splat(sumOf(dy, length))
      for (let j: i32 = 0; j < <i32>length; j += 4) {
        const count = min<u32>(4, length - j)
        const p = exp(loadUpTo(y + (j << 2), count, none))
        storeLanes(out + (j << 2), f32x4.sub(loadUpTo(dy + (j << 2), count, none), f32x4.mul(p, sum)), count)
      }
    } else
      for (let i: u32 = 0; i < inner; i += 4) {
        const count = min(4, inner - i)
        const sum = sumOfColumns(dy + (i << 2), 0, bytes, row, count)
        for (let j = i << 2; j < bytes; j += row)
          storeLanes(
            out + j,
            f32x4.sub(loadUpTo(dy + j, count, none), f32x4.mul(exp(loadUpTo(y + j, count, none)), sum)),
            count,
          )
      }
    out += bytes
    y += bytes
    dy += bytes
  }
}

/** Makes of each row's Σ e^(x − largest) its logarithm, four rows at a time. */
function logTotals(losses: usize, rows: u32): void {
  for (const end = losses + (rows << 2); losses < end; losses += 16) v128.store(losses, log(v128.load(losses)))
}

/**
 * Row by row −Σ labels · log softmax(logits), and upstream · (softmax · Σ labels − labels): both need the same
 * exponentials. Either is left out where its address is 0.
 */
export function softmaxCrossEntropy(
  losses: usize, gradient: usize, logits: usize, labels: usize, upstream: usize, rows: u32, columns: u32,
): void {
  const none = f32x4.splat(0)
  let x = logits
  let truth = labels
  for (let row: u32 = 0; row < rows; row++) {
    const total = exponentials(gradient, x, columns, largest(x, columns))
    if (losses != 0) store<f32>(losses + (row << 2), total)
    if (gradient != 0) {
      const scale = v128.load32_splat(upstream)
      const mass = f32x4.splat(sumOf(truth, columns) / total)
      for (let j: i32 = 0; j < <i32>columns; j += 4) {
        const count = min<u32>(4, columns - j)
        const to = gradient + (j << 2)
        const p = f32x4.mul(loadUpTo(to, count, none), mass)
        storeLanes(to, f32x4.mul(scale, f32x4.sub(p, loadUpTo(truth + (j << 2), count, none))), count)
      }
      gradient += columns << 2
      upstream += 4
    }
    x += columns << 2
    truth += columns << 2
  }
  if (losses == 0) return
  logTotals(losses, rows)
  x = logits
  truth = labels
  for (let at = losses; at < losses + (rows << 2); at += 4) {
    const shifts = f32x4.splat(largest(x, columns))
    const logTotal = v128.load32_splat(at)
    let total: f64 = 0
    let j: i32 = 0
    do {
      let loss = none
      for (const end = min(<i32>columns, j + <i32>block); j < end; j += 4) {
        const count = min<u32>(4, columns - j)
        const label = loadUpTo(truth + (j << 2), count, none)
        const cost = f32x4.sub(logTotal, f32x4.sub(loadUpTo(x + (j << 2), count, none), shifts))
        // An impossible class with an infinitely small logit adds nothing, not 0 · ∞.
        loss = f32x4.add(loss, v128.and(f32x4.mul(label, cost), f32x4.ne(label, none)))
      }
      total += <f64>sumLanes(loss)
    } while (j < <i32>columns)
    store<f32>(at, <f32>total)
    x += columns << 2
    truth += columns << 2
  }
}

/**
 * Row by row ln Σ eˣ − x[class], and upstream · (softmax − 1 at the class). Either is left out where its address is 0.
 * False at an index that is no class.
 */
export function sparseSoftmaxCrossEntropy(
  losses: usize, gradient: usize, logits: usize, indices: usize, count: u32, limit: u32, upstream: usize,
): bool {
  const classes = indices
  const rows = count
  const columns = limit
  let x = logits
  for (let row: u32 = 0; row < rows; row++) {
    const place = indexAt(classes + (row << 2), columns)
    if (place == none) return false
    const total = exponentials(gradient, x, columns, largest(x, columns))
    if (losses != 0) store<f32>(losses + (row << 2), total)
    if (gradient != 0) {
      const scale = load<f32>(upstream)
      const own = gradient + (place << 2)
      const slope = scale * (load<f32>(own) / total - 1)
      scaleRow(gradient, columns, scale / total)
      store<f32>(own, slope)
      gradient += columns << 2
      upstream += 4
    }
    x += columns << 2
  }
  if (losses == 0) return true
  logTotals(losses, rows)
  x = logits
  for (let i: u32 = 0; i < rows << 2; i += 4) {
    const place = <u32>load<f32>(classes + i)
    store<f32>(losses + i, load<f32>(losses + i) - (load<f32>(x + (place << 2)) - largest(x, columns)))
    x += columns << 2
  }
  return true
}
