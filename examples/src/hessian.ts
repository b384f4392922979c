// Second derivatives: the Hessian of Rosenbrock's function, and Newton's method with it.
import { evaluate, grad, hessian, type Tensor, variable } from '@bp/core'

/** (1 − x)² + 100·(y − x²)², a curved valley with its minimum, 0, at (1, 1). */
function rosenbrock(point: Tensor): Tensor {
  const x = point.slice({ begin: 0, size: 1 })
  const y = point.slice({ begin: 1, size: 1 })
  return x.sub(1).square().add(y.sub(x.square()).square().mul(100)).sum()
}

const point = variable([-1.2, 1], { dtype: 'f64' })
const gradient = grad(rosenbrock)(point)
const curvature = hessian(rosenbrock)(point)
console.log(`at (−1.2, 1): gradient ${format(gradient)}, Hessian ${format(curvature)}`)

for (let step = 1; step <= 6; step++) {
  const [[gx, gy], [a, b, c, d]] = evaluate([gradient, curvature]) as unknown as [number[], number[]]
  const determinant = a! * d! - b! * c!
  const [x, y] = point.values as Float64Array
  point.set([x! - (d! * gx! - b! * gy!) / determinant, y! - (a! * gy! - c! * gx!) / determinant])
  console.log(`Newton step ${step}: f = ${rosenbrock(point).item().toExponential(3)}`)
}

function format(tensor: Tensor): string {
  return `[${Array.from(tensor.data(), (value) => Number(value.toFixed(6))).join(', ')}]`
}
