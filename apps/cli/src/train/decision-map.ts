// The output of the network over a square, with the four points of xor, as rows of text.
import type { Dataset, Run } from '@bp/core'
import { decisionGrid } from '@bp/lab'
import type { Piece } from '../text.js'

/** The sides of the mapped square: the unit square with a margin. */
const low = -0.25
const high = 1.25

const shades = [' ', '░', '▒', '▓', '█']

/**
 * A map of `2 * rows` columns, square on a terminal, where a character is twice as high as wide. With colours
 * each character shows two points, one above the other; without, a shade.
 */
export function drawDecisionMap(run: Run, data: Dataset, rows: number, colours: boolean): Piece[][] {
  const size = 2 * rows
  const probabilities = run.predict(decisionGrid(size, low, high))
  const at = (row: number, column: number) => probabilities[row * size + column]!
  const pieces = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: size }, (_, column): Piece => {
      const [upper, lower] = [at(2 * row, column), at(2 * row + 1, column)]
      if (!colours) return { text: shades[Math.min(Math.floor(((upper + lower) / 2) * 5), 4)]! }
      return { text: '▀', colour: colourOf(upper), background: colourOf(lower) }
    }),
  )
  for (let point = 0; point < data.rows; point++) {
    const column = Math.floor(((data.inputs[2 * point]! - low) / (high - low)) * size)
    const row = Math.floor(((high - data.inputs[2 * point + 1]!) / (high - low)) * rows)
    const glyph = data.targets[point]! >= 0.5 ? '●' : '○'
    const under = at(2 * row, column)
    pieces[row]![column] = colours
      ? { text: glyph, colour: '#000000', background: colourOf(under), bold: true }
      : { text: glyph, bold: true }
    if (!colours)
      // Blanks on both sides, or the point would not stand out from the shades.
      for (const beside of [column - 1, column + 1])
        if (pieces[row]![beside]) pieces[row]![beside] = { text: ' ' }
  }
  return pieces
}

// Blue of Okabe and Ito for 0, their orange for 1, and almost white in between.
const stops = [
  [0x56, 0xb4, 0xe9],
  [0xf2, 0xf2, 0xf2],
  [0xe6, 0x9f, 0x00],
] as const
/** With fewer colours, bands are visible. */
const levels = 24

function colourOf(probability: number): string {
  const level = Math.round(probability * levels) / levels
  const [from, to, share] =
    level < 0.5 ? [stops[0], stops[1], level * 2] : [stops[1], stops[2], level * 2 - 1]
  return `#${from
    .map((value, channel) =>
      Math.round(value + (to[channel]! - value) * share)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`
}
