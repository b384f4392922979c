// Every finite float32 through the kernel's functions, against their float64 references: `npm run check:exhaustive`,
// which takes names of operations too. Prints the worst error of each in units in the last place, and where it is.
//
// 256 neighbouring float32 lie so close together that the parabola through three values of the reference is the
// reference; two more values prove it, and where they do not, the reference computes every number.
import { performance } from 'node:perf_hooks'
import { compile, input, ops } from '@bp/core'

const promised = ['exp', 'log', 'tanh', 'sigmoid', 'erf', 'gelu', 'softplus', 'log1p', 'expm1', 'silu']
const names = process.argv.length > 2 ? process.argv.slice(2) : promised

const count = 2 ** 20
const group = 256
/** Offsets in a group at which the reference is computed: three for the parabola, two that prove it. */
const asked = [0, 127, 255, 60, 200]
/** How far the parabola may be from the reference, in units in the last place. */
const tolerance = 0.02
const largest = 2 ** 128 - 2 ** 103 // from here on a number rounds to infinity

/** Unit in the last place of a number as a float32. */
function unitOf(value) {
  return 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(value) || Number.MIN_VALUE))) - 23)
}

/** Distance in units in the last place of the expected number; infinity counts as the number after the largest. */
function errorOf(found, expected) {
  const rounded = Math.fround(expected)
  if (Object.is(found, rounded) && !Number.isFinite(rounded)) return 0
  if (Number.isNaN(found) || Number.isNaN(expected)) return Infinity
  return Math.abs(Math.max(-(2 ** 128), Math.min(found, 2 ** 128)) - expected) / unitOf(expected)
}

function check(name) {
  const { definition } = ops[name]
  const x = input([count], { name: 'x' })
  const y = ops[name](x)
  const run = compile({ inputs: { x }, outputs: { y } })
  const truth = (values) =>
    definition.reference([{ data: values, shape: [values.length] }], [values.length], y.attributes)

  const bits = new Uint32Array(count)
  const xs = new Float32Array(bits.buffer)
  const found = new Float32Array(count)
  const samples = new Float64Array((count / group) * asked.length)
  let worst = { error: 0, x: 0, found: 0, expected: 0 }
  const judge = (x, found, expected) => {
    const error = errorOf(found, expected)
    if (error > worst.error) worst = { error, x, found, expected }
  }

  let direct = 0
  const started = performance.now()
  for (let first = 0; first < 2 ** 32; first += count) {
    // Infinities and NaN fill the highest exponent.
    if ((first & 0x7f800000) === 0x7f800000) continue
    for (let index = 0; index < count; index++) bits[index] = first + index
    run({ x: xs }, { y: found })
    for (let start = 0, at = 0; start < count; start += group)
      for (const offset of asked) samples[at++] = xs[start + offset]
    const values = truth(samples)
    for (let start = 0, at = 0; start < count; start += group, at += asked.length) {
      const v0 = values[at]
      const v1 = values[at + 1]
      const v2 = values[at + 2]
      const special = Number.isNaN(v0)
        ? Number.NaN
        : v0 >= largest
          ? Infinity
          : v0 <= -largest
            ? -Infinity
            : 0
      if (special !== 0 && asked.every((_, index) => sameSpecial(values[at + index], special))) {
        for (let index = start; index < start + group; index++)
          if (!Object.is(found[index], special)) judge(xs[index], found[index], special)
        continue
      }
      // Newton's form.
      const x0 = xs[start]
      const x1 = xs[start + asked[1]]
      const slope = (v1 - v0) / (x1 - x0)
      const curve = ((v2 - v1) / (xs[start + asked[2]] - x1) - slope) / (xs[start + asked[2]] - x0)
      const unit = unitOf(Math.min(Math.abs(v0), Math.abs(v2)))
      const proven = [3, 4].every((index) => {
        const x = samples[at + index]
        const value = v0 + (x - x0) * (slope + (x - x1) * curve)
        return Math.abs(value - values[at + index]) <= tolerance * unit
      })
      if (proven && Math.abs(v0) < largest / 2 && Math.abs(v2) < largest / 2) {
        const bound = Math.max(worst.error - tolerance, 2 * tolerance) * unit
        for (let index = start; index < start + group; index++) {
          const x = xs[index]
          const value = v0 + (x - x0) * (slope + (x - x1) * curve)
          if (!(Math.abs(found[index] - value) <= bound)) judge(x, found[index], truth(Float64Array.of(x))[0])
        }
      } else {
        direct += group
        const each = truth(Float64Array.from(xs.subarray(start, start + group)))
        for (let index = 0; index < group; index++)
          judge(xs[start + index], found[start + index], each[index])
      }
    }
    if (first % 2 ** 26 === 0)
      process.stderr.write(`\r${name.padEnd(10)} ${((first / 2 ** 32) * 100).toFixed(0).padStart(3)} %`)
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  const budget = definition.ulp
  process.stderr.write('\r')
  process.stdout.write(
    `${name.padEnd(10)} ${worst.error.toFixed(3).padStart(6)} ULP of ${budget} at x = ${worst.x}: ${worst.found} for ${worst.expected}; ${seconds} s, ${direct} numbers one by one\n`,
  )
  return worst.error <= budget
}

function sameSpecial(value, special) {
  return Number.isNaN(special) ? Number.isNaN(value) : special > 0 ? value >= largest : value <= -largest
}

const failed = names.filter((name) => !check(name))
if (failed.length > 0) {
  process.stderr.write(`beyond their budget: ${failed.join(', ')}\n`)
  process.exitCode = 1
}
