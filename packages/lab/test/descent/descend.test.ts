// Paths down a cost, against closed forms, finite differences and core's own training.
import { compileStep, constant, mean, mul, square, sub, variable } from '@bp/core'
import { ExpressionError } from '@bp/expression'
import { describe, expect, it } from 'vitest'
import {
  accountOf,
  BowlError,
  bowlNames,
  compileBowl,
  descend,
  lecturePoints,
  longestPath,
  optimizerOf,
  presets,
  racer,
  rules,
  whole,
} from '../../src/index.js'

const lecture = compileBowl('mean((w*x - y)^2)', lecturePoints)
const sgd = [racer('sgd')]

describe('the lecture’s bowl', () => {
  // cost = mean((wx − y)²) with y = x: (w − 1)²·mean(x²), and mean(x²) = 14/3.
  it.each([-5, -1, 0, 0.5, 1, 3, 100])('at w = %s has the cost and slope of the closed form', (w) => {
    const { cost, slopes, hessian } = lecture.at([w])
    expect(cost).toBeCloseTo(((w - 1) ** 2 * 14) / 3, 8)
    expect(slopes[0]).toBeCloseTo((2 * (w - 1) * 14) / 3, 10)
    expect(hessian[0]).toBeCloseTo(28 / 3, 10)
  })

  it('is understood in the lecture’s own spelling, to the same bits', () => {
    const own = compileBowl('tf.reduce_mean((wx - y)²)', lecturePoints)
    expect(own.parameters).toEqual(['w'])
    expect(own.readings.map(({ to }) => to)).toEqual(['mean', 'w·x'])
    for (const w of [-5, -1, 0.3, 4]) expect(own.at([w])).toEqual(lecture.at([w]))
  })

  it('is known to be quadratic, with its lowest point and curvature', () => {
    expect(lecture.parameters).toEqual(['w'])
    expect(lecture.quadratic).toMatchObject({ lowest: [1], bottomless: false })
    expect(lecture.quadratic!.values[0]).toBeCloseTo(28 / 3, 10)
  })

  it.each([-5, -1, 0.5, 7])('from w = %s each step multiplies the distance by 1 − αλ', (start) => {
    const rate = 0.03
    const [path] = whole(descend(lecture, { start: [start], rate, racers: sgd }))
    const factor = 1 - rate * (28 / 3)
    for (const [index, step] of path!.steps.entries())
      expect(step.position[0]! - 1).toBeCloseTo((start - 1) * factor ** index, 9)
    expect(path!.end).toEqual({ kind: 'arrived', place: 'minimum' })
  })
})

describe('a path', () => {
  it.each(rules)('by %s is that of core’s training in float32, to 1e-6', (rule) => {
    const bowl = compileBowl('mean((w*x - y)^2)', lecturePoints)
    const start = -1
    const rate = 0.02
    const [path] = whole(descend(bowl, { start: [start], rate, racers: [racer(rule)] }))
    const w = variable(start, { name: 'w' })
    const [x, y] = [constant([1, 2, 3]), constant([1, 2, 3])]
    const step = compileStep({
      inputs: {},
      loss: mean(square(sub(mul(w, x), y))),
      optimizer: optimizerOf(racer(rule), rate),
    })
    for (let index = 1; index <= 20; index++) {
      step.run(1)
      expect(Math.abs(w.item() - path!.steps[index]!.position[0]!)).toBeLessThan(1e-6)
    }
  })

  it.each(bowlNames)('down %s has the slopes of finite differences', (name) => {
    const { cost, points, start, rate, racers = sgd } = presets[name]
    const bowl = compileBowl(cost, points)
    const [path] = whole(descend(bowl, { start, rate, racers }))
    for (const { position, cost, slopes } of path!.steps.slice(0, 10)) {
      expect(bowl.at(position)).toMatchObject({ cost, slopes })
      for (const [axis, slope] of slopes.entries()) {
        const h = 1e-5
        const [high, low] = [h, -h].map((by) => bowl.at(position.with(axis, position[axis]! + by)).cost)
        expect(Math.abs((high! - low!) / (2 * h) - slope)).toBeLessThan(1e-5 * Math.max(1, Math.abs(slope)))
      }
    }
  })

  it('is the same to the bit alone and in a race', () => {
    const { cost, points, start, rate } = presets.line
    const bowl = compileBowl(cost, points)
    const together = whole(descend(bowl, { start, rate, racers: rules.map(racer) }))
    for (const [index, rule] of rules.entries())
      expect(whole(descend(bowl, { start, rate, racers: [racer(rule)] }))[0]).toEqual(together[index])
  })

  it.each([
    ['w^2', [3], 0.1, { kind: 'arrived', place: 'minimum' }],
    ['w^2', [3], 1.2, { kind: 'flew', from: 0 }],
    ['w^2', [0], 0.1, { kind: 'arrived', place: 'minimum' }],
    ['-w^2', [0], 0.1, { kind: 'arrived', place: 'maximum' }],
    ['-w^2', [1], 0.1, { kind: 'bottomless', from: 0 }],
    ['-exp(w)', [0], 0.1, { kind: 'bottomless', from: 0 }],
    ['w', [0], 0.1, { kind: 'moving' }],
    ['x^2 - y^2', [1, 0], 0.1, { kind: 'arrived', place: 'saddle' }],
    ['x^2 - y^2', [1, 1e-9], 0.1, { kind: 'bottomless' }],
    ['x^2 + 0*y', [1, 2], 0.1, { kind: 'arrived', place: 'valley' }],
    ['1 - exp(-w^2)', [5], 0.1, { kind: 'arrived', place: 'flat' }],
    ['w^4 - 3*w^2 + w', [2], 0.02, { kind: 'arrived', place: 'minimum' }],
    ['log(w)', [0.5], 0.3, { kind: 'notFinite', text: 'log(w)' }],
    ['1/(w - w)', [0.5], 0.3, { kind: 'notFinite', text: '1/(w - w)', value: Infinity }],
  ] as const)('down %s from %s at rate %s ends: %o', (source, start, rate, end) => {
    const [path] = whole(descend(compileBowl(source), { start, rate, racers: sgd }))
    expect(path!.end).toMatchObject(end)
    expect(path!.steps.length).toBeLessThanOrEqual(longestPath + 1)
  })

  it('that flies out names the step from which it rose', () => {
    // Along x it goes down; across, the rate is above the bound of 2/40, and a tiny y grows by a fifth in each step.
    const bowl = compileBowl('x^2 + 20*y^2')
    const [path] = whole(descend(bowl, { start: [3, 1e-6], rate: 0.055, racers: sgd }))
    const { steps, end } = path!
    expect(end.kind).toBe('flew')
    const from = (end as { from: number }).from
    expect(from).toBeGreaterThan(0)
    for (let index = from; index + 1 < steps.length; index++)
      expect(steps[index + 1]!.cost).toBeGreaterThanOrEqual(steps[index]!.cost)
    expect(steps[from - 1]!.cost).toBeGreaterThan(steps[from]!.cost)
  })
})

describe('the account of a step', () => {
  const first = (
    source: string,
    start: readonly number[],
    rate: number,
    rule: Parameters<typeof racer>[0] = 'sgd',
    index = 1,
  ) => {
    const [path] = whole(descend(compileBowl(source), { start, rate, racers: [racer(rule)] }))
    return accountOf(path!, index, rate)
  }

  it.each([
    [0.1, { kind: 'approached', left: 0.8 }],
    [0.5, { kind: 'approached', left: 0 }],
    [0.75, { kind: 'overshot' }],
    [1, { kind: 'climbed' }],
    [1.25, { kind: 'climbed' }],
  ])('down w² from 2 at rate %s: %o', (rate, reason) => {
    const account = first('w^2', [2], rate)
    expect(account.reason.kind).toBe(reason.kind)
    if ('left' in reason) expect((account.reason as { left: number }).left).toBeCloseTo(reason.left, 12)
    expect(account.direction).toEqual([4])
    expect(account.curvature).toBeCloseTo(2, 12)
  })

  it('says that the slope grew where the cost bends downwards', () => {
    expect(first('1 - exp(-w^2)', [2], 0.1).reason.kind).toBe('steepened')
  })

  it('of momentum tells gathering from being carried uphill', () => {
    expect(first('w^2', [2], 0.1, 'momentum', 2).reason).toMatchObject({ kind: 'gathered' })
    const [path] = whole(descend(compileBowl('w^2'), { start: [2], rate: 0.1, racers: [racer('momentum')] }))
    const uphill = path!.steps.findIndex(({ position, slopes }, index) => {
      const next = path!.steps[index + 1]
      return next && slopes[0]! < 0 && next.position[0]! < position[0]!
    })
    expect(accountOf(path!, uphill + 1, 0.1).reason.kind).toBe('carried')
  })

  it.each(rules)('of %s: the move is the learning rate times the direction', (rule) => {
    const { from, to, direction } = first('x^2 + 3*y^2', [2, -1], 0.05, rule, 3)
    for (const [axis, value] of direction.entries())
      expect(from.position[axis]! - 0.05 * value).toBeCloseTo(to.position[axis]!, 12)
  })

  it('of Adam: the first move is as long as the learning rate, however steep it is', () => {
    for (const scale of [1e-3, 1, 1e3])
      expect((first(`${scale}*w^2`, [2], 0.1, 'adam').reason as { times: number }).times).toBeCloseTo(1, 4)
  })
})

describe('what is no cost of one or two parameters', () => {
  it.each([
    ['2 + 3', 'the cost has no parameter'],
    ['a*b*c', 'the cost has 3 parameters, a, b, c, expected one or two'],
    ['w*[1, 2]', 'the cost is an array of 2, expected one number'],
  ])('%s is refused: %s', (source, message) => {
    expect(() => compileBowl(source)).toThrow(BowlError)
    expect(() => compileBowl(source)).toThrow(message)
  })

  it('a text outside the language is refused with its place', () => {
    expect(() => compileBowl('w^')).toThrow(ExpressionError)
  })

  it('names with a value are no parameters', () => {
    expect(compileBowl('a = 3; a*(w - 1)^2').parameters).toEqual(['w'])
  })
})
