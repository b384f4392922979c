// Pooling of images that lie as [image, y, x, channel], four channels at a time. Cells of a window that lie beyond the
// image take no part.
import { storeLanes } from './functions'
import { AveragePool, AveragePoolGrad, MaxPool, MaxPoolGrad, MaxPoolPick, Windows } from './opcodes'

// What a loop over windows does in each.
const largest = 0
const scatterLargest = 1
const pickLargest = 2
const average = 3
const scatterAverage = 4

/** The largest of each window. */
export function maxPool(pc: usize, out: usize, x: usize): void {
  overWindows(largest, out, x, 0, false, changetype<Windows>(pc + MaxPool.images))
}

/** Adds dy where the largest is, the first of equal ones. */
export function maxPoolGrad(pc: usize, out: usize, x: usize, dy: usize): void {
  const g = changetype<Windows>(pc + MaxPoolGrad.images)
  memory.fill(out, 0, (g.images * g.height * g.width * g.channels) << 2)
  overWindows(scatterLargest, out, x, dy, false, g)
}

/** Picks `values` where the largest of x is. */
export function maxPoolPick(pc: usize, out: usize, x: usize, values: usize): void {
  overWindows(pickLargest, out, x, values, false, changetype<Windows>(pc + MaxPoolPick.images))
}

/** With `countPadding`, cells beyond the image count as 0. */
export function averagePool(pc: usize, out: usize, x: usize, countPadding: u32): void {
  overWindows(average, out, x, 0, countPadding != 0, changetype<Windows>(pc + AveragePool.images))
}

/** Distributes dy evenly over each window. */
export function averagePoolGrad(pc: usize, out: usize, dy: usize, countPadding: u32): void {
  const g = changetype<Windows>(pc + AveragePoolGrad.images)
  memory.fill(out, 0, (g.images * g.height * g.width * g.channels) << 2)
  overWindows(scatterAverage, out, 0, dy, countPadding != 0, g)
}

/** `x`, `other` when it is picked from, and `out` when it is scattered to, are images; the rest has a number a window. */
// @ts-ignore: decorator
@inline
function overWindows(kind: i32, out: usize, x: usize, other: usize, countPadding: bool, g: Windows): void {
  const pixel: usize = g.channels << 2
  const row: usize = g.width * pixel
  const scatters = kind == scatterLargest || kind == scatterAverage
  let small = scatters ? other : out
  const size = <f32>(g.sizeY * g.sizeX)
  for (let image: u32 = 0; image < g.images; image++) {
    const start: usize = image * g.height * row
    for (let oy: u32 = 0; oy < g.outHeight; oy++) {
      const firstY = <i32>(oy * g.strideY) - <i32>g.top
      const y0 = max(0, firstY)
      const y1 = min(<i32>g.height, firstY + <i32>g.sizeY)
      for (let ox: u32 = 0; ox < g.outWidth; ox++) {
        const firstX = <i32>(ox * g.strideX) - <i32>g.left
        const x0 = max(0, firstX)
        const x1 = min(<i32>g.width, firstX + <i32>g.sizeX)
        const corner = start + y0 * row + x0 * pixel
        const end = start + y1 * row + x0 * pixel
        const across: usize = (x1 - x0) * pixel
        const count = countPadding ? size : <f32>((y1 - y0) * (x1 - x0))
        // Two by two, which nearly all pooling is, without loops over cells.
        const square = y1 - y0 == 2 && x1 - x0 == 2
        for (let at: usize = 0; at < pixel; at += 16) {
          const lanes = (pixel - at) >> 2
          const c0 = corner + at
          const c1 = c0 + pixel
          const c2 = c0 + row
          const c3 = c2 + pixel
          if (kind == average) {
            let total = f32x4.splat(0)
            if (square) {
              total = f32x4.add(f32x4.add(v128.load(x + c0), v128.load(x + c1)), v128.load(x + c2))
              total = f32x4.add(total, v128.load(x + c3))
            } else
              for (let line = c0; line < end; line += row) {
                let part = f32x4.splat(0)
                for (let cell = line; cell < line + across; cell += pixel) part = f32x4.add(part, v128.load(x + cell))
                total = f32x4.add(total, part)
              }
            storeLanes(small + at, f32x4.div(total, f32x4.splat(count)), lanes)
          } else if (kind == scatterAverage) {
            const share = f32x4.div(v128.load(small + at), f32x4.splat(count))
            if (square) {
              addLanes(out + c0, share, lanes)
              addLanes(out + c1, share, lanes)
              addLanes(out + c2, share, lanes)
              addLanes(out + c3, share, lanes)
            } else
              for (let line = c0; line < end; line += row)
                for (let cell = line; cell < line + across; cell += pixel) addLanes(out + cell, share, lanes)
          } else if (kind == largest) {
            let best = v128.load(x + c0)
            let nan = f32x4.ne(best, best)
            if (square) {
              const v1 = v128.load(x + c1)
              const v2 = v128.load(x + c2)
              const v3 = v128.load(x + c3)
              best = f32x4.pmax(f32x4.pmax(f32x4.pmax(best, v1), v2), v3)
              nan = v128.or(v128.or(nan, f32x4.ne(v1, v1)), v128.or(f32x4.ne(v2, v2), f32x4.ne(v3, v3)))
            } else
              for (let line = c0; line < end; line += row)
                for (let cell = line; cell < line + across; cell += pixel) {
                  const v = v128.load(x + cell)
                  best = f32x4.pmax(best, v)
                  nan = v128.or(nan, f32x4.ne(v, v))
                }
            // `max`, which hands NaN on, is seven machine instructions; this is three.
            storeLanes(small + at, v128.or(best, nan), lanes)
          } else if (square) {
            const v0 = v128.load(x + c0)
            const v1 = v128.load(x + c1)
            const v2 = v128.load(x + c2)
            const v3 = v128.load(x + c3)
            const in1 = beats(v1, v0)
            const best1 = v128.bitselect(v1, v0, in1)
            const in2 = beats(v2, best1)
            const best2 = v128.bitselect(v2, best1, in2)
            const in3 = beats(v3, best2)
            const behind = v128.or(in2, in3)
            if (kind == pickLargest) {
              let picked = v128.bitselect(v128.load(other + c1), v128.load(other + c0), in1)
              picked = v128.bitselect(v128.load(other + c2), picked, in2)
              storeLanes(small + at, v128.bitselect(v128.load(other + c3), picked, in3), lanes)
            } else {
              const dy = v128.load(small + at)
              addLanes(out + c0, v128.andnot(dy, v128.or(in1, behind)), lanes)
              addLanes(out + c1, v128.andnot(v128.and(dy, in1), behind), lanes)
              addLanes(out + c2, v128.andnot(v128.and(dy, in2), in3), lanes)
              addLanes(out + c3, v128.and(dy, in3), lanes)
            }
          } else {
            // The offset of the largest.
            let best = v128.load(x + c0)
            let place = i32x4.splat(c0)
            for (let line = c0; line < end; line += row)
              for (let cell = line; cell < line + across; cell += pixel) {
                const v = v128.load(x + cell)
                const better = beats(v, best)
                best = v128.bitselect(v, best, better)
                place = v128.bitselect(i32x4.splat(cell), place, better)
              }
            let picked = f32x4.splat(0)
            for (let line = c0; line < end; line += row)
              for (let cell = line; cell < line + across; cell += pixel) {
                const here = i32x4.eq(place, i32x4.splat(cell))
                if (kind == pickLargest) picked = v128.bitselect(v128.load(other + cell), picked, here)
                else addLanes(out + cell, v128.and(v128.load(small + at), here), lanes)
              }
            if (kind == pickLargest) storeLanes(small + at, picked, lanes)
          }
        }
        small += pixel
      }
    }
  }
}

/** Where `v` takes the place of the largest before it: a NaN does of any number, as in PyTorch. */
// @ts-ignore: decorator
@inline
function beats(v: v128, best: v128): v128 {
  return v128.or(f32x4.gt(v, best), f32x4.ne(v, v))
}

// @ts-ignore: decorator
@inline
function addLanes(to: usize, v: v128, count: i32): void {
  storeLanes(to, f32x4.add(v128.load(to), v), count)
}
