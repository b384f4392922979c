// What a derivative means: how much the output changes.
import { ValueError } from '@bp/core'
import { describe, expect, it } from 'vitest'
import { checkDerivative, curve, nudge } from '../../src/index.js'
import { graphOf } from './graphs.js'

describe('a nudge of f = w*x + b at w = -2, x = 5, b = 3', () => {
  const graph = graphOf('f = w*x + b', { w: -2, x: 5, b: 3 })

  it.each([
    ['b', 1, 1],
    ['w', 1, 5],
    ['x', 1, -2],
    ['w', -0.5, -2.5],
    ['w', 0, 0],
  ])('of %s by %s moves f by %s, as predicted', (name, delta, change) => {
    expect(nudge(graph, name, delta)).toEqual({ before: -7, after: -7 + change, change, predicted: change })
    expect(graph.output.item()).toBe(-7)
  })

  it.each([
    ['q', 1, 'there is no variable q; the variables are w, x, b'],
    ['g', 1, 'there is no variable g'],
    ['constructor', 1, 'there is no variable constructor'],
    ['w', Number.NaN, 'delta must be a finite number, got NaN'],
  ])('of %s by %s is refused', (name, delta, message) => {
    expect(() => nudge(graph, name, delta)).toThrow(ValueError)
    expect(() => nudge(graph, name, delta)).toThrow(message)
  })
})

describe('a nudge', () => {
  it('of a curve differs from the prediction by the second-order term', () => {
    expect(nudge(graphOf('f = x^2', { x: 3 }), 'x', 0.5)).toEqual({
      before: 9,
      after: 12.25,
      change: 3.25,
      predicted: 3,
    })
  })

  it('of an array changes every element', () => {
    expect(nudge(graphOf('f = sum(x*[1, 2, 3])', { x: [1, 1, 1] }), 'x', 2)).toEqual({
      before: 6,
      after: 18,
      change: 12,
      predicted: 12,
    })
  })

  it('of a variable that the output does not depend on changes nothing', () => {
    expect(nudge(graphOf('a = 2; f = x', { x: 1 }), 'a', 1)).toMatchObject({ change: 0, predicted: 0 })
  })

  it('with an output of several numbers is refused', () => {
    expect(() => nudge(graphOf('y = [1, 2]*x', { x: 1 }), 'x', 1)).toThrow(
      'y is an array of 2, not a single number; take sum(y)',
    )
  })
})

describe('the check of a derivative', () => {
  it('finds the V: too large an h bends, too small an h rounds', () => {
    const { estimates, best, passes, derivative } = checkDerivative(graphOf('f = exp(x)*x', { x: 0.7 }), 'x')
    expect(derivative).toBeCloseTo(Math.exp(0.7) * 1.7, 12)
    expect(estimates.map(({ h }) => h)).toEqual([
      1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12,
    ])
    expect(estimates[0]!.error).toBeGreaterThan(best.error * 1e4)
    expect(estimates.at(-1)!.error).toBeGreaterThan(best.error * 1e4)
    expect(best.error).toBeLessThan(1e-9)
    expect(passes).toBe(true)
  })

  it('fails where the derivative is not that of the curve', () => {
    // At the kink of |x| there is none; the rule says 0, as does the central difference; from beside it, the slope shows.
    expect(checkDerivative(graphOf('f = max(x, 0)*1', { x: 0 }), 'x').derivative).toBe(0.5)
    expect(checkDerivative(graphOf('f = round(x*3) + x*0', { x: 0.5 }), 'x').passes).toBe(false)
  })

  it('of an array looks at the element with the largest derivative', () => {
    const check = checkDerivative(
      graphOf('f = sum(X*X)', {
        X: [
          [1, 2],
          [-7, 4],
        ],
      }),
      'X',
    )
    expect([check.element, check.derivative, check.passes]).toEqual([2, -14, true])
  })

  it('is of any single number in the graph', () => {
    expect(checkDerivative(graphOf('h = x*x; f = 3*h', { x: 2 }), 'x', 'h').derivative).toBe(4)
    expect(nudge(graphOf('h = x*x; f = 3*h', { x: 2 }), 'x', 1, 'h').change).toBe(5)
  })
})

describe('the curve around a value', () => {
  it('passes through the value and both ends', () => {
    const points = curve(graphOf('f = x^2 + b', { x: 1, b: 1 }), 'x', { low: -2, high: 2 })
    expect(points).toHaveLength(97)
    expect([points[0], points[48], points.at(-1)]).toEqual([
      { x: -2, y: 5 },
      { x: 0, y: 1 },
      { x: 2, y: 5 },
    ])
  })

  it('moves one element of an array', () => {
    const points = curve(graphOf('f = sum(X*X)', { X: [1, 2] }), 'X', {
      low: 0,
      high: 1,
      count: 2,
      element: 1,
    })
    expect(points).toEqual([
      { x: 0, y: 1 },
      { x: 1, y: 2 },
    ])
  })

  it.each([
    [{ low: 1, high: 1 }, 'low < high'],
    [{ low: 0, high: 1, count: 1 }, 'count must be an integer of at least 2'],
    [{ low: 0, high: 1, element: 3 }, 'x has 1 elements, none at 3'],
  ])('refuses %o', (options, message) => {
    expect(() => curve(graphOf('f = x', { x: 1 }), 'x', options)).toThrow(message)
  })
})
