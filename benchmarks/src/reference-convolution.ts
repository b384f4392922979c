// The referee's "same" convolution of one square image, and 2×2 pooling, in float64.
// Images are side × side × channels, weights window × window × channels × filters.

/** Visits every product of an image element and a weight, with the indices of both and of their sum. */
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

/** The maximum of each 2×2 window of the convolution's sums, and its index among them. */
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

/** Accumulates the gradients of weights and bias, given that of the pooled sums; returns that of the image. */
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
