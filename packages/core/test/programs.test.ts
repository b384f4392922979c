// Compiled programs against immediate evaluation and float64, on programs drawn at random from the op table. `npm run
// check:programs` tries 10,000 of them.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evaluateReference } from '../src/graph/reference.js'
import { sizeOf } from '../src/graph/shape.js'
import { compile, evaluate, type Input, input, jvp, type Tensor, vjp } from '../src/index.js'
import { type Choice, derivatives, describeProgram, grow, tolerances } from './programs.js'
import { generator } from './sampling.js'
import { table } from './trials.js'

const numRuns = Number(process.env.BP_PROGRAMS ?? 200)
const seed = Number(process.env.BP_SEED ?? 20261124)
const minutes = 60_000 * Math.max(1, numRuns / 100)

const choices: fc.Arbitrary<Choice[]> = fc.array(
  fc.record({
    op: fc.nat(table.length - 1),
    example: fc.nat(999),
    inputs: fc.array(fc.nat(99), { minLength: 1, maxLength: 5 }),
  }),
  { minLength: 2, maxLength: 10 },
)
const program = fc.record({ choices, seed: fc.nat(2 ** 30) })

const used = new Set<string>()

test(
  `compiled, evaluated at once and float64 agree on values and gradients of ${numRuns} random programs`,
  () => {
    fc.assert(
      fc.property(program, ({ choices, seed }) => {
        const values = new Map<Tensor, Float64Array>()
        const grown = grow(choices, seed, (numbers, shape, index) => {
          const leaf = input(shape, { name: `x${index}` })
          values.set(leaf, numbers)
          return leaf
        })
        for (const { op } of grown.results) used.add(op!.name)
        const outputs = [grown.total, ...grown.results, ...derivatives(grown)]
        const truth = evaluateReference(outputs, values)
        const now = evaluate(outputs, values)
        const leaves = grown.leaves as Input[]
        const run = compile({
          inputs: Object.fromEntries(leaves.map((leaf) => [leaf.name, leaf])),
          outputs: Object.fromEntries(outputs.entries()),
        })
        const compiled = run(Object.fromEntries(leaves.map((leaf) => [leaf.name, values.get(leaf)!])))
        const allowed = tolerances(outputs, values, truth)
        for (const [index, output] of outputs.entries()) {
          const name = `output ${index}, ${output.op?.name}\n${describeProgram(grown)}\n`
          // Bit for bit: both run the same instructions.
          expect(Float32Array.from(compiled[index]!), name).toEqual(Float32Array.from(now[index]!))
          for (const [element, value] of now[index]!.entries()) {
            const expected = truth.get(output)![element]!
            if (Object.is(value, expected) || value === expected) continue
            const distance = Math.abs(value - expected)
            if (!(distance <= allowed[index]![element]!))
              throw new Error(
                `${name}element ${element}: ${value}, in float64 ${expected}; ${distance} apart, ${allowed[index]![element]} allowed`,
              )
          }
        }
      }),
      { numRuns, seed },
    )
  },
  minutes,
)

test('the programs make use of every operation', () => {
  expect(table.map(({ name }) => name).filter((name) => !used.has(name))).toEqual([])
})

test(
  'on random programs, dy · (J · dx) is (dyᵀ · J) · dx',
  () => {
    fc.assert(
      fc.property(program, ({ choices, seed }) => {
        const numbers: Float64Array[] = []
        const { leaves } = grow(choices, seed, (values, shape) => {
          numbers.push(values)
          return input(shape)
        })
        const next = generator(seed + 1)
        const random = (shape: readonly number[]) =>
          Float64Array.from({ length: sizeOf(shape) }, () => next() * 2 - 1)
        const point = leaves.map(({ shape }) => input(shape, { dtype: 'f64' }))
        const direction = leaves.map(({ shape }) => input(shape, { dtype: 'f64' }))
        const f = (xs: Tensor[]) => {
          const { results, total } = grow(choices, seed, (_, __, index) => xs[index]!)
          return results.findLast(({ size }) => size > 0) ?? total
        }
        const { value, tangent } = jvp(f, point, direction)
        const dy = input(value.shape, { dtype: 'f64' })
        const { pullback } = vjp(f, point)
        const back = pullback(dy)
        const given = new Map<Tensor, Float64Array>([[dy, random(dy.shape)]])
        for (const [index, x] of point.entries()) given.set(x, numbers[index]!)
        for (const dx of direction) given.set(dx, random(dx.shape))
        const computed = evaluateReference([tangent, ...back], given)
        const forward = products(given.get(dy)!, computed.get(tangent)!)
        const reverse = direction.flatMap((dx, index) =>
          products(given.get(dx)!, computed.get(back[index]!)!),
        )
        const sum = (terms: number[]) => terms.reduce((total, term) => total + term, 0)
        const scale = sum([...forward, ...reverse].map(Math.abs))
        expect(Math.abs(sum(forward) - sum(reverse))).toBeLessThanOrEqual(1e-10 * scale + 1e-11)
      }),
      { numRuns, seed },
    )
  },
  minutes,
)

const products = (a: Float64Array, b: Float64Array): number[] =>
  Array.from(a, (value, index) => value * b[index]!)
