// Convolution of images, and what it passes back to images and weights. Images lie as [image, y, x, channel], weights as
// [y, x, channel, output channel].
//
// All three are matrix products in which one matrix, `patches`, is never made: its row for an output pixel is the
// numbers of the image under the kernel, and these are read where they lie (indirect convolution, Dukhan 2019).
//
//   convolution      y  = patches · weights
//   weight gradient  dw = patchesᵀ · dy
//   input gradient   dx = dy · weightsᵀ, each row added back to where its patch came from
//
// A number of `patches` is at lines[output row] + output column · step + taps[run] + place in the run, all in bytes from
// the start of an image. A run is what is contiguous under the kernel: one row of it, or one cell where dilation or
// groups part the cells. So rows and columns of `patches` are both a table of starts and a step between them, and one
// tile multiplies it and its transpose. Where the kernel extends beyond the image, a copy with borders of 0 is read.
//
// docs/decisions/2026-11-24-convolution.md has the figures.
import { Activation } from '../src/activation'
import { multiplyAdd, storeLanes } from './functions'
import { activate } from './matmul'
import {
  Convolution, ConvolutionInputGrad, ConvolutionWeightGrad, Depthwise, DepthwiseInputGrad, DepthwiseWeightGrad, Geometry,
} from './opcodes'
import { sumRows } from './rows'
import { isFirst } from './threads'
import { tapTile2x16, tapTile4x8 } from './tiles'

/** Behind the geometry: where each run starts, then where each output row does, in bytes. */
// @ts-ignore: decorator
@inline
function tapsOf(g: Geometry): usize {
  return changetype<usize>(g) + offsetof<Geometry>()
}

// @ts-ignore: decorator
@inline
function linesOf(g: Geometry): usize {
  return tapsOf(g) + (g.runs << 2)
}

/** What sums begin with where there is no bias; as a table, one line that starts at the start. */
const zeros: usize = memory.data(16 * 4, 16)
/** A tile at the ragged edge is made here, and the part of it that exists is copied. */
let edgeTile: usize = memory.data(4 * 16 * 4 + 16 * 4, 16)
let biasPanel: usize = edgeTile + 4 * 16 * 4
/** What a thread needs for these two. */
export const convolutionBytes: usize = 5 * 16 * 4

export function moveTiles(to: usize): void {
  edgeTile = to
  biasPanel = to + 4 * 16 * 4
}

export function convolution(
  pc: usize, out: usize, weights: usize, bias: usize, activation: u32, gate: usize, panels: usize,
): void {
  const g = changetype<Geometry>(pc + Convolution.images)
  const pixels = g.outHeight * g.outWidth
  const row: usize = g.outChannels << 2
  const depth = g.runs * g.length
  const channels = g.channels / g.groups
  const columns = g.outChannels / g.groups
  const taps = tapsOf(g)
  const lines = linesOf(g)
  packGroups(panels, weights, g, depth)
  clearBorders(pc, Convolution.image, g)
  // Runs that are summed before the next panel begins: about 256 numbers, which keep a panel in L1, and as many of a
  // longer run: rounding grows with how many products are added in one go.
  const most: u32 = 256
  const together = max<u32>(1, most / g.length)
  for (let image: u32 = 0; image < g.images; image++) {
    const x = padded(load<u32>(pc, Convolution.image), load<u32>(pc, Convolution.x), image, g)
    const y = out + image * pixels * row
    let b: usize = panels
    for (let group: u32 = 0; group < g.groups; group++) {
      const a = x + ((group * channels) << 2)
      for (let j: u32 = 0, width: u32 = 0; j < columns; j += width) {
        width = panelWidth(columns - j)
        const there = min(width, columns - j)
        const c = y + ((group * columns + j) << 2)
        let from = zeros
        if (bias != 0) {
          memory.copy(biasPanel, bias + ((group * columns + j) << 2), there << 2)
          from = biasPanel
        }
        for (let run: u32 = 0; run < g.runs; run += together) {
          const count = min(together, g.runs - run)
          for (let at: u32 = 0; at < g.length; at += most) {
            const length = min(most, g.length - at)
            const adds = run + at > 0
            const rectify =
              activation == Activation.Relu && gate == 0 && run + count == g.runs && at + length == g.length
            sweep(c, row, adds ? c : from, adds ? row : 0, a + (at << 2), lines, g.outWidth, g.step, 0, pixels, taps + (run << 2), count, length, 4, b, width, there, rectify, adds)
            b += (count * length * width) << 2
          }
        }
      }
    }
  }
  if (gate != 0 || (activation != Activation.None && activation != Activation.Relu))
    activate(out, row, gate, activation, g.images * pixels, g.outChannels)
}

export function convolutionInputGrad(
  pc: usize, x: usize, weights: usize, panels: usize, patches: usize, block: u32,
): void {
  const g = changetype<Geometry>(pc + ConvolutionInputGrad.images)
  const pixels = g.outHeight * g.outWidth
  const depth = g.outChannels / g.groups
  const columns = g.runs * g.length
  const row: usize = ((columns + 7) & ~7) << 2
  const dyRow: usize = g.outChannels << 2
  packTransposed(panels, weights, g, depth, columns)
  for (let image: u32 = 0; image < g.images; image++) {
    const dx = cleared(pc, image, g)
    const dy = x + image * pixels * dyRow
    for (let start: u32 = 0; start < pixels; start += block) {
      const count = min(block, pixels - start)
      let b: usize = panels
      for (let group: u32 = 0; group < g.groups; group++) {
        const a = dy + start * dyRow + ((group * depth) << 2)
        for (let j: u32 = 0, width: u32 = 0; j < columns; j += width) {
          width = panelWidth(columns - j)
          // All columns of a panel exist in `patches`; those past the last are 0.
          sweep(patches + (j << 2), row, zeros, 0, a, zeros, count, dyRow, 0, count, zeros, 1, depth, 4, b, width, width, false, false)
          b += (depth * width) << 2
        }
        scatter(dx + ((group * (g.channels / g.groups)) << 2), patches, row, start, count, g)
      }
    }
    withoutBorders(pc, dx, image, g)
  }
  finishInput(pc, g)
}

/** Writes `rows` rows of the weights, from `firstRow` on. */
export function convolutionWeightGrad(
  pc: usize, out: usize, dy: usize, sums: usize, panels: usize, block: u32, firstRow: u32, rows: u32,
): void {
  const g = changetype<Geometry>(pc + ConvolutionWeightGrad.images)
  const pixels = g.outHeight * g.outWidth
  const row: usize = g.outChannels << 2
  const channels = g.channels / g.groups
  const columns = g.outChannels / g.groups
  const taps = tapsOf(g)
  const lines = linesOf(g)
  memory.fill(out, 0, rows * row)
  clearBorders(pc, ConvolutionWeightGrad.image, g)
  for (let image: u32 = 0; image < g.images; image++) {
    const x = padded(load<u32>(pc, ConvolutionWeightGrad.image), load<u32>(pc, ConvolutionWeightGrad.x), image, g)
    for (let line: u32 = 0; line < g.outHeight; line += block) {
      const count = min(block, g.outHeight - line)
      const depth = count * g.outWidth
      packGroups(panels, dy + (image * pixels + line * g.outWidth) * row, g, depth)
      let b: usize = panels
      for (let group: u32 = 0; group < g.groups; group++) {
        const a = x + ((group * channels) << 2)
        for (let j: u32 = 0, width: u32 = 0; j < columns; j += width) {
          width = panelWidth(columns - j)
          const c = out + ((group * columns + j) << 2)
          sweep(c, row, c, row, a, taps, g.length, 4, firstRow, rows, lines + (line << 2), count, g.outWidth, g.step, b, width, min(width, columns - j), false, true)
          b += (depth * width) << 2
        }
      }
    }
  }
  if (sums != 0 && isFirst()) sumRows(sums, dy, g.images * pixels, g.outChannels)
}

/** Sixteen columns while there are more than eight. */
// @ts-ignore: decorator
@inline
function panelWidth(columns: u32): u32 {
  return columns > 8 ? 16 : 8
}

/**
 * A panel of C = or += A·B. Row i of C begins with what is at from + i · fromRow. The rows of A start, in bytes from a, at
 * lines[…] + 0, lineStep, 2 lineStep, … with lineLength rows to a line; it begins with firstRow; the numbers in each at taps[…] + 0, step, … with
 * `length` numbers to a run. The panel of B is `width` wide, of which `columns` are stored. With `adds` what it begins with is added last.
 */
function sweep(
  c: usize, row: usize, from: usize, fromRow: usize,
  a: usize, lines: usize, lineLength: u32, lineStep: usize, firstRow: u32, rows: u32,
  taps: usize, runs: u32, length: u32, step: usize,
  b: usize, width: u32, columns: u32, rectify: bool, adds: bool,
): void {
  const line = firstRow / lineLength
  lines += line << 2
  const skipped = firstRow - line * lineLength
  if (width == 16)
    sweep16(c, row, from, fromRow, a, lines, lineLength, lineStep, skipped, rows, taps, taps + (runs << 2), length, step, b, columns, rectify, adds)
  else
    sweep8(c, row, from, fromRow, a, lines, lineLength, lineStep, skipped, rows, taps, taps + (runs << 2), length, step, b, columns, rectify, adds)
}

/** Two rows at a time. */
function sweep16(
  c: usize, row: usize, from: usize, fromRow: usize,
  a: usize, lines: usize, lineLength: u32, lineStep: usize, skipped: u32, rows: u32,
  taps: usize, tapsEnd: usize, length: u32, step: usize, b: usize, columns: u32, rectify: bool, adds: bool,
): void {
  let at = a + load<u32>(lines) + skipped * lineStep
  let left = lineLength - skipped
  for (let i: u32 = 0; i < rows; i += 2) {
    const a0 = at
    if (--left == 0) {
      lines += 4
      at = a + load<u32>(lines)
      left = lineLength
    } else at += lineStep
    // A row that does not exist repeats the one before; it is not stored.
    const a1 = i + 1 < rows ? at : a0
    if (--left == 0) {
      lines += 4
      at = a + load<u32>(lines)
      left = lineLength
    } else at += lineStep
    const whole = columns == 16 && i + 1 < rows
    const there = min<u32>(2, rows - i)
    if (!whole) toEdge(from, fromRow, there, columns, 64)
    tapTile2x16(
      whole ? c : edgeTile, whole ? row : 64, whole ? from : edgeTile, whole ? fromRow : 64,
      a0, a1, taps, tapsEnd, length, step, b, rectify, adds,
    )
    if (!whole) fromEdge(c, row, there, columns, 64)
    c += row << 1
    from += fromRow << 1
  }
}

/** Four rows at a time. */
function sweep8(
  c: usize, row: usize, from: usize, fromRow: usize,
  a: usize, lines: usize, lineLength: u32, lineStep: usize, skipped: u32, rows: u32,
  taps: usize, tapsEnd: usize, length: u32, step: usize, b: usize, columns: u32, rectify: bool, adds: bool,
): void {
  let at = a + load<u32>(lines) + skipped * lineStep
  let left = lineLength - skipped
  for (let i: u32 = 0; i < rows; i += 4) {
    const a0 = at
    let a1 = at
    let a2 = at
    let a3 = at
    for (let n: u32 = 1; n <= 4; n++) {
      if (--left == 0) {
        lines += 4
        at = a + load<u32>(lines)
        left = lineLength
      } else at += lineStep
      if (i + n >= rows) break
      if (n == 1) a1 = at
      else if (n == 2) a2 = at
      else if (n == 3) a3 = at
    }
    const there = min<u32>(4, rows - i)
    const whole = columns == 8 && there == 4
    if (!whole) toEdge(from, fromRow, there, columns, 32)
    tapTile4x8(
      whole ? c : edgeTile, whole ? row : 32, whole ? from : edgeTile, whole ? fromRow : 32,
      a0, a1, a2, a3, taps, tapsEnd, length, step, b, rectify, adds,
    )
    if (!whole) fromEdge(c, row, there, columns, 32)
    c += row << 2
    from += fromRow << 2
  }
}

/** Puts what sums begin with into the tile at the edge; the rows of that are `edgeRow` bytes apart. */
function toEdge(from: usize, fromRow: usize, rows: u32, columns: u32, edgeRow: usize): void {
  for (let to = edgeTile; rows > 0; rows--) {
    copyLanes(to, from, columns)
    to += edgeRow
    from += fromRow
  }
}

function fromEdge(c: usize, row: usize, rows: u32, columns: u32, edgeRow: usize): void {
  for (let from = edgeTile; rows > 0; rows--) {
    copyLanes(c, from, columns)
    from += edgeRow
    c += row
  }
}

/** The source is read in whole vectors, so up to 12 bytes behind its end. */
// @ts-ignore: decorator
@inline
function copyLanes(to: usize, from: usize, count: u32): void {
  for (let j: u32 = 0; j < count; j += 4) storeLanes(to + (j << 2), v128.load(from + (j << 2)), count - j)
}

/** Makes panels, one group's behind another's, of a matrix with a column for each output channel. */
function packGroups(to: usize, from: usize, g: Geometry, depth: u32): void {
  const row: usize = g.outChannels << 2
  const columns = g.outChannels / g.groups
  for (let group: u32 = 0; group < g.groups; group++) {
    for (let j: u32 = 0, width: u32 = 0; j < columns; j += width) {
      width = panelWidth(columns - j)
      const bytes: usize = width << 2
      let at = from + (j << 2)
      if (columns - j >= width)
        for (let p: u32 = 0; p < depth; p++) {
          for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, v128.load(at + i))
          to += bytes
          at += row
        }
      else
        for (let p: u32 = 0; p < depth; p++) {
          for (let i: u32 = 0; i < width; i++) store<f32>(to + (i << 2), j + i < columns ? load<f32>(at + (i << 2)) : 0)
          to += bytes
          at += row
        }
    }
    from += columns << 2
  }
}

/** Makes panels of the weights' transpose: for each group `depth` rows, one for each of its output channels. */
function packTransposed(to: usize, weights: usize, g: Geometry, depth: u32, columns: u32): void {
  const row: usize = g.outChannels << 2
  for (let group: u32 = 0; group < g.groups; group++) {
    for (let j: u32 = 0, width: u32 = 0; j < columns; j += width) {
      width = panelWidth(columns - j)
      for (let p: u32 = 0; p < depth; p++) {
        let at = weights + j * row + (p << 2)
        for (let i: u32 = 0; i < width; i++) {
          store<f32>(to, j + i < columns ? load<f32>(at) : 0)
          to += 4
          at += row
        }
      }
    }
    weights += depth << 2
  }
}

/** Adds each row of `patches`, of output pixels from `start` on, to the places of the image that it was read from. */
function scatter(dx: usize, patches: usize, row: usize, start: u32, count: u32, g: Geometry): void {
  const taps = tapsOf(g)
  const lines = linesOf(g)
  const tapsEnd = lines
  const bytes: usize = g.length << 2
  const whole = bytes & ~15
  let y = start / g.outWidth
  let x = start % g.outWidth
  for (let i: u32 = 0; i < count; i++) {
    const to = dx + load<u32>(lines + (y << 2)) + x * g.step
    let from = patches
    for (let tap = taps; tap < tapsEnd; tap += 4) {
      const cell = to + load<u32>(tap)
      let at: usize = 0
      for (; at < whole; at += 16) v128.store(cell + at, f32x4.add(v128.load(cell + at), v128.load(from + at)))
      for (; at < bytes; at += 4) store<f32>(cell + at, load<f32>(cell + at) + load<f32>(from + at))
      from += bytes
    }
    patches += row
    if (++x == g.outWidth) {
      x = 0
      y++
    }
  }
}

/** Makes the copy 0 once, if there is one: its borders stay so. */
function clearBorders(pc: usize, operand: usize, g: Geometry): void {
  const copy = load<u32>(pc + operand)
  if (copy != 0) memory.fill(copy, 0, (g.paddedHeight * g.paddedWidth * g.channels) << 2)
}

/** Address of an image, or of its copy with borders. */
function padded(copy: usize, x: usize, image: u32, g: Geometry): usize {
  const from = x + ((image * g.height * g.width * g.channels) << 2)
  if (copy == 0) return from
  const pixel: usize = g.channels << 2
  const rows = min(<i32>g.height, <i32>g.paddedHeight - <i32>g.top)
  const columns = min(<i32>g.width, <i32>g.paddedWidth - <i32>g.left)
  if (columns <= 0) return copy
  let to = copy + (g.top * g.paddedWidth + g.left) * pixel
  let at = from
  for (let y: i32 = 0; y < rows; y++) {
    memory.copy(to, at, columns * pixel)
    to += g.paddedWidth * pixel
    at += g.width * pixel
  }
  return copy
}

/** Address of the image that an input gradient is summed in, made 0: the output's, or a copy with borders. */
function cleared(pc: usize, image: u32, g: Geometry): usize {
  const copy = load<u32>(pc, Convolution.image)
  const bytes = (g.height * g.width * g.channels) << 2
  const to = copy != 0 ? copy : load<u32>(pc, Convolution.out) + image * bytes
  memory.fill(to, 0, copy != 0 ? (g.paddedHeight * g.paddedWidth * g.channels) << 2 : bytes)
  return to
}

/** Copies an input gradient into the output, unless it was summed there. */
function withoutBorders(pc: usize, from: usize, image: u32, g: Geometry): void {
  const pixel: usize = g.channels << 2
  const bytes: usize = g.height * g.width * pixel
  let to = load<u32>(pc, Convolution.out) + image * bytes
  if (from == to) return
  const rows = min(<i32>g.height, <i32>g.paddedHeight - <i32>g.top)
  const columns = min(<i32>g.width, <i32>g.paddedWidth - <i32>g.left)
  // What no patch reaches stays 0.
  if (rows < <i32>g.height || columns < <i32>g.width) memory.fill(to, 0, bytes)
  if (columns <= 0) return
  from += (g.top * g.paddedWidth + g.left) * pixel
  for (let y: i32 = 0; y < rows; y++) {
    memory.copy(to, from, columns * pixel)
    to += g.width * pixel
    from += g.paddedWidth * pixel
  }
}

/** Adds the bias to an input gradient and applies the activation. */
function finishInput(pc: usize, g: Geometry): void {
  const out = load<u32>(pc, Convolution.out)
  const bias = load<u32>(pc, Convolution.bias)
  const activation = load<u32>(pc, Convolution.activation)
  const pixels = g.images * g.height * g.width
  if (bias != 0)
    for (let pixel: u32 = 0, at = out; pixel < pixels; pixel++, at += g.channels << 2)
      for (let c: u32 = 0; c < g.channels; c += 4) {
        const sum = f32x4.add(v128.load(at + (c << 2)), v128.load(bias + (c << 2)))
        storeLanes(at + (c << 2), sum, g.channels - c)
      }
  if (activation != Activation.None) activate(out, g.channels << 2, load<u32>(pc, Convolution.gate), activation, pixels, g.channels)
}

// Depthwise: each channel has a kernel of its own, so there is nothing to multiply as matrices. Four channels at a time.

export function depthwise(pc: usize, out: usize, weights: usize, bias: usize, activation: u32, gate: usize): void {
  const g = changetype<Geometry>(pc + Depthwise.images)
  const pixel: usize = g.channels << 2
  const taps = tapsOf(g)
  const lines = linesOf(g)
  let y = out
  clearBorders(pc, Depthwise.image, g)
  for (let image: u32 = 0; image < g.images; image++) {
    const x = padded(load<u32>(pc, Depthwise.image), load<u32>(pc, Depthwise.x), image, g)
    for (let line: u32 = 0; line < g.outHeight; line++) {
      const from = x + load<u32>(lines + (line << 2))
      for (let column: u32 = 0; column < g.outWidth; column += 4) {
        const there = min<u32>(4, g.outWidth - column)
        const a0 = from + column * g.step
        const a1 = a0 + (there > 1 ? g.step : 0)
        const a2 = a1 + (there > 2 ? g.step : 0)
        const a3 = a2 + (there > 3 ? g.step : 0)
        for (let at: usize = 0; at < pixel; at += 16) {
          let c0 = f32x4.splat(0)
          if (bias != 0) c0 = v128.load(bias + at)
          let c1 = c0
          let c2 = c0
          let c3 = c0
          let w = weights + at
          for (let tap = taps; tap < lines; tap += 4) {
            const v = v128.load(w)
            const cell = load<u32>(tap) + at
            c0 = multiplyAdd(v, v128.load(a0 + cell), c0)
            c1 = multiplyAdd(v, v128.load(a1 + cell), c1)
            c2 = multiplyAdd(v, v128.load(a2 + cell), c2)
            c3 = multiplyAdd(v, v128.load(a3 + cell), c3)
            w += pixel
          }
          const channels = (pixel - at) >> 2
          storeLanes(y + at, c0, channels)
          if (there > 1) storeLanes(y + at + pixel, c1, channels)
          if (there > 2) storeLanes(y + at + 2 * pixel, c2, channels)
          if (there > 3) storeLanes(y + at + 3 * pixel, c3, channels)
        }
        y += there * pixel
      }
    }
  }
  if (activation != Activation.None)
    activate(out, pixel, gate, activation, g.images * g.outHeight * g.outWidth, g.channels)
}

export function depthwiseInputGrad(pc: usize, x: usize, weights: usize): void {
  const g = changetype<Geometry>(pc + DepthwiseInputGrad.images)
  const pixel: usize = g.channels << 2
  const taps = tapsOf(g)
  const lines = linesOf(g)
  let dy = x
  for (let image: u32 = 0; image < g.images; image++) {
    const dx = cleared(pc, image, g)
    for (let line: u32 = 0; line < g.outHeight; line++) {
      let to = dx + load<u32>(lines + (line << 2))
      for (let column: u32 = 0; column < g.outWidth; column++) {
        let w = weights
        for (let tap = taps; tap < lines; tap += 4) {
          const cell = to + load<u32>(tap)
          for (let at: usize = 0; at < pixel; at += 16) {
            const sum = multiplyAdd(v128.load(w + at), v128.load(dy + at), v128.load(cell + at))
            storeLanes(cell + at, sum, (pixel - at) >> 2)
          }
          w += pixel
        }
        to += g.step
        dy += pixel
      }
    }
    withoutBorders(pc, dx, image, g)
  }
  finishInput(pc, g)
}

export function depthwiseWeightGrad(pc: usize, out: usize, sums: usize): void {
  const g = changetype<Geometry>(pc + DepthwiseWeightGrad.images)
  const pixel: usize = g.channels << 2
  const taps = tapsOf(g)
  const lines = linesOf(g)
  let dy = load<u32>(pc, DepthwiseWeightGrad.dy)
  memory.fill(out, 0, g.runs * pixel)
  clearBorders(pc, DepthwiseWeightGrad.image, g)
  for (let image: u32 = 0; image < g.images; image++) {
    const x = padded(load<u32>(pc, DepthwiseWeightGrad.image), load<u32>(pc, DepthwiseWeightGrad.x), image, g)
    for (let line: u32 = 0; line < g.outHeight; line++) {
      const from = x + load<u32>(lines + (line << 2))
      let to = out
      for (let tap = taps; tap < lines; tap += 4) {
        for (let at: usize = 0; at < pixel; at += 16) {
          let total = f32x4.splat(0)
          let cell = from + load<u32>(tap) + at
          let upstream = dy + at
          for (let column: u32 = 0; column < g.outWidth; column++) {
            total = multiplyAdd(v128.load(cell), v128.load(upstream), total)
            cell += g.step
            upstream += pixel
          }
          storeLanes(to + at, f32x4.add(v128.load(to + at), total), (pixel - at) >> 2)
        }
        to += pixel
      }
      dy += g.outWidth * pixel
    }
  }
  if (sums != 0) sumRows(sums, load<u32>(pc, DepthwiseWeightGrad.dy), g.images * g.outHeight * g.outWidth, g.channels)
}
