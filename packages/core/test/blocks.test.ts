// Chains of elementwise instructions, run block by block, against the same operations one at a time.
import { expect, test } from 'vitest'
import { plan } from '../src/compile/plan.js'
import { topological } from '../src/graph/traverse.js'
import { compile, constant, evaluate, gelu, gradients, input, type Tensor, where } from '../src/index.js'
import { draw, generator } from './sampling.js'

/** The value of a tensor with every operation computed by itself, from the values of its inputs. */
function oneByOne(y: Tensor, given: ReadonlyMap<Tensor, Float32Array>): Float32Array {
  const values = new Map(given)
  for (const tensor of topological([y])) {
    if (values.has(tensor) || tensor.dtype === null) continue
    values.set(tensor, evaluate([tensor], values)[0] as Float32Array)
  }
  return values.get(y)!
}

const sizes = [8191, 8192, 8193, 10_240, 12_287, 100_003]

test.each(sizes)('a chain over %i elements has the bits of its operations run one at a time', (size) => {
  const x = input([size], { name: 'x' })
  const w = input([size], { name: 'w' })
  const scale = input([], { name: 'scale' })
  const h = x.mul(scale).add(w).tanh()
  const y = where(h.greaterEqual(0), h.mul(h), constant(0.5).sub(h)).sigmoid().div(w.square().add(1))
  const next = generator(size)
  const values = new Map<Tensor, Float32Array>(
    [x, w].map((tensor) => [tensor, Float32Array.from(draw({ low: -2, high: 2 }, size, next))]),
  )
  values.set(scale, Float32Array.of(1.25))
  const outputs = { y, h, gradient: gradients(y.sum(), [x])[0]! }
  const run = compile({ inputs: { x, w, scale }, outputs })
  const given = { x: values.get(x)!, w: values.get(w)!, scale: 1.25 }
  const found = run(given)
  for (const name of ['y', 'h', 'gradient'] as const)
    expect(found[name], name).toEqual(oneByOne(outputs[name], values))
  expect(run(given), 'the second time').toEqual(found)
})

test.each([{ approximate: 'none' }, { approximate: 'tanh' }] as const)(
  'gelu that saves its derivative for the backward pass has the bits of its operations run one at a time: %o',
  (attributes) => {
    for (const size of [1, 7, 100, 8193]) {
      const x = input([size], { name: 'x' })
      const w = input([size], { name: 'w' })
      const y = gelu(x.mul(w), attributes)
      const outputs = { y, dx: gradients(y.mul(w).sum(), [x])[0]! }
      const { instructions } = plan(Object.values(outputs))
      const opcodes = instructions.flatMap(({ opcode, body = [] }) => [
        opcode,
        ...body.map((one) => one.opcode),
      ])
      expect(opcodes.join()).toMatch(/Gelu(Tanh)?WithDerivative/)
      expect(opcodes.join()).not.toContain('Grad')
      const next = generator(size)
      const values = new Map<Tensor, Float32Array>(
        [x, w].map((tensor) => [tensor, Float32Array.from(draw({ low: -4, high: 4 }, size, next))]),
      )
      const found = compile({ inputs: { x, w }, outputs })({ x: values.get(x)!, w: values.get(w)! })
      for (const name of ['y', 'dx'] as const)
        expect(found[name], name).toEqual(oneByOne(outputs[name], values))
    }
  },
)
