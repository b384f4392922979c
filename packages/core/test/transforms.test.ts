// Function transforms, checked against closed forms, finite differences and each other.
import { describe, expect, test } from 'vitest'
import { plan } from '../src/compile/plan.js'
import { Program } from '../src/compile/program.js'
import type { Tensor } from '../src/index.js'
import * as bp from '../src/index.js'
import { draw, generator } from './sampling.js'

const { constant, variable, grad, hessian, hvp, jacobian, jvp, valueAndGrad, vjp } = bp

const numbers = (size: number, seed: number) => draw({ low: -2, high: 2 }, size, generator(seed))
const f64 = <const V extends bp.Values>(values: V) => constant(values, { dtype: 'f64' })
const matrix = (rows: number, columns: number, seed: number) =>
  constant(numbers(rows * columns, seed), { shape: [rows, columns], dtype: 'f64' })

function expectClose(found: Tensor, expected: bp.TensorLike, tolerance = 1e-12) {
  const truth = constant(0, { dtype: found.dtype ?? 'f32' }).add(expected)
  expect(found.shape).toEqual(truth.shape)
  const worst = found.sub(truth).abs().data()
  expect(Math.max(0, ...worst)).toBeLessThanOrEqual(tolerance)
}

/** Rosenbrock's function of two numbers, 100·(y − x²)² + (1 − x)². */
const rosenbrock = (p: Tensor) => {
  const x = p.mul([1, 0]).sum()
  const y = p.mul([0, 1]).sum()
  return y.sub(x.square()).square().mul(100).add(constant(1).sub(x).square())
}

describe('grad', () => {
  test('returns a tensor for a tensor, and can be applied again', () => {
    expect(grad((x) => x.mul(x).mul(x))(2).item()).toBe(12)
    expect(grad(grad((x) => x.mul(x).mul(x)))(2).item()).toBe(12)
    expect(grad(grad(grad((x) => x.mul(x).mul(x))))(2).item()).toBe(6)
  })

  test('returns a structure for a structure, and passes other arguments through', () => {
    type Parameters = { layers: { w: Tensor; b: Tensor }[]; scale: Tensor }
    const f = ({ layers, scale }: Parameters, x: Tensor, power: number) => {
      let y = x
      for (const { w, b } of layers) y = y.mul(w).add(b)
      for (let i = 0; i < power; i++) y = y.mul(scale)
      return y.sum()
    }
    const at = {
      layers: [
        { w: [2, 3], b: 1 },
        { w: constant([4, 5]), b: 0 },
      ],
      scale: 2,
    }
    const { value, gradient } = valueAndGrad(f)(at, constant([1, 10]), 2)
    // y = ((x·w₀ + b₀)·w₁ + b₁)·s², with sums over both elements
    expect(value.item()).toBe((3 * 4 + 31 * 5) * 4)
    expect(gradient.layers.map(({ w, b }) => [w.toArray(), b.toArray()])).toEqual([
      [[16, 200], 36],
      [[12, 124], 8],
    ])
    expect(gradient.scale.item()).toBe(2 * 2 * (3 * 4 + 31 * 5))
  })

  test('a tensor that is passed twice, or captured too, counts only as that argument', () => {
    const x = variable(3)
    const product = ([a, b]: [Tensor, Tensor]) => a.mul(b)
    expect(grad(product)([x, x]).map((dx) => dx.item())).toEqual([3, 3])
    expect(grad((y) => x.mul(y))(x).item()).toBe(3)
    // d/dx (x · d/dy (x + y)) = 1, not 2
    expect(grad((x) => x.mul(grad((y) => x.add(y))(x)))(5).item()).toBe(1)
  })

  test('of a value that does not depend on the argument is 0 in its shape', () => {
    expect(grad(() => constant(1))([1, 2, 3]).toArray()).toEqual([0, 0, 0])
  })

  test('compiles', () => {
    const x = bp.input([3])
    const f = bp.compile({ inputs: { x }, outputs: { dx: grad((x) => x.square().sum())(x) } })
    expect([...f({ x: [1, 2, 3] }).dx]).toEqual([2, 4, 6])
  })
})

describe('products with the Jacobian', () => {
  const a = matrix(3, 2, 1)
  const f = (x: Tensor) => a.matmul(x.reshape([2, 1])).tanh()

  test('are the closed form: J = diag(1 − tanh²) · A', () => {
    const x = f64(numbers(2, 2))
    const slope = constant(1).sub(f(x).square())
    const truth = a.mul(slope)
    expectClose(jacobian(f)(x).reshape([3, 2]), truth)
    const dy = constant(numbers(3, 3), { shape: [3, 1] })
    expectClose(vjp(f, x).pullback(dy), truth.transpose().matmul(dy).reshape([2]))
    const dx = f64(numbers(2, 4))
    const { value, tangent } = jvp(f, x, dx)
    expectClose(value, f(x), 0)
    expectClose(tangent, truth.matmul(dx.reshape([2, 1])))
  })

  test('can be differentiated, in every mixture', () => {
    const third = (x: Tensor) => x.square().mul(x)
    const slope = (x: Tensor) => jvp(third, x, 1).tangent
    expect(jvp(slope, 2, 1).tangent.item()).toBe(12)
    expect(grad(slope)(2).item()).toBe(12)
    expect(jvp(grad(third), 2, 1).tangent.item()).toBe(12)
    expect(grad((x) => jacobian((x) => x.square())(x).sum())([1, 2]).toArray()).toEqual([2, 2])
    const report = bp.checkGradients((x: Tensor) => jacobian(f)(x), [0.3, -0.4])
    expect(report.ok, String(report)).toBe(true)
  })

  test('jacobian is the same by rows and by columns', () => {
    const wide = matrix(2, 5, 5)
    const tall = matrix(5, 2, 6)
    expectClose(jacobian((x) => wide.matmul(x.reshape([5, 1])).reshape([2]))(numbers(5, 7)), wide)
    expectClose(jacobian((x) => tall.matmul(x.reshape([2, 1])).reshape([5]))(numbers(2, 8)), tall)
  })

  test('jacobians of empty tensors and of scalars have the right shapes', () => {
    expect(jacobian((x) => x.mul(2))(constant([])).shape).toEqual([0, 0])
    expect(jacobian((x) => x.mul(2))(constant([], { shape: [0, 2] })).shape).toEqual([0, 2, 0, 2])
    expect(jacobian((x) => x.sum())([1, 2]).toArray()).toEqual([1, 1])
    expect(jacobian(({ a, b }: { a: Tensor; b: Tensor }) => a.mul(b))({ a: [1, 2], b: 3 })).toMatchObject({
      a: { shape: [2, 2] },
      b: { shape: [2] },
    })
  })
})

describe('second derivatives', () => {
  test('the Hessian of xᵀ·A·x is A + Aᵀ', () => {
    const a = matrix(4, 4, 9)
    const f = (x: Tensor) => x.mul(a.matmul(x.reshape([4, 1])).reshape([4])).sum()
    const x = f64(numbers(4, 10))
    const truth = a.add(a.transpose())
    expectClose(hessian(f)(x), truth)
    const v = numbers(4, 11)
    expectClose(hvp(f, x, v), truth.matmul(constant(v, { shape: [4, 1] })).reshape([4]))
  })

  test("of Rosenbrock's function are its closed form", () => {
    const [x, y] = [-1.2, 1]
    const point = f64([x, y])
    expectClose(grad(rosenbrock)(point), [-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)], 1e-10)
    const truth = [
      [1200 * x * x - 400 * y + 2, -400 * x],
      [-400 * x, 200],
    ]
    expectClose(hessian(rosenbrock)(point), truth, 1e-10)
    expect(grad(rosenbrock)([1, 1]).toArray()).toEqual([0, 0])
  })

  test('the Hessian of a structure has a block for each pair', () => {
    const f = ({ a, b }: { a: Tensor; b: Tensor }) => a.square().sum().mul(b)
    const h = hessian(f)({ a: [1, 2], b: 3 })
    expect([h.a.a, h.a.b, h.b.a, h.b.b].map((block) => block.toArray())).toEqual([
      [
        [6, 0],
        [0, 6],
      ],
      [2, 4],
      [2, 4],
      0,
    ])
  })

  test('a Hessian compiles and is what it was', () => {
    const x = bp.input([2], { dtype: 'f64' })
    const f = bp.compile({ inputs: { x }, outputs: { h: hessian(rosenbrock)(x) } })
    const compiled = constant(f({ x: [-1.2, 1] }).h, { shape: [2, 2], dtype: 'f64' })
    expectClose(compiled, hessian(rosenbrock)(f64([-1.2, 1])))
  })
})

describe('customGradient', () => {
  test('replaces the rule and leaves the value', () => {
    const reversed = bp.customGradient(
      (x) => x.square(),
      ({ dy }) => [dy.neg()],
    )
    const x = variable([1, 2])
    expect(reversed(x).toArray()).toEqual([1, 4])
    expect(grad((x) => reversed(x).sum())(x).toArray()).toEqual([-1, -1])
    // In an f32 program too, where the rule's node computes nothing.
    const compiled = bp.compile({ inputs: {}, outputs: { dx: bp.gradients(reversed(x).sum(), [x])[0]! } })
    expect([...compiled({}).dx]).toEqual([-1, -1])
  })

  test('a correct rule passes the check, first and second order, and works in forward mode', () => {
    // ln(1 + eˣ), whose rule is the closed form σ(x)
    const stable = bp.customGradient(
      (x) => x.exp().add(1).log(),
      ({ inputs: [x], dy }) => [dy.mul(x!.sigmoid())],
    )
    for (const order of [1, 2] as const) {
      const report = bp.checkGradients((x: Tensor) => stable(x), [-2, 0.5, 3], { order })
      expect(report.ok, String(report)).toBe(true)
    }
    expectClose(jvp(stable, 0, 1).tangent, 0.5)
  })

  test('passes no derivative to an input with null, nor to captured tensors', () => {
    const w = variable(5)
    const f = bp.customGradient(
      (a, b) => a.mul(b).mul(w),
      ({ dy }) => [dy, null],
    )
    const [a, b] = [variable(2), variable(3)]
    expect(bp.gradients(f(a, b), [a, b, w]).map((dx) => dx.item())).toEqual([1, 0, 0])
  })
})

describe('remat', () => {
  const width = 16
  const block = (w: Tensor) => (x: Tensor) => {
    let y = x
    for (let i = 0; i < 6; i++) y = y.matmul(w).tanh()
    return y
  }
  const build = (wrap: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor) => {
    const x = constant(numbers(64 * width, 1), { shape: [64, width] })
    const weights = Array.from({ length: 8 }, (_, i) =>
      variable(
        numbers(width * width, i + 2).map((value) => value / 4),
        { shape: [width, width] },
      ),
    )
    let y: Tensor = x
    for (const w of weights) y = wrap(block(w))(y)
    const loss = y.square().mean()
    const outputs = [loss, ...bp.gradients(loss, weights)]
    const { instructions, outputs: kept, leaves } = plan(outputs)
    const { bytes } = new Program({ instructions, placed: new Map(), leaves, kept })
    return { bits: bp.evaluate(outputs), bytes }
  }

  test('takes less memory and gives the same bits, parameters used from outside among them', () => {
    const plain = build((f) => f)
    const saved = build((f) => bp.remat(f))
    expect(saved.bits).toEqual(plain.bits)
    expect(saved.bytes).toBeLessThan(plain.bytes / 2)
  })

  test('is differentiated twice, and forward', () => {
    const w = variable(0.7)
    const f = bp.remat((x) => x.mul(w).tanh().square())
    for (const order of [1, 2] as const) {
      const y = variable([0.4, -1])
      const report = bp.checkGradients(f(y), [y, w], { order })
      expect(report.ok, String(report)).toBe(true)
    }
    const plain = (x: Tensor) => x.mul(w).tanh().square()
    expectClose(jvp(f, 0.4, 1).tangent, jvp(plain, 0.4, 1).tangent, 1e-7)
  })
})

describe('checkGradients', () => {
  test('finds a wrong derivative, passes correct ones, and reports which', () => {
    const x = variable([[1, 2, 3]], { name: 'x' })
    expect(String(bp.checkGradients(x.square().sum(), [x]))).toMatch(
      /^all 3 derivatives are correct; worst: variable "x"/,
    )
    const report = bp.checkGradients(bp.stopGradient(x.square()).add(x).sum(), [x])
    expect(report.ok).toBe(false)
    expect(report.worst).toMatchObject({ tensor: x, element: 2, analytic: 1, ok: false })
    expect(String(report)).toBe(
      [
        '3 of 3 derivatives are wrong:',
        '  variable "x" of shape [1, 3], element [0, 2]: by rule 1, by differences 7, 6 apart where 0.00701 is allowed',
        '  variable "x" of shape [1, 3], element [0, 1]: by rule 1, by differences 5, 4 apart where 0.00501 is allowed',
        '  variable "x" of shape [1, 3], element [0, 0]: by rule 1, by differences 3, 2 apart where 0.00301 is allowed',
      ].join('\n'),
    )
  })

  test('takes a function and a point', () => {
    const f = ({ w, b }: { w: Tensor; b: Tensor }) => w.mul([1, 2]).add(b).sigmoid()
    const report = bp.checkGradients(f, { w: [0.5, -0.5], b: 1 }, { order: 2 })
    expect(report.checks).toHaveLength(3)
    expect(report.ok, String(report)).toBe(true)
    const wrong = bp.customGradient(
      (x) => x.square(),
      ({ dy }) => [dy],
    )
    expect(String(bp.checkGradients(({ w }: { w: Tensor }) => wrong(w), { w: 3 }))).toContain('constant "w"')
  })

  test('NaN is never correct', () => {
    expect(bp.checkGradients((x) => x.log(), -1).ok).toBe(false)
  })
})

describe('in a function that is differentiated or compiled, where they would be constants,', () => {
  const w = variable([1, 2])
  const reads: [string, (x: Tensor) => unknown][] = [
    ['item', (x) => x.sum().item()],
    ['data', (x) => x.data()],
    ['toArray', (x) => x.toArray()],
    ['evaluate', (x) => bp.evaluate([w, x])],
    ['backward', (x) => x.sum().backward()],
    ['item', () => w.sum().item()],
    ['values', () => w.values],
  ]
  test.each(reads)('numbers are not read by %s: %s', (name, read) => {
    const f = (x: Tensor) => {
      read(x)
      return x.sum()
    }
    const refused = new RegExp(
      `^${name}: the numbers of .* cannot be read .*; compute with tensors, where\\(\\)`,
    )
    for (const call of [
      () => grad(f)([3, 4]),
      () => grad(f)(w),
      () => jvp(f, [3, 4], [1, 1]),
      () => hessian(f)([3, 4]),
      () => bp.compile(f)([3, 4]),
      () => bp.compile(grad((x) => x.square().mul(x).sum().add(f(x))))([3, 4]),
      () => bp.checkGradients(f, [3, 4]),
      () => bp.remat(f)(w),
    ]) {
      expect(call).toThrow(bp.ValueError)
      expect(call).toThrow(refused)
    }
    expect(() => read(w)).not.toThrow()
  })

  test('those of constants may be read, and variables set', () => {
    const scale = constant([2, 3])
    const f = (x: Tensor) => {
      w.set([5, 6])
      return x
        .mul(scale.values[1]!)
        .add(scale.toArray() as number[])
        .sum()
    }
    expect(grad(f)([1, 1]).toArray()).toEqual([3, 3])
    expect(w.toArray()).toEqual([5, 6])
  })
})
