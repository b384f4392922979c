// The plain loops of the suite `ops`: present for every operation, with the same results.
import { expect, test } from 'vitest'
import { allOps, openContest, opSizes } from '../src/ops.js'
import { plainCases, randomOps, withoutLoop } from '../src/plain-loops.js'

test('every operation in the table has a plain loop, or a reason why not', () => {
  const without = allOps.filter(
    ({ name, definition: { inputs } }) => plainCases(name, inputs, opSizes[0]).length === 0,
  )
  expect(without.map(({ name }) => name).sort()).toEqual(Object.keys(withoutLoop).sort())
})

const cases = allOps.flatMap((op) =>
  plainCases(op.name, op.definition.inputs, opSizes[0]).map((plain) => ({ op, name: op.name, plain })),
)

test.each(cases.filter(({ name }) => !randomOps.includes(name)))(
  'plain loops for $name give the same result: $plain.shapes $plain.attributes',
  ({ op, plain }) => {
    const contest = openContest(op, plain)
    // Twice, to detect accumulation into an earlier result.
    contest.plain(2)
    const found = contest.plainResult
    const reference = contest.result()
    const worst = reference.reduce(
      (most, value, at) => Math.max(most, Math.abs(value - found[at]!) / (1 + Math.abs(value))),
      0,
    )
    expect(worst).toBeLessThan(1e-4)
  },
)

test.each(cases.filter(({ name }) => randomOps.includes(name)))(
  'plain loops for $name draw from the same distribution',
  ({ op, plain }) => {
    const contest = openContest(op, plain)
    contest.plain(1)
    const [ours, loops] = [contest.result(), contest.plainResult].map((values) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length }
    })
    const error = Math.sqrt((ours!.variance + loops!.variance) / contest.plainResult.length)
    expect(Math.abs(ours!.mean - loops!.mean)).toBeLessThan(6 * error)
    expect(loops!.variance / ours!.variance).toBeGreaterThan(0.4)
    expect(loops!.variance / ours!.variance).toBeLessThan(2.5)
  },
)
