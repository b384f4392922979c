// The referee's convolution of one square image, which keeps its size, and pooling of 2×2 cells, in float64.
// Images are side × side × channels, weights window × window × channels × filters.

/** Calls back for every product of a number of the image and a weight, with the places of both and of their sum. */
function forEachProduct(
  side: number,
  [window, , channels, filters]: readonly number[],
  visit: (image: number, weight: number, sum: number) => void,
): void {
  const reach = (window! - 1) / 2
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++)
      for (let down = 0; down < window!; down++)
        for (let right = 0; right < window!; right++) {
          const fromRow = row + down - reach
          const fromColumn = column + right - reach
          if (fromRow < 0 || fromRow >= side || fromColumn < 0 || fromColumn >= side) continue
          for (let channel = 0; channel < channels!; channel++)
            for (let filter = 0; filter < filters!; filter++)
              visit(
                (fromRow * side + fromColumn) * channels! + channel,
                ((down * window! + right) * channels! + channel) * filters! + filter,
                (row * side + column) * filters! + filter,
              )
        }
}

const sideOf = (image: Float64Array, [, , channels]: readonly number[]) => Math.sqrt(image.length / channels!)

/** The largest of each 2×2 sums of the convolution, and where it stands among the sums. */
export function convolveAndPool(
  image: Float64Array,
  shape: readonly number[],
  weights: Float64Array,
  bias: Float64Array,
): { pooled: Float64Array<ArrayBuffer>; places: Int32Array } {
  const side = sideOf(image, shape)
  const filters = bias.length
  const sums = Float64Array.from({ length: side * side * filters }, (_, at) => bias[at % filters]!)
  forEachProduct(side, shape, (from, weight, to) => {
    sums[to]! += image[from]! * weights[weight]!
  })
  const half = side / 2
  const places = Int32Array.from({ length: half * half * filters }, (_, at) => {
    const cell = Math.floor(at / filters)
    const first = (2 * Math.floor(cell / half) * side + 2 * (cell % half)) * filters + (at % filters)
    const window = [first, first + filters, first + side * filters, first + (side + 1) * filters]
    return window.reduce((best, place) => (sums[place]! > sums[best]! ? place : best))
  })
  return { pooled: Float64Array.from(places, (place) => sums[place]!), places }
}

/** Adds the derivatives by weights and bias, given those by the pooled sums; returns those by the image. */
export function convolutionBackward(
  image: Float64Array,
  shape: readonly number[],
  weights: Float64Array,
  places: Int32Array,
  slopes: Float64Array,
  gradient: { weights: Float64Array; bias: Float64Array },
): Float64Array<ArrayBuffer> {
  const side = sideOf(image, shape)
  const filters = gradient.bias.length
  const slopesOfSums = new Float64Array(side * side * filters)
  for (const [at, place] of places.entries()) {
    slopesOfSums[place]! += slopes[at]!
    gradient.bias[place % filters]! += slopes[at]!
  }
  const below = new Float64Array(image.length)
  forEachProduct(side, shape, (from, weight, to) => {
    gradient.weights[weight]! += image[from]! * slopesOfSums[to]!
    below[from]! += weights[weight]! * slopesOfSums[to]!
  })
  return below
}
