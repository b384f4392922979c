// Elementary functions against those of `Math`, which are accurate to about one ULP in every engine.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  angleOf,
  arctangent,
  cosine,
  cosineOfHalfTurn,
  cosineOfTurns,
  exponential,
  exponentialMinusOne,
  hyperbolicTangent,
  logarithm,
  logarithmOfOnePlus,
  power,
  sine,
  sineOfTurns,
  tangent,
} from '../src/numbers/elementary.js'
import { random } from '../src/numbers/random.js'

/** Both signs of magnitudes from 2⁻¹⁰⁷⁴ on, most of them around 1; where functions change their form; and the ends. */
const numbers = (() => {
  const draws = random(2).stream('numbers')
  const drawn = Array.from({ length: 20_000 }, (_, index) => {
    const exponent = 2 ** (1 + (index % 10)) * (draws.uniform(2 * index) - 0.5)
    return (draws.uniform(2 * index + 1) - 0.5) * 2 ** exponent
  })
  const forms = [
    0.29,
    0.41,
    0.5,
    Math.SQRT1_2,
    1,
    Math.SQRT2,
    Math.PI / 4,
    20,
    709.782712893384,
    710,
    745.2,
    2 ** 53,
  ]
  const ends = [0, 5e-324, 2 ** -1022, 1.7976931348623157e308, Infinity, Number.NaN]
  const around = forms.flatMap((x) => [x, x * (1 - 2 ** -53), x * (1 + 2 ** -52)])
  return [...drawn, ...[...around, ...ends].flatMap((x) => [x, -x])]
})()

/** `least` is the absolute tolerance for the smallest numbers, whose relative precision is lower. */
function expectNear(found: number, expected: number, tolerance: number, at: string, least = 2 ** -1073) {
  if (Object.is(found, expected)) return
  if (found === 0 && expected === 0) expect(found, `at ${at}`).toBe(expected)
  const distance = Math.abs(found - expected) - least
  expect(distance, `at ${at}: ${found} for ${expected}`).toBeLessThanOrEqual(tolerance * Math.abs(expected))
}

describe('to 1e-15, and the same at 0, at infinity and for NaN', () => {
  test.each([
    ['exp', exponential],
    ['expm1', exponentialMinusOne],
    ['log', logarithm],
    ['log1p', logarithmOfOnePlus],
    ['tanh', hyperbolicTangent],
    ['sin', sine],
    ['cos', cosine],
    ['tan', tangent],
    ['atan', arctangent],
  ] as const)('%s is that of Math', (name, own) => {
    for (const x of numbers) expectNear(own(x), Math[name](x), 1e-15, `${x}`)
  })

  test('atan2 agrees with Math', () => {
    const few = [...numbers.slice(0, 200), ...numbers.slice(-80)]
    for (const y of few) for (const x of few) expectNear(angleOf(y, x), Math.atan2(y, x), 1e-15, `${y}, ${x}`)
  })
})

test('a power agrees with Math to 1e-15 times the magnitude of its logarithm', () => {
  const few = [...numbers.slice(0, 200), ...numbers.slice(-80), -3, -2, 2, 3, 7, 1e6 + 1, 2 ** 31 + 1]
  for (const base of few)
    for (const x of few) {
      const expected = base ** x
      const size = Math.abs(x * Math.log(Math.abs(base))) || 0
      expectNear(power(base, x), expected, 1e-15 * (1 + Math.min(size, 745)), `${base}, ${x}`, 2 ** -1022)
    }
})

test('turns agree with Math', () => {
  for (let step = -400; step <= 400; step++) {
    const t = step / 160
    expect(Math.abs(cosineOfTurns(t) - Math.cos(2 * Math.PI * t))).toBeLessThan(1e-14)
    expect(Math.abs(sineOfTurns(t) - Math.sin(2 * Math.PI * t))).toBeLessThan(1e-14)
  }
  expect([0, 0.5, 1].map(cosineOfHalfTurn)).toEqual([1, 0, -1])
})

test('nothing in the library calls a function that engines round differently', () => {
  const source = fileURLToPath(new URL('../src', import.meta.url))
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const uses = files.flatMap((file) =>
    readFileSync(join(source, file), 'utf8')
      .split('\n')
      .filter((line) =>
        /Math\.(a?(sin|cos|tan)h?|atan2|exp|expm1|log|log1p|log2|log10|pow|cbrt|hypot|random)\(/.test(line),
      )
      .map((line) => `${file}: ${line.trim()}`),
  )
  expect(uses).toEqual([])
})
