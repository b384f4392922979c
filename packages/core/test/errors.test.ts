// Error messages say what is wrong, where, and what to do.
import { expect, test } from 'vitest'
import * as bp from '../src/index.js'

const { variable, input, constant } = bp
const data = (): bp.Dataset => ({
  rows: 2,
  inputs: Float32Array.of(1, 2, 3, 4),
  inputShape: [2],
  targets: Float32Array.of(0, 1),
  targetShape: [1],
})
const model = () => bp.sequential([bp.layers.dense({ units: 1 })], { inputShape: [2], seed: 0 })
const run = (change: Partial<bp.RunOptions>) =>
  bp.createRun({
    model: model(),
    loss: 'meanSquaredError',
    optimizer: bp.sgd({ learningRate: 0.1 }),
    data: data(),
    epochs: 1,
    seed: 0,
    ...change,
  })

/** Calls that types forbid, as plain JavaScript can make them. */
const forbidden = <T>(value: unknown) => value as T

const cases: [what: string, type: string, make: () => unknown, message: string | RegExp][] = [
  [
    'a layer that is none',
    'ValueError',
    () => bp.sequential(forbidden([8]), { inputShape: [2], seed: 0 }),
    'sequential: plans[0] must be a layer, e.g. layers.dense({ units: 8 }); got 8',
  ],
  [
    'no layers',
    'ValueError',
    () => bp.sequential(forbidden(undefined), { inputShape: [2], seed: 0 }),
    'sequential: expects an array of at least one layer',
  ],
  [
    'a run without a model',
    'ValueError',
    () => run({ model: forbidden(undefined) }),
    'createRun: model must be a model, e.g. sequential([…]), got undefined',
  ],
  [
    'a run with the name of an optimizer',
    'ValueError',
    () => run({ optimizer: forbidden('adam') }),
    'createRun: optimizer must be an optimizer, e.g. adam({ learningRate: 0.001 }), got "adam"',
  ],
  [
    'a run without data',
    'DataError',
    () => run({ data: forbidden([[1, 2]]) }),
    'data: expects a dataset, e.g. dataset(inputs, targets); got [[1, 2]]',
  ],
  [
    'a run of a loss without a name',
    'ValueError',
    () => run({ loss: forbidden(null) }),
    /^createRun: unknown loss null; use a custom one/,
  ],
  [
    'a step with a number for its loss',
    'ValueError',
    () => bp.compileStep({ inputs: {}, loss: forbidden(1), optimizer: bp.sgd({ learningRate: 1 }) }),
    'compileStep: loss must be a tensor, got 1',
  ],
  [
    'matmul of shapes that do not fit',
    'ShapeError',
    () => variable([[1, 2, 3, 4]]).matmul(variable([[1, 2]]) as bp.Tensor),
    'matmul: a is 1×4, so b must have 4 rows; got 1×2',
  ],
  [
    'matmul with a transposed side',
    'ShapeError',
    () => variable([[1, 2, 3]]).matmul(variable([[1, 2]]) as bp.Tensor, { transposeB: true }),
    'matmul: a is 1×3, so b must have 3 columns; got 1×2',
  ],
  [
    'matmul of a scalar',
    'ShapeError',
    () => variable(1).matmul(variable([1, 2])),
    'matmul: a is a scalar and b is [2]; both must have at least one dimension; use mul for a scalar',
  ],
  [
    'matmul of vectors of other lengths',
    'ShapeError',
    () => variable([1, 2]).matmul(variable([1, 2, 3]) as bp.Tensor),
    'matmul: a is [2], so b must have 2 elements; got [3]',
  ],
  [
    'matmul of stacks that do not broadcast',
    'ShapeError',
    () => input([2, 3, 4]).matmul(input([3, 4, 5]) as bp.Tensor),
    'matmul: the batch of a is [2], the batch of b is [3]; dimensions, counted from the last, must be equal or 1 (2 vs 3)',
  ],
  [
    'an einsum of a letter with two sizes',
    'ShapeError',
    () => bp.einsum([input([2, 3]), input([4, 5]) as bp.Tensor], 'ij,jk->ik'),
    'einsum "ij,jk->ik": j is 3 and, in xs[1], which is 4×5, 4; a letter must have one size',
  ],
  [
    'an einsum of too few tensors',
    'ValueError',
    () => bp.einsum([input([2, 3])] as bp.Tensor[], 'ij,jk->ik'),
    'einsum "ij,jk->ik": names 2 tensors, got 1: 2×3',
  ],
  [
    'an einsum of no equation',
    'ValueError',
    () => bp.einsum([input([2, 3])], 'i j => i'),
    'einsum: "i j => i" is not an equation like ij,jk->ik: letters for dimensions, commas between tensors, an arrow before the output',
  ],
  [
    'add of shapes that do not broadcast',
    'ShapeError',
    () => variable([1, 2]).add(variable([1, 2, 3]) as bp.Tensor),
    'add: a is [2], b is [3]; dimensions, counted from the last, must be equal or 1 (2 vs 3)',
  ],
  [
    'concat of what is no list',
    'ValueError',
    () => bp.concat(variable([1]) as never),
    'concat: xs must be a list of one or more tensors, as in concat([a, b]); got a variable of shape [1]',
  ],
  [
    'concat of shapes that do not fit',
    'ShapeError',
    () => variable([[1, 2]]).concat([variable([[1]])]),
    'concat: xs[0] is 1×2, xs[1] is 1×1; all must have the same dimensions except for axis 0',
  ],
  [
    'a slice that goes beyond',
    'ShapeError',
    () => variable([1, 2, 3]).slice({ begin: 2, size: 2 }),
    'slice: x is [3]; 2 from 2 exceed axis 0, which has 3',
  ],
  [
    'a row that the table does not have',
    'IndexError',
    () =>
      bp
        .embedding(variable([[1], [2]]), [
          [0, 1],
          [2, 0],
        ])
        .data(),
    'embedding: indices[1, 0] is 2, which must be an integer in [0, 2); correct the indices, or make what they index larger (in an embedding of shape [2, 2, 1])',
  ],
  [
    'an axis that does not exist',
    'ValueError',
    () => variable([[1]]).sum(2),
    'sum: axis 2 does not exist; x has axes 0 to 1, or -1 to -2 from the end',
  ],
  [
    'an option that does not exist',
    'ValueError',
    () => variable([1]).sum({ axis: 0 } as never),
    'sum: unknown option "axis"; did you mean "axes"?',
  ],
  [
    'a reshape to another size',
    'ShapeError',
    () => variable([1, 2, 3]).reshape([2, 2]),
    'reshape: x is [3], 3 numbers; shape [2, 2] has a different number',
  ],
  [
    'the largest of nothing',
    'ShapeError',
    () => constant([]).max(),
    'max: x is [0], and max of no elements is undefined',
  ],
  [
    'ragged nesting',
    'ShapeError',
    () => variable([[1, 2], [3]]),
    'variable: nested arrays must be regular; expected 2 entries at depth 2, found 1',
  ],
  [
    'text for a number',
    'ValueError',
    () => variable(['1'] as never),
    'variable: expects numbers, found string',
  ],
  [
    'a shape that does not hold the data',
    'ShapeError',
    () => variable([1, 2, 3], { shape: [2, 2] }),
    'variable: shape 2×2 holds 4 numbers, got 3',
  ],
  [
    'a negative dimension',
    'ShapeError',
    () => input([-1]),
    'input: shape must be an array of non-negative integers, got [-1]',
  ],
  [
    'f32 with f64',
    'DtypeError',
    () => variable(1).add(variable(1, { dtype: 'f64' })),
    'add: f32 and f64 do not mix; give all variables and inputs the same dtype',
  ],
  [
    'backward of a row',
    'GradientError',
    () => variable([1, 2]).backward(),
    /^backward: expects a scalar, this is \[2\]; take its sum or mean first/,
  ],
  [
    'a gradient that was not computed',
    'GradientError',
    () => variable(1, { name: 'w' }).grad,
    /^grad: no derivative was computed for variable "w" of shape \[\]; call backward\(\)/,
  ],
  [
    'item of a row',
    'ShapeError',
    () => variable([1, 2]).item(),
    'item: expects exactly one element, this is [2]; use toArray() or data()',
  ],
  [
    'the value of an input',
    'ValueError',
    () => input([2], { name: 'x' }).add(1).data(),
    /^input "x" of shape \[2\] has no values; compile/,
  ],
  [
    'a set of another size',
    'ShapeError',
    () => variable([1, 2]).set([1]),
    /^set: a variable of shape \[2\] is \[2\], the new values have shape \[1\]/,
  ],
  [
    'a gradient of a row',
    'GradientError',
    () => bp.gradients(variable([1, 2]), []),
    'gradients: a variable of shape [2] is [2], not a scalar; take its sum or mean, or pass the upstream derivative',
  ],
  [
    'an upstream derivative of another shape',
    'GradientError',
    () => bp.vjp((x) => x, [1, 2]).pullback(1),
    'pullback: the upstream derivative is a scalar; it must have the shape of y, [2]',
  ],
  [
    'grad of a function of rows',
    'GradientError',
    () => bp.grad((x) => x.mul(2))([1, 2]),
    'grad: a mul of shape [2] is [2], not a scalar; take its sum or mean',
  ],
  [
    'grad of a function that returns no tensor',
    'GradientError',
    () => bp.grad((() => 1) as never)(1),
    'grad: the function must return a tensor; it returned number',
  ],
  [
    'grad by text',
    'ValueError',
    () => bp.grad((x: { w: bp.Tensor }) => x.w)({ w: 'one' } as never),
    'grad: expects tensors, numbers, and arrays or records of these; got "one" at w',
  ],
  [
    'a direction of another shape',
    'ShapeError',
    () => bp.jvp((x) => x, [1, 2], [1, 2, 3]),
    'jvp: dx is [3]; it must have the shape of x, [2]',
  ],
  [
    'a direction without a part',
    'ValueError',
    () => bp.hvp((x: { w: bp.Tensor; b: bp.Tensor }) => x.w.mul(x.b), { w: 1, b: 2 }, { w: 1 } as never),
    'hvp: v must have the structure of x; it has no "b"',
  ],
  [
    'a rule of too few derivatives',
    'GradientError',
    () => {
      const x = variable(1)
      bp.customGradient(
        (a, b) => a.mul(b),
        ({ dy }) => [dy],
      )(x, 2).backward()
    },
    'customGradient: the rule must return a list of 2 derivatives, one for each input; got 1',
  ],
  [
    'a rule of derivatives of another shape',
    'GradientError',
    () =>
      bp.grad((x) =>
        bp.customGradient(
          (a) => a.sum(),
          ({ dy }) => [dy],
        )(x),
      )([1, 2]),
    'customGradient: the derivative for input 0 must be a tensor of its shape, [2]; got a scalar',
  ],
  [
    'a missing input',
    'ValueError',
    () => {
      const x = input([1])
      bp.compile({ inputs: { x }, outputs: { x } })({} as never)
    },
    'the compiled function: input "x" was not given',
  ],
  [
    'an input too many',
    'ValueError',
    () => {
      const x = input([1])
      bp.compile({ inputs: { x }, outputs: { x } })({ x: [1], z: [1] } as never)
    },
    'the compiled function: has no input "z"; its inputs are x',
  ],
  [
    'an input that is not listed',
    'ValueError',
    () => bp.compile({ inputs: {}, outputs: { y: input([1], { name: 'x' }).add(1) } }),
    /^compile: input "x" of shape \[1\] is used but not listed in inputs/,
  ],
  [
    'input numbers of another size',
    'ShapeError',
    () => {
      const x = input([2])
      bp.compile({ inputs: { x }, outputs: { x } })({ x: [1] })
    },
    'the compiled function: input "x" is [2], 2 numbers; got [1]',
  ],
  [
    'a negative learning rate',
    'ValueError',
    () => bp.adam({ learningRate: -1 }),
    'adam: learningRate must be a positive finite number, e.g. 0.01, or a schedule, got -1',
  ],
  [
    'a momentum of 1',
    'ValueError',
    () => bp.momentum({ learningRate: 1, momentum: 1 }),
    'momentum: momentum must be a number in [0, 1), got 1',
  ],
  [
    'a loss that is no scalar',
    'GradientError',
    () => {
      const x = input([2])
      bp.compileStep({ inputs: { x }, loss: x.mul(variable(1)), optimizer: bp.sgd({ learningRate: 1 }) })
    },
    /^compileStep: the loss, a mul of shape \[2\], is \[2\]; it must be a scalar: take its mean/,
  ],
  [
    'nothing to train',
    'GradientError',
    () => {
      const x = input([])
      bp.compileStep({ inputs: { x }, loss: x.mul(2), optimizer: bp.sgd({ learningRate: 1 }) })
    },
    /^compileStep: the loss depends on no trainable variable/,
  ],
  [
    'an activation that does not exist',
    'ValueError',
    () => bp.layers.dense({ units: 1, activation: 'swoosh' as never }),
    /^dense: activation must be "linear", "sigmoid", .* or "logSoftmax", got "swoosh"$/,
  ],
  [
    'no units',
    'ValueError',
    () => bp.layers.dense({ units: 0 }),
    'dense: units must be an integer of at least 1, got 0',
  ],
  [
    'rows without a dimension for a dense layer',
    'ShapeError',
    () => bp.sequential([bp.layers.dense({ units: 1 })], { inputShape: [], seed: 0 }),
    'dense: expects rows of at least one dimension, got scalar rows',
  ],
  [
    'a batch of other rows',
    'ShapeError',
    () => model().apply([[1, 2, 3]]),
    'model: expects a batch of rows of [2], got 1×3',
  ],
  [
    'data that the model does not take',
    'ShapeError',
    () => run({ data: { ...data(), inputShape: [1], inputs: Float32Array.of(1, 2) } }),
    'data: a row of inputs is [1], the model expects [2]',
  ],
  [
    'targets that the model does not give',
    'ShapeError',
    () => run({ data: { ...data(), targetShape: [2], targets: Float32Array.of(1, 2, 3, 4) } }),
    'data: a row of targets is [2], the outputs of the model are [1]; use targets of that shape',
  ],
  [
    'a NaN in the data',
    'DataError',
    () => run({ data: { ...data(), inputs: Float32Array.of(1, 2, 3, NaN) } }),
    'data: inputs hold NaN in row 1, element 1; impute or drop such rows first',
  ],
  [
    'no epochs',
    'ValueError',
    () => run({ epochs: 0 }),
    'createRun: epochs must be an integer of at least 1, got 0',
  ],
  [
    'half a batch',
    'ValueError',
    () => run({ batchSize: 0.5 }),
    'createRun: batchSize must be an integer of at least 1, got 0.5',
  ],
  ['a negative seed', 'ValueError', () => run({ seed: -1 }), /seed must be an integer in/],
  [
    'a loss that does not exist',
    'ValueError',
    () => run({ loss: 'constructor' as never }),
    /^createRun: unknown loss "constructor"; use a custom one, or one of meanSquaredError/,
  ],
  [
    'a flag that is no flag',
    'ValueError',
    () => bp.sum([1, 2], { keepDims: 'x' as never }),
    'sum: keepDims must be true or false, got "x"',
  ],
  [
    'a convolution of more numbers than there is room for',
    'ShapeError',
    () => bp.conv2d(input([1, 1, 1, 1]), input([1, 1, 1, 1]), { padding: 16_000 }),
    'conv2d: the result would be 1×32001×32001×1, more elements than fit into memory',
  ],
  [
    'a convolution over more cells than can be counted',
    'ValueError',
    () => bp.conv2d(input([1, 1, 1, 1]), input([1, 1, 1, 1]), { stride: 1e12 }),
    /^conv2d: stride must be an integer in \[1, /,
  ],
  [
    'a program of more memory than there is',
    'MemoryError',
    () => {
      const x = variable(1)
      const large = (n: number) => bp.conv2d(x.reshape([1, 1, 1, 1]), [[[[n]]]], { padding: 8000 })
      return bp.compile({
        inputs: {},
        outputs: { a: large(1), b: large(2), c: large(3), d: large(4), e: large(5) },
      })
    },
    /^a program with a conv2d of shape \[1, 16001, 16001, 1\]: out of memory: \d+ MiB are in use and \d+ MiB more/,
  ],
  [
    'an initializer that gives another number of numbers',
    'ShapeError',
    () =>
      bp.sequential([bp.layers.dense({ units: 3, weights: () => new Float32Array(2) })], {
        inputShape: [1],
        seed: 0,
      }),
    /1×3 holds 3 numbers, got 2/,
  ],
]

test.each(cases)('%s is a %s', (_, type, make, message) => {
  let error: unknown
  try {
    make()
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(bp.BackpropagationError)
  expect((error as Error).name).toBe(type)
  if (typeof message === 'string') expect((error as Error).message).toBe(message)
  else expect((error as Error).message).toMatch(message)
})

test.each<[string, () => unknown]>([
  ['an op', () => bp.matmul([[1, 2]], [[1]] as number[][])],
  ['a method', () => variable([[1, 2]]).matmul([[1]] as number[][])],
  ['gradients', () => bp.gradients(variable([1, 2]), [])],
  ['grad', () => bp.grad((x) => x)([1, 2])],
  ['valueAndGrad', () => bp.valueAndGrad((x) => x)([1, 2])],
  ['a pullback', () => bp.vjp((x) => x, [1, 2]).pullback(1)],
  ['jvp', () => bp.jvp((x) => x, [1, 2], 1)],
  ['hvp', () => bp.hvp((x) => x, [1, 2], [1, 2])],
  ['hessian', () => bp.hessian((x) => x)([1, 2])],
  ['jacobian', () => bp.jacobian((x) => x)('x' as never)],
  [
    'customGradient',
    () =>
      bp.customGradient(
        (x) => x,
        ({ dy }) => [dy],
      )('x' as never),
  ],
  ['remat', () => bp.remat((x) => x)('x' as never)],
  ['checkGradients', () => bp.checkGradients((x: bp.Tensor) => x, 'x' as never)],
  ['variable', () => variable([[1], [1, 2]])],
  ['constant', () => constant([[1], [1, 2]])],
  ['input', () => input([-1])],
  ['set', () => variable(1).set([1, 2])],
  ['item', () => variable([1, 2]).item()],
  ['backward', () => variable([1, 2]).backward()],
  ['grad of a tensor', () => variable(1).grad],
  ['data', () => input([1]).data()],
  ['toArray', () => input([1]).toArray()],
  ['evaluate', () => bp.evaluate([input([1])])],
  ['compile', () => bp.compile({ inputs: {}, outputs: { y: input([1]) } })],
  [
    'compileStep',
    () => bp.compileStep({ inputs: {}, loss: constant(1), optimizer: bp.sgd({ learningRate: 1 }) }),
  ],
])('the stack trace of %s starts at the line of the user', (_, call) => {
  try {
    call()
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(bp.BackpropagationError)
    expect((error as Error).stack!.split('\n')[1]).toContain('errors.test.ts')
  }
})
