// Where the units of a network and the labels of its weights are drawn: by the sizes of layers and window alone, so that
// nothing moves while values change, and no label covers another or a unit.

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface EdgePlace {
  readonly layer: number
  readonly from: number
  readonly to: number
  /** As the `d` of an SVG path. */
  readonly path: string
  /** Where its label is, centre; `null` where there is no room. */
  readonly label: { readonly x: number; readonly y: number } | null
}

export interface NetworkLayout {
  /** Side of the square of a unit. */
  readonly side: number
  /** Centres by layer, the inputs first. */
  readonly units: readonly (readonly { readonly x: number; readonly y: number }[])[]
  readonly edges: readonly EdgePlace[]
  /** Whether there is room for names, and for biases below them. */
  readonly names: boolean
  readonly biases: boolean
  /** Whether labels have a second line, for derivatives. */
  readonly twoLines: boolean
  readonly loss: { readonly x: number; readonly y: number }
}

/** Heights above and below a unit, for its name and its bias with a derivative. */
export const nameHeight = 26
export const biasHeight = 50
export const labelSizes = { two: { width: 82, height: 50 }, one: { width: 66, height: 26 } } as const
const mostSide = 96
/** A finger needs as much. */
const leastSide = 24
const leastPitch = leastSide + 4
const lossWidth = 140
/** Of a row that is a picture. */
export const pictureSide = (narrow: boolean) => (narrow ? 76 : 112)
/** More weights between two layers are not labelled: a press on a unit lists them. */
const mostLabels = 12
/** Along an edge, from its beginning to its end. */
const places = [0.5, 0.3, 0.7, 0.2, 0.8, 0.4, 0.6, 0.13, 0.87]

/** The height below which its units would not fit under each other. */
export function leastHeight(sizes: readonly number[], picture: boolean): number {
  return Math.max(...(picture ? [1, ...sizes.slice(1)] : sizes)) * leastPitch + 16
}

/** A row that is a picture is one unit; to each unit of the next layer one line stands for all of its weights. */
export function layoutNetwork(
  given: readonly number[],
  width: number,
  height: number,
  picture = false,
): NetworkLayout {
  const sizes = picture ? [1, ...given.slice(1)] : given
  const most = Math.max(...sizes)
  const narrow = width < 520
  const each = (height - 16) / most
  const biases = each >= nameHeight + 40 + biasHeight + 8
  const names = each >= nameHeight + 26
  const text = biases ? nameHeight + biasHeight + 8 : names ? nameHeight + 8 : 6
  const right = narrow ? 88 : lossWidth
  const column = (width - right) / sizes.length
  const side = Math.max(leastSide, Math.min(mostSide, each - text, column * (narrow ? 0.62 : 0.46)))
  const margin =
    (picture ? Math.max(side, pictureSide(narrow)) : side) / 2 + (narrow ? 14 : Math.max(20, column * 0.18))
  const gap = (width - right - margin - side / 2) / (sizes.length - 1)
  // Names above and biases below are part of what is centred.
  const shift = biases ? (nameHeight - biasHeight) / 2 : names ? nameHeight / 2 : 0
  const units = sizes.map((count, layer) => {
    const pitch = Math.min(each, side + text + Math.max(24, (height - count * (side + text)) / (count + 1)))
    return Array.from({ length: count }, (_, unit) => ({
      x: margin + layer * gap,
      y: height / 2 + shift + (unit - (count - 1) / 2) * pitch,
    }))
  })
  const taken: Box[] = units.flatMap((column, layer) =>
    column.map(({ x, y }) => {
      const above = names ? nameHeight : 0
      const below = biases && layer > 0 ? biasHeight : 0
      const wide = Math.max(side, names ? 76 : 0)
      return { x: x - wide / 2 - 2, y: y - side / 2 - above, width: wide + 4, height: side + above + below }
    }),
  )
  const loss = {
    x: width - right / 2 + (narrow ? 2 : 6),
    y: units.at(-1)!.reduce((sum, { y }) => sum + y, 0) / units.at(-1)!.length,
  }
  taken.push({ x: loss.x - right / 2, y: loss.y - 34, width: right, height: 68 })
  const two = edgesOf(units, side, taken, labelSizes.two, width, height, picture)
  const count = (edges: readonly EdgePlace[]) => edges.filter(({ label }) => label).length
  const one = edgesOf(units, side, taken, labelSizes.one, width, height, picture)
  const twoLines = count(two) === count(one)
  const edges = twoLines ? two : one
  return { side, units, edges, names, biases, twoLines, loss }
}

function edgesOf(
  units: NetworkLayout['units'],
  side: number,
  blocks: readonly Box[],
  size: { readonly width: number; readonly height: number },
  width: number,
  height: number,
  picture: boolean,
): EdgePlace[] {
  const taken = [...blocks]
  const edges: EdgePlace[] = []
  for (let layer = 0; layer + 1 < units.length; layer++) {
    const isFull = (layer === 0 && picture) || units[layer]!.length * units[layer + 1]!.length > mostLabels
    for (const [from, start] of units[layer]!.entries())
      for (const [to, end] of units[layer + 1]!.entries()) {
        const [x1, x2] = [
          start.x + (picture && layer === 0 ? pictureSide(width < 520) : side) / 2,
          end.x - side / 2,
        ]
        const bend = (x2 - x1) * 0.5
        const xs = [x1, x1 + bend, x2 - bend, x2] as const
        const ys = [start.y, start.y, end.y, end.y] as const
        const path = `M${x1} ${start.y}C${xs[1]} ${start.y} ${xs[2]} ${end.y} ${x2} ${end.y}`
        let label: { x: number; y: number } | null = null
        for (const at of isFull ? [] : places) {
          const [x, y] = [bezier(xs, at), bezier(ys, at)]
          const box = { x: x - size.width / 2, y: y - size.height / 2, ...size }
          const inside =
            box.x >= 0 && box.y >= 0 && box.x + size.width <= width && box.y + size.height <= height
          if (!inside || taken.some((other) => overlap(box, other))) continue
          taken.push(box)
          label = { x, y }
          break
        }
        edges.push({ layer, from, to, path, label })
      }
  }
  return edges
}

const bezier = ([a, b, c, d]: readonly [number, number, number, number], t: number): number => {
  const s = 1 - t
  return s * s * s * a + 3 * s * s * t * b + 3 * s * t * t * c + t * t * t * d
}

/** Whether two boxes come closer than 3 pixels. */
export function overlap(a: Box, b: Box): boolean {
  const room = 3
  return (
    a.x < b.x + b.width + room &&
    b.x < a.x + a.width + room &&
    a.y < b.y + b.height + room &&
    b.y < a.y + a.height + room
  )
}
