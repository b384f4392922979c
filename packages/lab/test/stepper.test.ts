// Walking through a trace: what is known where.
import { describe, expect, it } from 'vitest'
import { createStepper, type Stepper } from '../src/index.js'
import { traced } from './graphs.js'

const lecture = traced('f = w*x + b', { w: -2, x: 5, b: 3 })
const fanOut = traced('f = x*x + x', { x: 3 })

function known({ knownValues, derivativeAt }: Stepper, ids: readonly string[]) {
  return ids.map((id) => `${id}${knownValues.has(id) ? '' : '?'} ${derivativeAt(id) ?? '—'}`)
}

describe('a stepper', () => {
  it('begins with the variables alone, and no derivative at all', () => {
    const stepper = createStepper(lecture)
    expect([stepper.position, stepper.length, stepper.current()]).toEqual([0, 7, null])
    expect(known(stepper, ['w', 'x', 'b', 'g', 'f'])).toEqual(['w —', 'x —', 'b —', 'g? —', 'f? —'])
  })

  it('learns one thing with each step', () => {
    const stepper = createStepper(lecture)
    const seen = []
    while (stepper.next()) seen.push(known(stepper, ['g', 'f', 'w', 'x', 'b']).join(', '))
    expect(seen).toEqual([
      'g —, f? —, w —, x —, b —',
      'g —, f —, w —, x —, b —',
      'g —, f 1, w —, x —, b —',
      'g 1, f 1, w —, x —, b —',
      'g 1, f 1, w —, x —, b 1',
      'g 1, f 1, w 5, x —, b 1',
      'g 1, f 1, w 5, x -2, b 1',
    ])
    expect(stepper.position).toBe(stepper.length)
    expect(stepper.next()).toBeNull()
    expect(stepper.position).toBe(stepper.length)
    expect(stepper.current()).toBe(lecture.steps.at(-1))
  })

  it('adds up what several uses send', () => {
    const stepper = createStepper(fanOut)
    const sums = fanOut.steps.map(() => {
      stepper.next()
      return stepper.derivativeAt('x')
    })
    expect(sums).toEqual([null, null, null, null, 1, 4, 7])
  })

  it.each([
    ['the lecture', lecture],
    ['a fan-out', fanOut],
  ])('knows at each position of %s the same on the way back as on the way there', (_, trace) => {
    const ids = trace.nodes.map(({ id }) => id)
    const stepper = createStepper(trace)
    const there = [known(stepper, ids)]
    while (stepper.next()) there.push(known(stepper, ids))
    const back = [known(stepper, ids)]
    while (stepper.back()) back.push(known(stepper, ids))
    back.push(known(stepper, ids))
    // The last call of back goes to position 0, where no step is current.
    expect(back.slice(0, there.length)).toEqual([...there].reverse())
    expect(stepper.position).toBe(0)
    for (const position of [3, 0, 6, 1]) {
      stepper.go(position)
      expect(known(stepper, ids)).toEqual(there[position])
    }
  })

  it.each([
    [-1, 0],
    [0, 0],
    [2.9, 2],
    [99, 7],
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, 7],
  ])('asked for position %s goes to %s', (wanted, position) => {
    const stepper = createStepper(lecture)
    const step = stepper.go(wanted)
    expect(stepper.position).toBe(position)
    expect(step).toBe(lecture.steps[position - 1] ?? null)
    expect(stepper.current()).toBe(step)
  })
})
