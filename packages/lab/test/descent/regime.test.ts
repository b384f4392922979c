// Regimes of the learning rate, and kinds of places, against what paths do.
import { describe, expect, it } from 'vitest'
import {
  compileBowl,
  curvatureOf,
  descend,
  lowestOf,
  type Rule,
  racer,
  regimeAt,
  regimes,
  stationary,
  steepestOf,
  whole,
} from '../../src/index.js'

describe('the regimes of plain descent', () => {
  it('end at a tenth of 1/λ, at 1/λ and at 2/λ', () => {
    const { creeps, straight, zigzags } = regimes(racer('sgd'), 4)!
    expect(creeps).toBeCloseTo(0.025, 12)
    expect([straight, zigzags]).toEqual([0.25, 0.5])
  })

  it('are not claimed where the cost does not bend upwards, nor for rules that scale the slope', () => {
    for (const lambda of [0, -1, Number.NaN, Infinity]) expect(regimes(racer('sgd'), lambda)).toBeNull()
    expect(regimes(racer('adam'), 4)).toBeNull()
    expect(regimes(racer('rmsProp'), 4)).toBeNull()
  })
})

describe('a regime is what the path does', () => {
  const lambda = 2
  const bowl = compileBowl('w^2')
  const rules: readonly (readonly [Rule, number[]])[] = [
    ['sgd', []],
    ['momentum', [0.2]],
    ['momentum', [0.9]],
    ['nesterov', [0.2]],
    ['nesterov', [0.9]],
  ]
  it.each(
    rules.flatMap(([rule, settings]) =>
      [0.003, 0.02, 0.08, 0.2, 0.45, 0.55, 0.8, 0.99, 1.01, 1.3, 2.5].map(
        (rate) => [rule, settings, rate] as const,
      ),
    ),
  )('%s %o at rate %s', (rule, settings, rate) => {
    const own = { rule, settings }
    const [path] = whole(descend(bowl, { start: [1], rate, racers: [own] }))
    const ws = path!.steps.map(({ position }) => position[0]!)
    const crossed = ws.some((w) => w < -1e-5)
    const regime = regimeAt(regimes(own, lambda)!, rate)
    if (regime === 'flies') expect(path!.end).toEqual({ kind: 'flew', from: expect.any(Number) })
    else {
      expect(path!.end.kind === 'flew').toBe(false)
      expect(crossed).toBe(regime === 'zigzags')
      // A ball that is going straight in has nine tenths of the way behind it after 22 steps; a creeping one does not.
      if (rule === 'sgd' && regime !== 'zigzags')
        expect((ws[22] ?? 0) > 0.1).toBe(regime === 'creeps' && rate < 0.049)
    }
  })
})

describe('curvature', () => {
  it.each([
    [[3], [3]],
    [
      [2, 0, 0, 5],
      [2, 5],
    ],
    [
      [5, 0, 0, 2],
      [2, 5],
    ],
    [
      [0, 1, 1, 0],
      [-1, 1],
    ],
    [
      [-3, 0, 0, -1],
      [-3, -1],
    ],
    [
      [28 / 3, 4, 4, 2],
      [0.240393, 11.09294],
    ],
    [
      [0, 0, 0, 0],
      [0, 0],
    ],
    [
      [1, 1, 1, 1],
      [0, 2],
    ],
    [
      [1, -1e-9, -1e-9, 1e-12],
      [1e-12 - 1e-18, 1],
    ],
  ])('of %o is %o, with directions that the matrix only stretches', (hessian, values) => {
    const curvature = curvatureOf(hessian)
    for (const [index, value] of values.entries()) expect(curvature.values[index]).toBeCloseTo(value, 4)
    const count = Math.sqrt(hessian.length)
    for (const [index, direction] of curvature.directions.entries()) {
      expect(direction.reduce((total, part) => total + part * part, 0)).toBeCloseTo(1, 12)
      for (let row = 0; row < count; row++) {
        const stretched = direction.reduce(
          (total, part, column) => total + hessian[row * count + column]! * part,
          0,
        )
        expect(stretched).toBeCloseTo(curvature.values[index]! * direction[row]!, 9)
      }
    }
  })

  it.each([
    [[2], 'minimum'],
    [[-2], 'maximum'],
    [[0], 'flat'],
    [[2, 0, 0, 3], 'minimum'],
    [[2, 0, 0, -3], 'saddle'],
    [[-2, 0, 0, -3], 'maximum'],
    [[2, 0, 0, 0], 'valley'],
    [[0, 0, 0, 0], 'flat'],
  ] as const)('%o makes a place with slope 0 a %s', (hessian, kind) => {
    expect(stationary(curvatureOf(hessian))).toBe(kind)
  })
})

describe('a quadratic cost', () => {
  it.each([
    ['x^2 + y^2', { lowest: [0, 0], bottomless: false }],
    ['(x - 2)^2 + x*y/2 + y^2', { bottomless: false }],
    ['x^2 - y^2', { lowest: null, bottomless: true }],
    ['x + y', { lowest: null, bottomless: true }],
    ['x^2 + y', { lowest: null, bottomless: true }],
    ['x^2 + 0*y', { lowest: null, bottomless: false }],
    ['-w^2', { lowest: null, bottomless: true }],
  ])('%s: %o', (source, known) => {
    expect(compileBowl(source).quadratic).toMatchObject(known)
  })

  it.each(['w^4', 'exp(w)', 'sin(w)', 'abs(w)^3', '1 - exp(-w^2)', 'relu(w)^2', 'x^2*y', 'log(w)'])(
    '%s is none',
    (source) => {
      expect(compileBowl(source).quadratic).toBeNull()
    },
  )
})

describe('the lowest point', () => {
  it.each([
    ['mean((w*x - 3)^2); x = 2', [1.5], true],
    ['w^4 - 3*w^2 + w', [-1.300839566], false],
    ['(1 - x)^2 + 100*(y - x^2)^2', [1, 1], false],
    ['1 - exp(-w^2)', [0], false],
  ] as const)('of %s is %o', (source, position, proved) => {
    const lowest = whole(lowestOf(compileBowl(source)))!
    for (const [axis, value] of position.entries()) expect(lowest.position[axis]).toBeCloseTo(value, 8)
    expect(lowest.proved).toBe(proved)
  })

  it.each(['-w^2', 'w', 'exp(w)', 'x^2 - y^2', 'x^2 + 0*y', '1/(w - w)'])('of %s there is none', (source) => {
    expect(whole(lowestOf(compileBowl(source)))).toBeNull()
  })

  it('is where the curvature is taken that a rate is judged by', () => {
    const round = compileBowl('x^2 + 3*y^2')
    expect(steepestOf(round, whole(lowestOf(round)), [5, 5])).toEqual({ value: 6, where: 'everywhere' })
    const hollow = compileBowl('1 - exp(-w^2)')
    expect(steepestOf(hollow, whole(lowestOf(hollow)), [2])).toEqual({ value: 2, where: 'bottom' })
    const rising = compileBowl('exp(w)')
    expect(steepestOf(rising, whole(lowestOf(rising)), [0])).toEqual({ value: 1, where: 'start' })
    const falling = compileBowl('-w^2')
    expect(steepestOf(falling, whole(lowestOf(falling)), [0])).toBeNull()
  })
})
