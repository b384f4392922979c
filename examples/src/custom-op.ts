// A custom operation: rounding with a straight-through gradient, and a gradient check by finite differences.
import { checkGradients, customGradient, variable } from '@bp/core'

// Rounding has zero derivative, which stops learning; this rule passes the upstream gradient through (Bengio et al. 2013).
const roundStraightThrough = customGradient(
  (x) => x.round(),
  ({ dy }) => [dy],
)
const x = variable([0.4, 1.6, -2.3])
const y = roundStraightThrough(x).square().sum()
y.backward()
console.log(`rounded: ${roundStraightThrough(x).data().join(', ')}`)
console.log(`derivative of the sum of squares: ${x.grad.data().join(', ')}`)

// A correct rule passes the check, a wrong one is caught.
const cube = (wrong: boolean) =>
  customGradient(
    (z) => z.pow(3),
    ({ inputs: [z], dy }) => [dy.mul(z!.square().mul(wrong ? 2 : 3))],
  )
const z = variable([0.5, -1.5, 2], { dtype: 'f64' })
for (const wrong of [false, true]) {
  const { ok } = checkGradients(cube(wrong)(z).sum(), [z])
  console.log(`derivative of z³ as ${wrong ? '2z²' : '3z²'}: ${ok ? 'correct' : 'wrong'}`)
}
