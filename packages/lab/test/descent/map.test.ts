// Pictures of a cost: contours against closed forms, levels, frames, surfaces.
import { describe, expect, it } from 'vitest'
import {
  bottomNear,
  bowlNames,
  compileBowl,
  curveOf,
  frameOf,
  type Grid,
  gridOf,
  heightsOf,
  type Loop,
  lecturePoints,
  levelsOf,
  loopsBelow,
  patchesOf,
  presets,
  projection,
  square,
  whole,
} from '../../src/index.js'

const round = compileBowl('x^2 + y^2')
const grid = whole(
  gridOf(
    round,
    [
      [-2, 2],
      [-2, 2],
    ],
    81,
    81,
  ),
) // prettier-ignore

/** The region's area by the shoelace formula; positive where the region lies to the left. */
const areaOf = (loop: Loop) =>
  loop.reduce((total, [x, y], index) => {
    const [nextX, nextY] = loop[(index + 1) % loop.length]!
    return total + (x * nextY - nextX * y) / 2
  }, 0)

const placed = ({ ranges: [x, y], columns, rows }: Grid, [column, row]: Loop[number]) => [
  x[0] + ((x[1] - x[0]) * column) / (columns - 1),
  y[0] + ((y[1] - y[0]) * row) / (rows - 1),
]

describe('contours', () => {
  it.each([0.1, 1, 2.5])('of x² + y² at %s are a circle', (level) => {
    const loops = loopsBelow(grid, level)
    expect(loops).toHaveLength(1)
    for (const point of loops[0]!) {
      const [x, y] = placed(grid, point)
      expect(Math.abs(Math.sqrt(x! ** 2 + y! ** 2) - Math.sqrt(level))).toBeLessThan(0.002)
    }
    const cell = (4 / 80) ** 2
    expect(areaOf(loops[0]!) * cell).toBeCloseTo(Math.PI * level, 1)
  })

  it('that leave the map are closed along its border', () => {
    const [loop] = loopsBelow(grid, 1e9)
    expect(areaOf(loop!)).toBe(80 * 80)
  })

  it('of two hollows are two loops, and a hole turns the other way', () => {
    const two = whole(
      gridOf(
        compileBowl('(x^2 - 1)^2 + y^2'),
        [
          [-2, 2],
          [-2, 2],
        ],
        80,
        80,
      ),
    ) // prettier-ignore
    expect(loopsBelow(two, 0.5)).toHaveLength(2)
    const ring = whole(
      gridOf(
        compileBowl('(x^2 + y^2 - 2)^2'),
        [
          [-2, 2],
          [-2, 2],
        ],
        80,
        80,
      ),
    ) // prettier-ignore
    const signs = loopsBelow(ring, 1).map((loop) => Math.sign(areaOf(loop)))
    expect(signs.sort()).toEqual([-1, 1])
  })

  it('cover, at any level, the share of cells that is below it', () => {
    for (const name of ['line', 'valley', 'saddle', 'rosenbrock'] as const) {
      const { cost, points } = presets[name]
      const map = whole(
        gridOf(
          compileBowl(cost, points),
          [
            [-2, 2],
            [-2, 2],
          ],
          121,
          121,
        ),
      ) // prettier-ignore
      for (const level of levelsOf(map, 12)) {
        const area = loopsBelow(map, level).reduce((total, loop) => total + areaOf(loop), 0)
        const below = map.values.filter((value) => value < level).length
        expect(Math.abs(area / 120 ** 2 - below / 121 ** 2)).toBeLessThan(0.02)
      }
    }
  })

  it('do without values that are not finite', () => {
    const half = whole(
      gridOf(
        compileBowl('log(x) + y^2'),
        [
          [-2, 2],
          [-2, 2],
        ],
        41,
        41,
      ),
    ) // prettier-ignore
    for (const level of levelsOf(half, 8))
      for (const loop of loopsBelow(half, level)) expect(loop.flat().every(Number.isFinite)).toBe(true)
  })
})

describe('levels', () => {
  it.each(bowlNames.filter((name) => presets[name].start.length === 2))(
    'of %s fill the map: no band is more than a quarter of it',
    (name) => {
      const { cost, points, start, ranges } = presets[name]
      const bowl = compileBowl(cost, points)
      const [x, y] = ranges ?? frameOf(bowl, start)
      const map = whole(gridOf(bowl, square([x!, y!], 900, 600), 97, 65))
      const levels = levelsOf(map, 14)
      expect(levels.length).toBeGreaterThanOrEqual(10)
      expect(levels).toEqual([...levels].sort((a, b) => a - b))
      const bands = [...levels, Infinity].map((level) => map.values.filter((value) => value < level).length)
      const largest = Math.max(...bands.map((count, index) => count - (bands[index - 1] ?? 0)))
      expect(largest).toBeLessThan(map.values.length / 4)
    },
  )

  it('of a flat map there are none', () => {
    expect(
      levelsOf(
        whole(
          gridOf(
            compileBowl('0*x + 0*y'),
            [
              [0, 1],
              [0, 1],
            ],
            9,
            9,
          ),
        ),
        12,
      ),
    ).toEqual([]) // prettier-ignore
  })
})

describe('a frame', () => {
  it('holds bottom and start, and stands still while the start moves in it', () => {
    const bowl = compileBowl('mean((w*x + b - y)^2)', lecturePoints)
    const frame = frameOf(bowl, [0, 0])
    expect(frame).toEqual([
      [-2, 4],
      [-3, 3],
    ])
    expect(frameOf(bowl, [3.5, -2.2])).toEqual(frame)
    const [w] = frameOf(bowl, [-9, 0])
    expect(w![0]).toBeLessThan(-9)
    expect(w![1]).toBe(4)
  })

  it('has the same length per pixel on both axes', () => {
    const [x, y] = square(
      [
        [0, 1],
        [0, 1],
      ],
      900,
      600,
    ) // prettier-ignore
    expect((x[1] - x[0]) / 900).toBeCloseTo((y[1] - y[0]) / 600, 12)
    expect(y).toEqual([0, 1])
  })
})

describe('a curve', () => {
  it.each(['w^2', 'exp(w)', '1/w^2', 'log(w)', 'w', '3 + 0*w'])(
    'of %s has finite heights with the start in them',
    (source) => {
      const bowl = compileBowl(source)
      const { cost } = bowl.at([2])
      const { heights, lowest } = whole(curveOf(bowl, { axis: 0, position: [0] }, [-3, 3], cost, 200))
      expect(heights[0]).toBeLessThan(Math.min(cost, lowest.cost))
      expect(heights[1]).toBeGreaterThan(cost)
      expect(heights.every(Number.isFinite)).toBe(true)
    },
  )

  it.each([0, 1])('along parameter %i holds the other where the ball is', (axis) => {
    const bowl = compileBowl('(a - 1)^2 + 3*a*b + b^4')
    const ball = [0.5, -1.25]
    const { xs, costs } = whole(curveOf(bowl, { axis, position: ball }, [-2, 2], bowl.at(ball).cost, 41))
    for (const [index, x] of xs.entries()) expect(costs[index]).toBe(bowl.at(ball.with(axis, x)).cost)
    // Its slope at the ball is the derivative by that parameter.
    const h = 1e-5
    const around = [-h, h].map((away) => bowl.at(ball.with(axis, ball[axis]! + away)).cost)
    expect((around[1]! - around[0]!) / (2 * h)).toBeCloseTo(bowl.at(ball).slopes[axis]!, 6)
  })

  it.each([
    ['w^4 - 3*w^2 + w', [-1], -1.300839566],
    ['w^4 - 3*w^2 + w', [1.2], 1.130901123],
  ])('%s has a bottom near %s: %s', (source, from, bottom) => {
    expect(whole(bottomNear(compileBowl(source), from))![0]).toBeCloseTo(bottom, 8)
  })

  it('has no bottom where it only falls', () => {
    expect(whole(bottomNear(compileBowl('x - y'), [0, 0]))).toBeNull()
    expect(whole(bottomNear(compileBowl('(1 - x)^2 + 100*(y - x^2)^2'), [0.9, 0.8]))).toEqual([1, 1])
  })
})

describe('a surface', () => {
  it('is painted from far to near and stays in its picture', () => {
    for (const turn of [0, 0.6, 2, -2.5]) {
      const project = projection({ turn, tilt: 0.6 })
      const patches = patchesOf(
        whole(
          gridOf(
            round,
            [
              [-2, 2],
              [-2, 2],
            ],
            25,
            25,
          ),
        ),
        heightsOf(grid),
        project,
      ) // prettier-ignore
      expect(patches).toHaveLength(24 * 24)
      for (const { corners, height, light } of patches) {
        expect(height >= 0 && height <= 1 && light >= 0 && light <= 1).toBe(true)
        for (const [x, y] of corners) expect(Math.abs(x) <= 1 && Math.abs(y) <= 1).toBe(true)
      }
    }
  })

  it('is linear for a bowl, and logarithmic where the walls dwarf the valley', () => {
    expect(heightsOf(grid).logarithmic).toBe(false)
    expect(heightsOf(grid).of(4)).toBeCloseTo(0.5, 12)
    const { cost } = presets.rosenbrock
    const steep = heightsOf(
      whole(
        gridOf(
          compileBowl(cost),
          [
            [-2, 2],
            [-2, 3],
          ],
          60,
          60,
        ),
      ),
    ) // prettier-ignore
    expect(steep.logarithmic).toBe(true)
  })
})
