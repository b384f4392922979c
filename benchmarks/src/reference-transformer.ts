// The referee's transformer, in float64, one row of characters at a time. Every part returns its value and its backward
// function. Arrays are positions × features.
import type { TransformerProblem } from './problems.js'

type Numbers = Float64Array<ArrayBuffer>

/** Takes the gradient of a part's value; accumulates those of its parameters, returns that of its input. */
type Back = (slopes: Numbers) => Numbers
type Part = readonly [value: Numbers, back: Back]

/** A parameter and its gradient. */
interface Parameter {
  readonly values: Numbers
  readonly slopes: Numbers
}

/** Loss of one row; accumulates its share of the mean's gradient. */
export function transformerRow(
  problem: TransformerProblem,
  parameters: readonly Numbers[],
  gradient: readonly Numbers[],
  row: number,
): number {
  const { inputs: positions, blocks, heads, batch } = problem
  const characters = problem.data.subarray(row * positions, (row + 1) * positions)
  const nextCharacters = problem.targets.subarray(row * positions, (row + 1) * positions)
  let taken = 0
  const take = (): Parameter => {
    const index = taken++
    return { values: parameters[index]!, slopes: gradient[index]! }
  }
  const dense = (x: Numbers) => denseOf(x, take(), take())
  const norm = (x: Numbers) => normOf(x, take(), take())
  const backs: Back[] = []
  const then = ([value, back]: Part) => {
    backs.push(back)
    return value
  }

  let z = then(embedded(characters, take(), take()))
  for (let block = 0; block < blocks; block++) {
    z = then(
      residual(z, (x) => {
        const [normed, backNorm] = norm(x)
        const [q, k, v] = [dense(normed), dense(normed), dense(normed)] as const
        const [heard, backHeard] = attention(q[0], k[0], v[0], positions, heads)
        const [value, backValue] = dense(heard)
        return [
          value,
          (slopes) => {
            const [dq, dk, dv] = backHeard(backValue(slopes))
            return backNorm(sumOf(q[1](dq), k[1](dk), v[1](dv)))
          },
        ]
      }),
    )
    z = then(
      residual(z, (x) => {
        const [normed, backNorm] = norm(x)
        const [wide, backWide] = dense(normed)
        const [value, backValue] = dense(wide.map(gelu))
        return [
          value,
          (slopes) => backNorm(backWide(backValue(slopes).map((slope, at) => slope * geluSlope(wide[at]!)))),
        ]
      }),
    )
  }
  const logits = then(dense(then(norm(z))))

  const classes = logits.length / positions
  let loss = 0
  let slopes = new Float64Array(logits.length)
  for (let position = 0; position < positions; position++) {
    const own = logits.subarray(position * classes, (position + 1) * classes)
    const probabilities = softmax(own)
    const target = nextCharacters[position]!
    loss -= Math.log(probabilities[target]!) / positions
    for (const [index, probability] of probabilities.entries())
      slopes[position * classes + index] = (probability - Number(index === target)) / positions / batch
  }
  for (const back of backs.reverse()) slopes = back(slopes)
  return loss
}

const sumOf = (first: Numbers, ...others: Numbers[]): Numbers =>
  others.reduce((sum, other) => sum.map((value, at) => value + other[at]!), first)

function residual(x: Numbers, branch: (x: Numbers) => Part): Part {
  const [value, back] = branch(x)
  return [sumOf(x, value), (slopes) => sumOf(slopes, back(slopes))]
}

function embedded(characters: Float32Array, table: Parameter, places: Parameter): Part {
  const features = places.values.length / characters.length
  const place = (at: number) => characters[Math.floor(at / features)]! * features + (at % features)
  return [
    places.values.map((value, at) => value + table.values[place(at)]!),
    (slopes) => {
      for (const [at, slope] of slopes.entries()) {
        places.slopes[at]! += slope
        table.slopes[place(at)]! += slope
      }
      return slopes
    },
  ]
}

function denseOf(x: Numbers, weights: Parameter, bias: Parameter): Part {
  const units = bias.values.length
  const inputs = weights.values.length / units
  const positions = x.length / inputs
  const value = new Float64Array(positions * units)
  for (let position = 0; position < positions; position++)
    for (let unit = 0; unit < units; unit++) {
      let sum = bias.values[unit]!
      for (let from = 0; from < inputs; from++)
        sum += x[position * inputs + from]! * weights.values[from * units + unit]!
      value[position * units + unit] = sum
    }
  return [
    value,
    (slopes) => {
      const below = new Float64Array(x.length)
      for (const [at, slope] of slopes.entries()) {
        const [position, unit] = [Math.floor(at / units), at % units]
        bias.slopes[unit]! += slope
        for (let from = 0; from < inputs; from++) {
          weights.slopes[from * units + unit]! += slope * x[position * inputs + from]!
          below[position * inputs + from]! += slope * weights.values[from * units + unit]!
        }
      }
      return below
    },
  ]
}

function normOf(x: Numbers, gamma: Parameter, beta: Parameter): Part {
  const features = gamma.values.length
  const mean = (values: Numbers) => values.reduce((sum, value) => sum + value, 0) / features
  const normed = new Float64Array(x.length)
  const deviations = new Float64Array(x.length / features)
  for (const position of deviations.keys()) {
    const own = x.subarray(position * features, (position + 1) * features)
    const centred = own.map((value) => value - mean(own))
    deviations[position] = Math.sqrt(mean(centred.map((value) => value ** 2)) + 1e-5)
    normed.set(
      centred.map((value) => value / deviations[position]!),
      position * features,
    )
  }
  return [
    normed.map((value, at) => value * gamma.values[at % features]! + beta.values[at % features]!),
    (slopes) => {
      const below = new Float64Array(x.length)
      for (const [position, deviation] of deviations.entries()) {
        const first = position * features
        const values = normed.subarray(first, first + features)
        const inner = new Float64Array(features)
        for (const [feature, value] of values.entries()) {
          const slope = slopes[first + feature]!
          gamma.slopes[feature]! += slope * value
          beta.slopes[feature]! += slope
          inner[feature] = slope * gamma.values[feature]!
        }
        // Removes the components along the mean and variance of a position.
        const along = mean(inner.map((slope, feature) => slope * values[feature]!))
        const middle = mean(inner)
        below.set(
          inner.map((slope, feature) => (slope - middle - values[feature]! * along) / deviation),
          first,
        )
      }
      return below
    },
  ]
}

/** Causal: a position attends to itself and those before. */
function attention(
  q: Numbers,
  k: Numbers,
  v: Numbers,
  positions: number,
  heads: number,
): readonly [value: Numbers, back: (slopes: Numbers) => readonly [dq: Numbers, dk: Numbers, dv: Numbers]] {
  const features = q.length / positions
  const size = features / heads
  const scale = 1 / Math.sqrt(size)
  /** The features of a head at a position, as a view. */
  const part = (x: Numbers, position: number, head: number) =>
    x.subarray(position * features + head * size, position * features + (head + 1) * size)
  const product = (a: Numbers, b: Numbers) => a.reduce((sum, value, at) => sum + value * b[at]!, 0)
  const addTo = (sum: Numbers, x: Numbers, factor: number) => {
    for (const [at, value] of x.entries()) sum[at]! += factor * value
  }
  const value = new Float64Array(q.length)
  const weights: { head: number; query: number; shares: Numbers }[] = []
  for (let head = 0; head < heads; head++)
    for (let query = 0; query < positions; query++) {
      const scores = Float64Array.from(
        { length: query + 1 },
        (_, key) => scale * product(part(q, query, head), part(k, key, head)),
      )
      const shares = softmax(scores)
      for (const [key, share] of shares.entries()) addTo(part(value, query, head), part(v, key, head), share)
      weights.push({ head, query, shares })
    }
  return [
    value,
    (slopes) => {
      const [dq, dk, dv] = [q, k, v].map(({ length }) => new Float64Array(length)) as [
        Numbers,
        Numbers,
        Numbers,
      ]
      for (const { head, query, shares } of weights) {
        const slope = part(slopes, query, head)
        const byShares = shares.map((_, key) => product(slope, part(v, key, head)))
        const mean = product(byShares, shares)
        for (const [key, share] of shares.entries()) {
          const byScore = scale * share * (byShares[key]! - mean)
          addTo(part(dv, key, head), slope, share)
          addTo(part(dq, query, head), part(k, key, head), byScore)
          addTo(part(dk, key, head), part(q, query, head), byScore)
        }
      }
      return [dq, dk, dv]
    },
  ]
}

function softmax(logits: Numbers): Numbers {
  const highest = Math.max(...logits)
  const exponentials = logits.map((logit) => Math.exp(logit - highest))
  const total = exponentials.reduce((sum, value) => sum + value, 0)
  return exponentials.map((value) => value / total)
}

/** x/2 · (1 + tanh u) with u = √(2/π) · (x + 0.044715 x³) (Hendrycks and Gimpel 2016). */
const gelu = (x: number) => (x / 2) * (1 + Math.tanh(inTanh(x)))
const inTanh = (x: number) => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)

function geluSlope(x: number): number {
  const t = Math.tanh(inTanh(x))
  return (1 + t) / 2 + (x / 2) * (1 - t * t) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x)
}
