// Writes assembly/tiles.ts: the inner loops of the matrix product and of convolution, a function for each shape of tile.
// They differ in the number of registers alone, which have to be variables with names of their own.
//
// docs/decisions/2026-11-24-matmul-tile.md says why these shapes, four steps to a turn and an exit after each.

const stepsPerTurn = 4

const offset = (bytes) => (bytes === 0 ? '' : `, ${bytes}`)
const upTo = (count) => [...Array(count).keys()]

/** One step along k: a vector of B each from `bAt`, and for each row a number from `aAt` times all of them. */
function multiply({ rows, vectors }, first, bAt, aAt) {
  const lines = upTo(vectors).map((v) => `${first ? 'let ' : ''}b${v} = v128.load(${bAt(v)})`)
  for (const r of upTo(rows)) {
    lines.push(`${first && r === 0 ? 'let ' : ''}s = v128.load32_splat(${aAt(r)})`)
    for (const v of upTo(vectors)) lines.push(`c${r}${v} = multiplyAdd(s, b${v}, c${r}${v})`)
  }
  return lines.map((line) => `      ${line}`)
}

const shapes = [
  { rows: 2, vectors: 4, packed: true },
  { rows: 2, vectors: 4 },
  { rows: 1, vectors: 4 },
  { rows: 4, vectors: 2 },
  { rows: 4, vectors: 1 },
]

/** `packed`: the rows of B follow each other, so that one addition moves on by a whole turn. */
function tile({ rows, vectors, packed = false }) {
  const lines = []
  const add = (text) => lines.push(text)
  const eachRow = upTo(rows)
  const eachVector = upTo(vectors)

  const bOffset = (step, v) => offset(16 * (v + (packed ? vectors * step : 0)))

  // What `from` is to do is found once for all rows: a product that adds to nothing tests a number before and after.
  add(`/** Tiles of ${rows} × ${4 * vectors}${packed ? ', B packed' : ''}; see tiles.mjs. */
export function tile${rows}x${4 * vectors}${packed ? 'Packed' : ''}(
  c: usize, cRow: usize, from: usize, fromRow: usize, a: usize, aRow: usize, b: usize, bStep: usize, depth: u32,
  rows: i32, columns: i32, relu: usize,
): void {
  const whole = columns == ${4 * vectors}
  const startsFrom = from != 0 && from != c
  const finishes = from == c || relu != 0
  do {`)
  // Rows that do not exist repeat the last; nobody stores them.
  for (const r of eachRow.slice(1)) add(`    const there${r}: usize = rows > ${r} ? -1 : 0`)
  for (const r of eachRow) for (const v of eachVector) add(`    let c${r}${v} = f32x4.splat(0)`)
  // What it adds to is added last: sums of a block of products stay small, however many blocks there are.
  add('    if (startsFrom) {\n      let at = from')
  for (const r of eachRow) {
    if (r > 0) add(`      at += fromRow & there${r}`)
    for (const v of eachVector) add(`      c${r}${v} = v128.load(at${offset(16 * v)})`)
  }
  add('    }\n    let a0 = a\n    let pb = b\n    const end = a + (<usize>depth << 2)')
  for (const r of eachRow.slice(1)) add(`    let a${r} = a${r - 1} + (aRow & there${r})`)
  add('    while (true) {')
  for (let step = 0; step < stepsPerTurn; step++) {
    if (step > 0) add(`      if (a0 + ${4 * step} == end) break`)
    lines.push(
      ...multiply(
        { rows, vectors },
        step === 0,
        (v) => `pb${bOffset(step, v)}`,
        (r) => `a${r}${offset(4 * step)}`,
      ),
    )
    if (!packed) add('      pb += bStep')
  }
  if (packed) add(`      pb += ${16 * vectors * stepsPerTurn}`)
  for (const r of eachRow) add(`      a${r} += ${4 * stepsPerTurn}`)
  add('      if (a0 == end) break\n    }')
  add('    if (finishes) {\n    if (from == c) {\n      let at = c')
  for (const r of eachRow) {
    if (r > 0) add(`      at += cRow & there${r}`)
    for (const v of eachVector) add(`      c${r}${v} = f32x4.add(v128.load(at${offset(16 * v)}), c${r}${v})`)
  }
  add('    }')
  // Zero comes from memory, as the engine would keep a constant in a register throughout the loop.
  add('    if (relu != 0) {\n      const zero = v128.load(zeros)\n      if (relu == 1) {')
  for (const r of eachRow)
    for (const v of eachVector) add(`        c${r}${v} = f32x4.add(f32x4.pmax(c${r}${v}, zero), zero)`)
  add('      } else {\n        let at = relu')
  for (const r of eachRow) {
    if (r > 0) add(`        at += cRow & there${r}`)
    for (const v of eachVector)
      add(`        c${r}${v} = v128.and(c${r}${v}, f32x4.gt(v128.load(at${offset(16 * v)}), zero))`)
  }
  add(`        relu += ${rows} * cRow\n      }\n    }\n    }\n    let to = c`)
  for (const r of eachRow) {
    if (r > 0) add(`    if (there${r}) {\n    to += cRow`)
    for (const v of eachVector.slice(1)) add(`    v128.store(to, c${r}${v - 1}${offset(16 * (v - 1))})`)
    const last = `c${r}${vectors - 1}`
    add(`    if (whole) v128.store(to, ${last}${offset(16 * (vectors - 1))})
    else storeLanes(to + ${16 * (vectors - 1)}, ${last}, columns - ${4 * (vectors - 1)})`)
    if (r > 0) add('    }')
  }
  add(`    c += ${rows} * cRow
    from += ${rows} * fromRow
    a += ${rows} * aRow
    rows -= ${rows}
  } while (rows > 0)
}
`)
  return lines.join('\n')
}

/**
 * Tiles of convolution: each row of A is cut into runs of `length` numbers, `step` bytes apart, that begin at the
 * addresses of the rows plus each of the `taps`. B is packed.
 */
const tapShapes = [
  { rows: 2, vectors: 4, steps: 4 },
  { rows: 4, vectors: 2, steps: 2 },
]

function tapTile({ rows, vectors, steps }) {
  const lines = []
  const add = (text) => lines.push(text)
  const eachRow = upTo(rows)
  const eachVector = upTo(vectors)
  const turn = 16 * vectors
  add(`/** A tile of ${rows} × ${4 * vectors} for convolution; see tiles.mjs. */
// @ts-ignore: decorator
@inline
export function tapTile${rows}x${4 * vectors}(
  c: usize, row: usize, from: usize, fromRow: usize, ${eachRow.map((r) => `a${r}: usize`).join(', ')},
  taps: usize, tapsEnd: usize, length: u32, step: usize, b: usize, rectify: bool, adds: bool,
): void {`)
  for (const r of eachRow) for (const v of eachVector) add(`  let c${r}${v} = f32x4.splat(0)`)
  const start = (condition, expression) => {
    add(`  if (${condition}) {\n    let at = from`)
    for (const r of eachRow) {
      if (r > 0) add('    at += fromRow')
      for (const v of eachVector)
        add(`    c${r}${v} = ${expression(`v128.load(at${offset(16 * v)})`, `c${r}${v}`)}`)
    }
    add('  }')
  }
  start('!adds', (value) => value)
  add('  do {\n    const tap = load<u32>(taps)')
  for (const r of eachRow) add(`    let p${r} = a${r} + tap`)
  add(`    const end = b + (length << ${Math.log2(turn)})\n    do {`)
  for (const step of upTo(steps)) {
    if (step > 0) add(`      if (b + ${turn * step} == end) break`)
    lines.push(
      ...multiply(
        { rows, vectors },
        step === 0,
        (v) => `b${offset(turn * step + 16 * v)}`,
        (r) => `p${r}`,
      ),
    )
    for (const r of eachRow) add(`      p${r} += step`)
  }
  add(`      b += ${turn * steps}
    } while (b != end)
    b = end
    taps += 4
  } while (taps != tapsEnd)`)
  start('adds', (value, sum) => `f32x4.add(${value}, ${sum})`)
  add(`  if (rectify) {
    const zero = f32x4.splat(0)`)
  for (const r of eachRow)
    for (const v of eachVector) add(`    c${r}${v} = f32x4.add(f32x4.pmax(c${r}${v}, zero), zero)`)
  add('  }')
  for (const r of eachRow) {
    if (r > 0) add('  c += row')
    for (const v of eachVector) add(`  v128.store(c, c${r}${v}${offset(16 * v)})`)
  }
  add('}\n')
  return lines.join('\n')
}

/** The source text. */
export const tiles = `// Written by tiles.mjs.
import { multiplyAdd, storeLanes } from './functions'

const zeros: usize = memory.data(16, 16)

${[...shapes.map(tile), ...tapShapes.map(tapTile)].join('\n')}`
