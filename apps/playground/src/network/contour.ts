// The contour line of a grid of numbers at one level: marching squares with linear interpolation.

/** A segment of the line, in units of grid cells: x to the right, y down the rows. */
export interface Segment {
  readonly from: readonly [number, number]
  readonly to: readonly [number, number]
}

/** `values` holds rows of `width` numbers. */
export function contour(values: ArrayLike<number>, width: number, level: number): Segment[] {
  const height = values.length / width
  const segments: Segment[] = []
  for (let y = 0; y + 1 < height; y++)
    for (let x = 0; x + 1 < width; x++) {
      const corners = [
        [x, y, values[y * width + x]!],
        [x + 1, y, values[y * width + x + 1]!],
        [x + 1, y + 1, values[(y + 1) * width + x + 1]!],
        [x, y + 1, values[(y + 1) * width + x]!],
      ] as const
      const crossings: [number, number][] = []
      for (const [index, [fromX, fromY, from]] of corners.entries()) {
        const [toX, toY, to] = corners[(index + 1) % 4]!
        if (from < level === to < level) continue
        const share = (level - from) / (to - from)
        crossings.push([fromX + share * (toX - fromX), fromY + share * (toY - fromY)])
      }
      // Four crossings are a saddle, which is ambiguous; they are paired in their order around the cell.
      for (let index = 0; index + 1 < crossings.length; index += 2)
        segments.push({ from: crossings[index]!, to: crossings[index + 1]! })
    }
  return segments
}
