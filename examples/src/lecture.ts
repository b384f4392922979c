// The lecture's example: f = w·x + b, forward and backward, nudged, and the sigmoid as a chain of four operations.
import { constant, variable } from '@bp/core'

const w = variable(-2, { name: 'w' })
const x = variable(5, { name: 'x' })
const b = variable(3, { name: 'b' })
const g = w.mul(x)
const f = g.add(b)
f.backward()
console.log(`g = w·x = ${g.item()}, f = g + b = ${f.item()}`)
console.log(`∂f/∂w = ${w.grad.item()}, ∂f/∂x = ${x.grad.item()}, ∂f/∂b = ${b.grad.item()}`)

// What a derivative means: f is recomputed whenever it is read, so a changed variable takes effect at once.
for (const [name, moved] of Object.entries({ w, x, b })) {
  const before = f.item()
  const value = moved.item()
  moved.set(value + 1)
  console.log(`${name} + 1 changes f by ${f.item() - before}`)
  moved.set(value)
}

const z = variable(0)
const sigmoid = constant(1).div(z.neg().exp().add(1))
sigmoid.backward()
console.log(`σ(0) = ${sigmoid.item()}, σ′(0) = ${z.grad.item()}`)
z.set(-7)
sigmoid.backward()
console.log(`σ(−7) = ${sigmoid.item().toPrecision(6)}, σ′(−7) = ${z.grad.item().toPrecision(6)}`)
