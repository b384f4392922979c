// Pieces of styled text, and rows made of them.
import { Text } from 'ink'
import stringWidth from 'string-width'
import { written } from './appearance.js'
import { cut } from './fit.js'

export interface Piece {
  readonly text: string
  readonly colour?: string | undefined
  readonly background?: string | undefined
  readonly bold?: boolean
  readonly dim?: boolean
}

/** One row of the terminal; text that does not fit is cut with an ellipsis. */
export function Row({ pieces }: { readonly pieces: readonly Piece[] }) {
  // A row without characters would have no height.
  const shown = pieces.some(({ text }) => text !== '') ? pieces : [{ text: ' ' }]
  return (
    <Text wrap="truncate-end">
      {joined(shown).map(({ text, colour, background, bold, dim }, index) => (
        <Text
          key={index}
          {...(colour !== undefined && { color: colour })}
          {...(background !== undefined && { backgroundColor: background })}
          bold={bold ?? false}
          dimColor={dim ?? false}
        >
          {written(text)}
        </Text>
      ))}
    </Text>
  )
}

export function Rows({ rows }: { readonly rows: readonly (readonly Piece[])[] }) {
  return rows.map((pieces, index) => <Row key={index} pieces={pieces} />)
}

/** Merges neighbours of the same style: each piece costs time to draw. */
function joined(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = []
  for (const piece of pieces) {
    const last = result.at(-1)
    const same =
      last &&
      last.colour === piece.colour &&
      last.background === piece.background &&
      last.bold === piece.bold &&
      last.dim === piece.dim
    if (same) result[result.length - 1] = { ...last, text: last.text + piece.text }
    else result.push(piece)
  }
  return result
}

export const widthOf = (pieces: readonly Piece[]): number =>
  pieces.reduce((total, { text }) => total + stringWidth(text), 0)

/** The pieces, as many as fit into this width, the last one cut. */
export function fit(pieces: readonly Piece[], columns: number): Piece[] {
  const result: Piece[] = []
  let left = columns
  for (const piece of pieces) {
    const text = cut(piece.text, left)
    if (text !== '') result.push({ ...piece, text })
    left -= stringWidth(text)
    if (text !== piece.text) break
  }
  return result
}

/** Two pictures side by side: the left one `columns` wide, then `gap` blanks. */
export function beside(
  left: readonly (readonly Piece[])[],
  columns: number,
  gap: number,
  right: readonly (readonly Piece[])[],
): Piece[][] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, row) => {
    const pieces = fit(left[row] ?? [], columns)
    if (!right[row]?.length) return pieces
    return [...pieces, { text: ' '.repeat(columns - widthOf(pieces) + gap) }, ...right[row]!]
  })
}
