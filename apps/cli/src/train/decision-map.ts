// The answers of a network over two inputs, with rows of the table as points, as rows of text.
import type { Piece } from '../text.js'
import type { DecisionMap } from './view.js'

const shades = [' ', '░', '▒', '▓', '█']
/** Classes of a map without colours; in shades they could not be told apart. */
const letters = 'abcdefghij'

/**
 * A map of `2 * rows` columns, square on a terminal, where a character is twice as high as wide. With colours
 * each character shows two points, one above the other; without, a shade, or for several classes a letter.
 */
export function drawDecisionMap(map: DecisionMap, rows: number, colours: boolean): Piece[][] {
  const columns = 2 * rows
  const several = (map.classes?.length ?? 0) > 2
  /** The cell in whose middle a point of the picture lies, of 2·rows by 2·rows. */
  const at = (row: number, column: number) => {
    const place = (index: number) => Math.floor(((index + 0.5) / columns) * map.size)
    return map.cells[place(row) * map.size + place(column)]!
  }
  const colour = (value: number) => (several ? classColours[value % classColours.length]! : colourOf(value))
  const pieces = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column): Piece => {
      const [upper, lower] = [at(2 * row, column), at(2 * row + 1, column)]
      if (colours) return { text: '▀', colour: colour(upper), background: colour(lower) }
      if (several) return { text: letters[upper]!, dim: true }
      return { text: shades[Math.min(Math.floor(((upper + lower) / 2) * 5), 4)]! }
    }),
  )
  const [[left, right], [low, high]] = [map.x, map.y]
  for (const [x, y, value] of map.points) {
    const column = Math.min(Math.floor(((x - left) / (right - left)) * columns), columns - 1)
    const row = Math.min(Math.floor(((high - y) / (high - low)) * rows), rows - 1)
    const glyph = several ? letters[value]!.toUpperCase() : value >= 0.5 ? '●' : '○'
    pieces[row]![column] = colours
      ? { text: glyph, colour: '#000000', background: colour(at(2 * row, column)), bold: true }
      : { text: glyph, bold: true }
    if (!colours && !several)
      // Blanks on both sides, or the point would not stand out from the shades.
      for (const beside of [column - 1, column + 1])
        if (pieces[row]![beside]) pieces[row]![beside] = { text: ' ' }
  }
  return pieces
}

/** What the colours, shades or letters of a map stand for. */
export function mapLegend(map: DecisionMap, colours: boolean): Piece[] {
  const { classes } = map
  if (classes === null) return legendOf(['low', 'high'], colours)
  if (classes.length === 2) return legendOf(classes, colours)
  return classes.flatMap((name, at): Piece[] => [
    colours
      ? {
          text: letters[at]!.toUpperCase(),
          background: classColours[at % classColours.length]!,
          colour: '#000000',
        }
      : { text: letters[at]! },
    { text: ` ${name}  ` },
  ])
}

function legendOf(names: readonly string[], colours: boolean): Piece[] {
  return names.flatMap((name, at): Piece[] => [
    { text: `${name} ` },
    colours ? { text: '■', colour: colourOf(at) } : { text: at === 0 ? '░' : '█' },
    { text: '  ' },
  ])
}

// Blue of Okabe and Ito for 0, their orange for 1, and almost white in between.
const stops = [
  [0x56, 0xb4, 0xe9],
  [0xf2, 0xf2, 0xf2],
  [0xe6, 0x9f, 0x00],
] as const
/** With fewer colours, bands are visible. */
const levels = 24

/** Okabe and Ito's, without black. */
const classColours = ['#56B4E9', '#E69F00', '#009E73', '#CC79A7', '#F0E442', '#0072B2', '#D55E00', '#999999']

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
