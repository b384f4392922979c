// What a derivative means: how much the output changes.
import { ValueError } from '@bp/core'
import { describe, expect, it } from 'vitest'
import { nudge } from '../../src/index.js'
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
