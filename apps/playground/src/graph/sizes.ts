// Sizes of nodes and of labels on edges, in pixels, for the layout. They depend on names and shapes, never on values, so
// that nothing moves while numbers change.
import type { TraceEdge, TraceNode } from '@bp/lab'

/** Diameter of a variable, height of an operation. */
export const shapeSize = 54
/** Height of the lines above and below the shape. */
const valueLine = 24
/** Width of the longest number, `−1.23457e-10`, in the font of values. */
const numberWidth = 114

/** Cells of an array that are drawn; a larger one shows its first rows and columns. */
export const mostRows = 4
export const mostColumns = 4
const cellWidth = 62
const cellHeight = 24

interface Size {
  readonly width: number
  readonly height: number
}

/** Width of a symbol or name, roughly; what is longer is cut. */
const textWidth = (text: string, character: number) => [...text].length * character

export function shapeWidth({ symbol, name, op }: Pick<TraceNode, 'symbol' | 'name' | 'op'>): number {
  const widest = Math.max(textWidth(symbol, 11), op === null ? 0 : textWidth(name, 8))
  return Math.min(130, Math.max(shapeSize, widest + 20))
}

/** Rows and columns that are drawn of an array, with one more for `…`. */
function drawnCells(shape: readonly number[]): { rows: number; columns: number } {
  const columns = shape.at(-1) ?? 1
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1)
  return {
    rows: rows > mostRows ? mostRows + 1 : rows,
    columns: columns > mostColumns ? mostColumns + 1 : columns,
  }
}

/** Room for a number or an array of this shape. */
function numbersSize(shape: readonly number[]): Size {
  if (shape.length === 0) return { width: numberWidth, height: valueLine }
  const { rows, columns } = drawnCells(shape)
  return { width: columns * cellWidth + 8, height: rows * cellHeight + 8 }
}

export function nodeSize(node: TraceNode): Size & { readonly ports: number } {
  const numbers = numbersSize(node.shape)
  return {
    width: Math.max(numbers.width, shapeWidth(node) + 8),
    height: 2 * numbers.height + shapeSize + 8,
    ports: shapeSize - 16,
  }
}

/** Room for the local derivative on an edge, `· −0.197`, or for the shape of an array, `4×2`; constants have neither. */
export function labelSize({ rule, local }: TraceEdge): Size | null {
  if (rule === '') return null
  return local === null ? { width: 48, height: 22 } : { width: 78, height: 26 }
}
