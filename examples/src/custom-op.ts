// An operation of one's own: rounding that lets derivatives through, and the check of a gradient by differences.
import { checkGradients, customGradient, variable } from '@bp/core'

// Rounding has derivative 0 everywhere, which stops learning; this rule passes on what arrives (Bengio et al. 2013).
const roundStraightThrough = customGradient(
  (x) => x.round(),
  ({ dy }) => [dy],
)
const x = variable([0.4, 1.6, -2.3])
const y = roundStraightThrough(x).square().sum()
y.backward()
console.log(`rounded: ${roundStraightThrough(x).data().join(', ')}`)
console.log(`derivative of the sum of squares: ${x.grad.data().join(', ')}`)

// A right rule passes the check, a wrong one is found.
const cube = (wrong: boolean) =>
  customGradient(
    (z) => z.pow(3),
    ({ inputs: [z], dy }) => [dy.mul(z!.square().mul(wrong ? 2 : 3))],
  )
const z = variable([0.5, -1.5, 2], { dtype: 'f64' })
for (const wrong of [false, true]) {
  const { ok } = checkGradients(cube(wrong)(z).sum(), [z])
  console.log(`3z² for the derivative of z³${wrong ? ', written as 2z²' : ''}: ${ok ? 'right' : 'wrong'}`)
}
