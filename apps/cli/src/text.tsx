// Pieces of styled text, and rows made of them.
import { Text } from 'ink'

/** Colours of Okabe and Ito (2008), which colour-blind people can tell apart. */
export const palette = {
  blue: '#56B4E9',
  orange: '#E69F00',
  green: '#009E73',
  red: '#D55E00',
} as const

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
          {text}
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
