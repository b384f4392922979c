// Pooling of images that lie as [image, y, x, channel], four channels at a time. Cells of a window that lie beyond the
// image take no part.
import { storeLanes } from './functions'

/** The operands that end every pooling, as they stand in the program. */
@unmanaged
class Windows {
  images: u32
  height: u32
  width: u32
  channels: u32
  outHeight: u32
  outWidth: u32
  sizeY: u32
  sizeX: u32
  strideY: u32
  strideX: u32
  top: u32
  left: u32
}

// What a loop over windows does in each.
const largest = 0
const scatterLargest = 1
const pickLargest = 2
const average = 3
const scatterAverage = 4

/** Operands: out, x, windows: the largest of each window. */
export function maxPool(pc: usize): void {
  overWindows(largest, load<u32>(pc, 4), load<u32>(pc, 8), 0, false, changetype<Windows>(pc + 12))
}

/** Operands: out, x, dy, windows: dy added to where the largest is, the first at a tie. */
export function maxPoolGrad(pc: usize): void {
  const g = changetype<Windows>(pc + 16)
  const out = load<u32>(pc, 4)
  memory.fill(out, 0, (g.images * g.height * g.width * g.channels) << 2)
  overWindows(scatterLargest, out, load<u32>(pc, 8), load<u32>(pc, 12), false, g)
}

/** Operands: out, x, u, windows: u from where the largest of x is. */
export function maxPoolPick(pc: usize): void {
  overWindows(pickLargest, load<u32>(pc, 4), load<u32>(pc, 8), load<u32>(pc, 12), false, changetype<Windows>(pc + 16))
}

/** Operands: out, x, whether cells beyond the image count as 0, windows. */
export function averagePool(pc: usize): void {
  overWindows(average, load<u32>(pc, 4), load<u32>(pc, 8), 0, load<u32>(pc, 12) != 0, changetype<Windows>(pc + 16))
}

/** Operands: out, dy, whether cells beyond the image count as 0, windows: dy shared evenly over each window. */
export function averagePoolGrad(pc: usize): void {
  const g = changetype<Windows>(pc + 16)
  const out = load<u32>(pc, 4)
  memory.fill(out, 0, (g.images * g.height * g.width * g.channels) << 2)
  overWindows(scatterAverage, out, 0, load<u32>(pc, 8), load<u32>(pc, 12) != 0, g)
}

/** `x` and what is scattered to lie like the image, what is made or spread like the output. */
// @ts-ignore: decorator
@inline
function overWindows(kind: i32, out: usize, x: usize, other: usize, countPadding: bool, g: Windows): void {
  const pixel: usize = g.channels << 2
  const row: usize = g.width * pixel
  const scatters = kind == scatterLargest || kind == scatterAverage
  // Where the window is in x, in what is picked from, and in what is scattered to; and the one number of the output.
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
        for (let at: usize = 0; at < pixel; at += 16) {
          const lanes = (pixel - at) >> 2
          if (kind == average) {
            let total = f32x4.splat(0)
            for (let line = corner + at; line < end; line += row)
              for (let cell = line; cell < line + across; cell += pixel) total = f32x4.add(total, v128.load(x + cell))
            storeLanes(small + at, f32x4.div(total, f32x4.splat(count)), lanes)
          } else if (kind == scatterAverage) {
            const share = f32x4.div(v128.load(small + at), f32x4.splat(count))
            for (let line = corner + at; line < end; line += row)
              for (let cell = line; cell < line + across; cell += pixel)
                storeLanes(out + cell, f32x4.add(v128.load(out + cell), share), lanes)
          } else if (kind == largest) {
            let best = v128.load(x + corner + at)
            for (let line = corner + at; line < end; line += row)
              for (let cell = line; cell < line + across; cell += pixel) best = f32x4.max(best, v128.load(x + cell))
            storeLanes(small + at, best, lanes)
          } else {
            // The place of the largest, as an offset; a NaN counts as larger than any number, as in PyTorch.
            let best = v128.load(x + corner + at)
            let place = i32x4.splat(corner + at)
            for (let line = corner + at; line < end; line += row)
              for (let cell = line; cell < line + across; cell += pixel) {
                const v = v128.load(x + cell)
                const larger = v128.or(f32x4.gt(v, best), f32x4.ne(v, v))
                best = v128.bitselect(v, best, larger)
                place = v128.bitselect(i32x4.splat(cell), place, larger)
              }
            let picked = f32x4.splat(0)
            for (let line = corner + at; line < end; line += row)
              for (let cell = line; cell < line + across; cell += pixel) {
                const here = i32x4.eq(place, i32x4.splat(cell))
                if (kind == pickLargest) picked = v128.bitselect(v128.load(other + cell), picked, here)
                else
                  storeLanes(
                    out + cell,
                    f32x4.add(v128.load(out + cell), v128.and(v128.load(small + at), here)),
                    lanes,
                  )
              }
            if (kind == pickLargest) storeLanes(small + at, picked, lanes)
          }
        }
        small += pixel
      }
    }
  }
}
