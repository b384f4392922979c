// A canvas of dots, several to a character: two by four as Unicode's braille patterns, two by two as quarter blocks, one
// by two in ASCII.
import { type Charset, charset } from './appearance.js'
import type { Piece } from './text.js'

interface Dots {
  /** Dots in a character, across and down. */
  readonly across: number
  readonly down: number
  /** Bits of the dots, row by row. */
  readonly bits: readonly number[]
  readonly character: (pattern: number) => string
}

const charsets: Readonly<Record<Charset, Dots>> = {
  // Unicode 15, block U+2800.
  braille: {
    across: 2,
    down: 4,
    bits: [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80],
    character: (pattern) => String.fromCharCode(0x2800 + pattern),
  },
  block: {
    across: 2,
    down: 2,
    bits: [1, 2, 4, 8],
    character: (pattern) => ' ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█'[pattern]!,
  },
  ascii: { across: 1, down: 2, bits: [1, 2], character: (pattern) => " '.:"[pattern]! },
}

/** Dots are counted from the upper left corner; those outside are not drawn. */
export class DotCanvas {
  readonly columns: number
  readonly rows: number
  readonly #dots = charsets[charset()]
  readonly #patterns: Uint8Array
  readonly #colours: (string | undefined)[]

  constructor(columns: number, rows: number) {
    this.columns = columns
    this.rows = rows
    this.#patterns = new Uint8Array(columns * rows)
    this.#colours = new Array(columns * rows)
  }

  /** Width in dots. */
  get width(): number {
    return this.columns * this.#dots.across
  }

  /** Height in dots. */
  get height(): number {
    return this.rows * this.#dots.down
  }

  /** Dots of a character from its top to its bottom. */
  get down(): number {
    return this.#dots.down
  }

  /** Sets a dot; its character takes the colour. */
  dot(x: number, y: number, colour?: string): void {
    const [column, row] = [Math.round(x), Math.round(y)]
    if (!(column >= 0 && column < this.width && row >= 0 && row < this.height)) return
    const { across, down, bits } = this.#dots
    const at = Math.floor(row / down) * this.columns + Math.floor(column / across)
    this.#patterns[at]! |= bits[(row % down) * across + (column % across)]!
    this.#colours[at] = colour
  }

  /** A straight line; `dotted` leaves out every other dot, to tell lines apart without colour. */
  line(x0: number, y0: number, x1: number, y1: number, colour?: string, dotted = false): void {
    const length = Math.max(
      Math.abs(Math.round(x1) - Math.round(x0)),
      Math.abs(Math.round(y1) - Math.round(y0)),
    )
    for (let step = 0; step <= length; step++) {
      const share = length === 0 ? 0 : step / length
      const x = Math.round(x0 + (x1 - x0) * share)
      const y = Math.round(y0 + (y1 - y0) * share)
      if (!dotted || (x + y) % 3 === 0) this.dot(x, y, colour)
    }
  }

  /** The characters, row by row. */
  pieces(): Piece[][] {
    return Array.from({ length: this.rows }, (_, row) =>
      Array.from({ length: this.columns }, (_, column) => {
        const at = row * this.columns + column
        const pattern = this.#patterns[at]!
        return pattern === 0
          ? { text: ' ' }
          : { text: this.#dots.character(pattern), colour: this.#colours[at] }
      }),
    )
  }
}
