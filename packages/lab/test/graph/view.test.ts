// What is known at each position of a trace.
import { describe, expect, it } from 'vitest'
import { type Trace, viewAt } from '../../src/index.js'
import { traced } from './graphs.js'

const lecture = traced('f = w*x + b', { w: -2, x: 5, b: 3 })
const fanOut = traced('f = x*x + x', { x: 3 })

function known(trace: Trace, position: number, ids: readonly string[]): string {
  const { knownValues, derivatives } = viewAt(trace, position)
  return ids.map((id) => `${id}${knownValues.has(id) ? '' : '?'} ${derivatives.get(id) ?? '—'}`).join(', ')
}

describe('a view of a trace', () => {
  it('knows one thing more with each step, starting from the variables', () => {
    const seen = [0, ...lecture.steps.keys()].map((_, position) =>
      known(lecture, position, ['g', 'f', 'w', 'x', 'b']),
    )
    expect(seen).toEqual([
      'g? —, f? —, w —, x —, b —',
      'g —, f? —, w —, x —, b —',
      'g —, f —, w —, x —, b —',
      'g —, f 1, w —, x —, b —',
      'g 1, f 1, w —, x —, b —',
      'g 1, f 1, w —, x —, b 1',
      'g 1, f 1, w 5, x —, b 1',
      'g 1, f 1, w 5, x -2, b 1',
    ])
  })

  it('adds up the contributions of several uses', () => {
    const sums = fanOut.steps.map((_, index) => viewAt(fanOut, index + 1).derivatives.get('x') ?? null)
    expect(sums).toEqual([null, null, null, null, 1, 4, 7])
  })

  it.each([
    [-1, 0],
    [0, 0],
    [2.9, 2],
    [7, 7],
    [99, 7],
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, 7],
  ])('asked for position %s is at %s', (wanted, position) => {
    const view = viewAt(lecture, wanted)
    expect(view.position).toBe(position)
    expect(view.current).toBe(lecture.steps[position - 1] ?? null)
  })
})
