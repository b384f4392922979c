// Computed values are constants, which say so where a derivative through them is requested.
import { describe, expect, test } from 'vitest'
import {
  compile,
  compileStep,
  constant,
  createRun,
  customGradient,
  type Dataset,
  GradientError,
  grad,
  gradients,
  hessian,
  hvp,
  input,
  jacobian,
  jvp,
  layers,
  meanSquaredError,
  remat,
  sequential,
  sgd,
  type Tensor,
  ValueError,
  type Variable,
  valueAndGrad,
  variable,
  vjp,
} from '../src/index.js'

describe('grad', () => {
  test('is what backward() computed: a manual loop descends along one gradient', () => {
    const [w, b] = [variable(1), variable(0)]
    w.add(b).square().backward()
    w.set(w.item() - 0.5 * w.grad.item())
    b.set(b.item() - 0.5 * b.grad.item())
    expect([w.item(), b.item()]).toEqual([0, -1])
  })

  test('finds the line of the README', () => {
    const [w, b] = [variable(0), variable(0)]
    const loss = w.mul([1, 2, 3, 4]).add(b).sub([5, 8, 11, 14]).square().mean()
    for (let step = 0; step < 1000; step++) {
      loss.backward()
      w.set(w.item() - 0.05 * w.grad.item())
      b.set(b.item() - 0.05 * b.grad.item())
    }
    expect([w, b].map((parameter) => parameter.item().toFixed(2))).toEqual(['3.00', '2.00'])
  })

  test('does not change for intermediate nodes either, in f64 too', () => {
    for (const dtype of ['f32', 'f64'] as const) {
      const w = variable(3, { dtype })
      const g = w.square()
      const f = g.mul(2)
      f.backward()
      w.set(100)
      expect([f, g, w].map(({ grad }) => grad.item())).toEqual([1, 2, 12])
      expect([w.grad.dtype, w.grad.shape]).toEqual([dtype, []])
    }
  })

  test('is replaced by the next backward()', () => {
    const w = variable(3)
    const f = w.square()
    f.backward()
    const first = w.grad
    w.set(1)
    f.backward()
    expect([first.item(), w.grad.item()]).toEqual([6, 2])
  })

  test('is not differentiated again; gradients() is the way', () => {
    const w = variable(2)
    const y = w.square().mul(w)
    y.backward()
    expect(() => gradients(w.grad, [w])).toThrow(GradientError)
    expect(() => gradients(w.grad.mul(w), [w])).toThrow('use gradients(y, [x])')
    expect(() => w.grad.mul(w).backward()).toThrow(GradientError)
    expect(gradients(gradients(y, [w])[0], [w])[0].item()).toBe(12)
    expect(gradients(w.mul(w.grad.stopGradient()), [w])[0].item()).toBe(12)
  })

  test('requires a variable that a derivative reaches', () => {
    for (const y of [constant(1), constant(1).add(2), variable(2).stopGradient().mul(3)])
      expect(() => y.backward()).toThrow(GradientError)
  })
})

test('trained by hand, by a compiled gradient, by a compiled step and by a run, a model gets the same bits', () => {
  const rows = 8
  const data: Dataset = {
    rows,
    inputs: Float32Array.from({ length: rows * 3 }, (_, index) => Math.sin(index)),
    inputShape: [3],
    targets: Float32Array.from({ length: rows * 2 }, (_, index) => Math.cos(index)),
    targetShape: [2],
  }
  const rate = 0.125
  const make = () =>
    sequential([layers.dense({ units: 4, activation: 'tanh' }), layers.dense({ units: 2 })], {
      inputShape: [3],
      seed: 1,
    })
  const x = constant(data.inputs, { shape: [rows, 3] })
  const y = constant(data.targets, { shape: [rows, 2] })
  const descend = (parameter: Variable, gradient: Tensor) =>
    parameter.set(parameter.sub(gradient.mul(rate)).data())

  const byHand = make()
  const compiled = make()
  const stepped = make()
  const run = make()
  const derivatives = compile((x, y) =>
    gradients(meanSquaredError(compiled.apply(x), y), compiled.parameters),
  )
  for (let step = 0; step < 20; step++) {
    meanSquaredError(byHand.apply(x), y).backward()
    for (const parameter of byHand.parameters) descend(parameter, parameter.grad)
    const found = derivatives(x, y)
    for (const [index, parameter] of compiled.parameters.entries()) descend(parameter, found[index]!)
  }
  const [rowsOf, answers] = [input([rows, 3]), input([rows, 2])]
  compileStep({
    inputs: { x: rowsOf, y: answers },
    loss: meanSquaredError(stepped.apply(rowsOf), answers),
    optimizer: sgd({ learningRate: rate }),
  }).run(20, { x: data.inputs, y: data.targets })
  createRun({
    model: run,
    loss: 'meanSquaredError',
    optimizer: sgd({ learningRate: rate }),
    data,
    epochs: 20,
    seed: 1,
  }).step(20)
  const weights = (model: typeof byHand) => model.parameters.map(({ values }) => values.slice())
  for (const model of [compiled, stepped, run]) expect(weights(model)).toEqual(weights(byHand))
})

describe('a compiled function', () => {
  const cube = compile((x: Tensor) => x.mul(x).mul(x))
  const point = 2

  test('is its function where it is differentiated, by every transform', () => {
    expect(grad(cube)(point).item()).toBe(12)
    expect(grad((x: Tensor) => cube(x))(point).item()).toBe(12)
    expect(grad(grad(cube))(point).item()).toBe(12)
    expect(valueAndGrad(cube)(point).gradient.item()).toBe(12)
    expect(vjp(cube, point).pullback(1).item()).toBe(12)
    expect(jvp(cube, point, 1).tangent.item()).toBe(12)
    expect(hvp(cube, point, 1).item()).toBe(12)
    expect(hessian(cube)(point).item()).toBe(12)
    expect(jacobian(cube)(point).item()).toBe(12)
    const w = variable(point)
    const [throughRemat] = gradients(remat((x) => cube(x!))(w), [w])
    expect(throughRemat.item()).toBe(12)
    const custom = customGradient(
      (x) => cube(x!),
      ({ dy }) => [dy],
    )(w)
    w.set(3)
    expect(custom.item()).toBe(27)
  })

  test('is its function where it is compiled, and on inputs', () => {
    const w = variable(2)
    const scaled = compile((x: Tensor) => x.mul(w))
    const outer = compile((x: Tensor) => [scaled(x), scaled(1), cube(w)])
    const values = () => outer(3).map((result) => result.item())
    expect(values()).toEqual([6, 2, 8])
    w.set(3)
    expect(values()).toEqual([9, 3, 27])
    const x = input([])
    expect(compile({ inputs: { x }, outputs: { y: gradients(cube(x), [x])[0] } })({ x: 2 }).y[0]).toBe(12)
    const inside = compile(grad((x: Tensor) => scaled(cube(x))))
    expect(inside(1).item()).toBe(9)
  })

  test('returns constants, through which derivatives are refused', () => {
    const w = variable(2)
    const scaled = compile((x: Tensor) => x.mul(w))
    const x = constant(3)
    const y = scaled(x)
    expect(() => gradients(y, [w])).toThrow(GradientError)
    expect(() => gradients(y.mul(w), [w])).toThrow('compile(grad(f))')
    expect(() => gradients(y.mul(x), [x])).toThrow(GradientError)
    expect(() => gradients(scaled(y), [x])).toThrow(GradientError)
    expect(() => gradients(scaled(y), [w])).toThrow(GradientError)
    expect(() => y.mul(w).backward()).toThrow(GradientError)
    expect(() => y.backward()).toThrow(GradientError)
    const answers = input([])
    const step = () =>
      compileStep({ inputs: { answers }, loss: y.sub(answers).add(w), optimizer: sgd({ learningRate: 1 }) })
    expect(step).toThrow(GradientError)
  })

  test('returns constants, next to which other derivatives are allowed', () => {
    const [teacher, student] = [variable(2), variable(1)]
    const answer = compile((x: Tensor) => x.mul(teacher))(3)
    const loss = student.mul(3).sub(answer).square()
    expect(gradients(loss, [student])[0].item()).toBe(-18)
    expect(gradients(loss, [variable(1)])[0].item()).toBe(0)
    expect(gradients(answer.square(), [answer])[0].item()).toBe(12)
    expect(() => loss.backward()).toThrow('stopGradient()')
    teacher.trainable = false
    loss.backward()
    expect(student.grad.item()).toBe(-18)
    teacher.trainable = true
    student.mul(3).sub(answer.stopGradient()).square().backward()
    expect(student.grad.item()).toBe(-18)
  })

  test('of named inputs is refused where its values would be frozen', () => {
    const x = input([])
    const square = compile({ inputs: { x }, outputs: { y: x.square() } })
    const f = (w: Tensor) => w.mul(square({ x: 3 }).y)
    expect(() => grad(f)(1)).toThrow(ValueError)
    expect(() => compile(f)(1)).toThrow(ValueError)
    expect([...square({ x: 3 }).y]).toEqual([9])
  })

  test('leaves nothing behind when the function throws', () => {
    const failing = () => {
      throw new RangeError('mine')
    }
    expect(() => grad(failing as never)(1)).toThrow('mine')
    const x = input([])
    expect([...compile({ inputs: { x }, outputs: { x } })({ x: 3 }).x]).toEqual([3])
  })
})
