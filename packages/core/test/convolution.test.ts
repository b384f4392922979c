// Convolution and pooling beyond what the table's tiny samples reach: sizes at which the kernel switches algorithms,
// closed forms, ties, fused neighbours, and errors.
import { describe, expect, test } from 'vitest'
import { plan } from '../src/compile/plan.js'
import { evaluateReference } from '../src/graph/reference.js'
import { type Shape, sizeOf } from '../src/graph/shape.js'
import {
  avgPool2d,
  constant,
  conv1d,
  conv2d,
  conv2dInputGrad,
  conv2dTranspose,
  conv2dWeightGrad,
  evaluate,
  globalMaxPool,
  gradients,
  input,
  maxPool2d,
  ShapeError,
  type Tensor,
  ValueError,
  variable,
} from '../src/index.js'
import { draw, generator } from './sampling.js'

/** Numbers in [−1, 1]. */
const numbers = (shape: Shape, seed: number) =>
  draw({ low: -1, high: 1 }, sizeOf(shape), generator(seed)).map(Math.fround)

/** Largest difference from float64, in ULP of the largest number. */
function worst(y: Tensor, values: ReadonlyMap<Tensor, Float64Array>): number {
  const expected = evaluateReference([y], values).get(y)!
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const [found] = evaluate([y], values)
  const errors = Array.from(found!, (value, at) => Math.abs(value - expected[at]!))
  return Math.max(...errors) / largest / 2 ** -23
}

describe('at every size at which the kernel switches algorithms, forward and backward agree with float64', () => {
  test.each([
    { title: 'a kernel of one row of 300 numbers', x: [1, 3, 6, 100], weights: [2, 3, 100, 3] },
    {
      title: 'more than 256 numbers under the kernel',
      x: [2, 5, 6, 40],
      weights: [3, 3, 40, 24],
      padding: 'same',
    },
    { title: 'rows of more than 256 pixels', x: [1, 3, 300, 2], weights: [2, 2, 2, 18] },
    { title: 'more patches than fit a block', x: [2, 9, 11, 30], weights: [3, 3, 30, 7], padding: 'same' },
    {
      title: 'groups of many channels',
      x: [2, 6, 5, 36],
      weights: [3, 3, 12, 60],
      groups: 3,
      stride: 2,
      padding: 1,
    },
    {
      title: 'depthwise',
      x: [2, 9, 7, 19],
      weights: [3, 5, 1, 19],
      groups: 19,
      padding: 'same',
      dilation: [1, 2],
    },
    { title: 'depthwise without borders', x: [2, 6, 9, 8], weights: [3, 3, 1, 8], groups: 8, stride: [1, 2] },
    { title: 'one pixel under the kernel', x: [3, 7, 5, 33], weights: [1, 1, 33, 20] },
    { title: 'one pixel in two', x: [3, 7, 5, 9], weights: [1, 1, 9, 20], stride: 2 },
    {
      title: 'padding that windows step over',
      x: [1, 3, 3, 2],
      weights: [2, 2, 2, 3],
      padding: 7,
      stride: 9,
    },
  ] as const)('$title', ({ title: _, x: xShape, weights: weightShape, ...options }) => {
    const x = input(xShape, { name: 'x' })
    const weights = input(weightShape, { name: 'weights' })
    const y = conv2d(x, weights, options)
    const upstream = input(y.shape)
    const values = new Map<Tensor, Float64Array>([
      [x, numbers(xShape, 1)],
      [weights, numbers(weightShape, 2)],
      [upstream, numbers(y.shape, 3)],
    ])
    for (const result of [y, ...gradients(y, [x, weights], upstream)])
      expect(worst(result, values)).toBeLessThan(8)
  })
})

describe('the instruction of the convolution computes bias, activation and their gradients', () => {
  const layers = {
    Convolution: (x: Tensor, weights: Tensor) => conv2d(x, weights, { padding: 'same' }),
    Depthwise: (x: Tensor, weights: Tensor) => conv2d(x, weights, { padding: 'same', groups: 5 }),
    ConvolutionInputGrad: (x: Tensor, weights: Tensor) => conv2dTranspose(x, weights, { padding: 'same' }),
    MatmulNN: (x: Tensor, weights: Tensor) => conv2d(x, weights),
  }
  const weightShapes: Record<keyof typeof layers, Shape> = {
    Convolution: [3, 3, 5, 5],
    Depthwise: [3, 3, 1, 5],
    ConvolutionInputGrad: [3, 2, 5, 5],
    MatmulNN: [1, 1, 5, 5],
  }
  const trials = Object.entries(layers).flatMap(([opcode, layer]) =>
    (['relu', 'sigmoid', 'tanh'] as const).map((activation) => ({ opcode, layer, activation })),
  )
  test.each(trials)('$opcode with $activation', ({ opcode, layer, activation }) => {
    const x = input([20, 4, 3, 5])
    const weights = input(weightShapes[opcode as keyof typeof layers])
    const bias = input([5])
    const values = new Map<Tensor, Float64Array>(
      [x, weights, bias].map((tensor, seed) => [tensor, numbers(tensor.shape, seed)]),
    )
    const y = layer(x, weights).add(bias)[activation]()
    expect(plan([y]).instructions.map((instruction) => instruction.opcode)).toEqual([opcode])
    expect(worst(y, values)).toBeLessThan(8)

    // Two layers: the gradient of the second is multiplied by the derivative of the first's activation, and the
    // gradient of the bias is summed beside that of the weights.
    const second = layer(y, weights)
    const results = gradients(second.mul(second).sum(), [x, weights, bias])
    const opcodes = plan(results).instructions.map((instruction) => instruction.opcode)
    expect(opcodes.filter((each) => /Grad$/.test(each) && !/^(Convolution|Depthwise)/.test(each))).toEqual([])
    // The transpose's weight gradient reads that matrix as its images, whose columns it does not have at hand.
    if (opcode !== 'ConvolutionInputGrad') expect(opcodes).not.toContain('Sum')
    for (const result of results) expect(worst(result, values)).toBeLessThan(16)
  })
})

describe('closed forms', () => {
  const image = numbers([2, 5, 4, 3], 5)
  const x = constant(image, { shape: [2, 5, 4, 3], dtype: 'f64' })

  test('a kernel with a 1 in the middle is the identity', () => {
    const kernel = new Float64Array(3 * 3 * 3 * 3)
    for (const channel of [0, 1, 2]) kernel[(4 * 3 + channel) * 3 + channel] = 1
    const weights = constant(kernel, { shape: [3, 3, 3, 3] })
    expect([...conv2d(x, weights, { padding: 'same' }).data()]).toEqual([...image])
  })

  test('a depthwise kernel of 1/6 is the mean of its window', () => {
    const weights = constant(new Float64Array(18).fill(1 / 6), { shape: [2, 3, 1, 3] })
    const means = avgPool2d(x, { size: [2, 3], stride: 1 }).data()
    for (const [at, value] of conv2d(x, weights, { groups: 3 }).data().entries())
      expect(value).toBeCloseTo(means[at]!, 12)
  })

  test('convolution of polynomials is their product', () => {
    // (1 + 2t + 3t²)(4 + 5t); the kernel is not flipped, so it is given from the last coefficient.
    const product = conv1d(constant([[[1], [2], [3]]]), constant([[[5]], [[4]]]), { padding: 1 })
    expect([...product.data()]).toEqual([4, 13, 22, 15])
  })

  test.each([
    { stride: 1, padding: 'same' },
    { stride: 2, padding: 1 },
    {
      stride: [2, 1],
      padding: [
        [0, 1],
        [2, 0],
      ],
      dilation: 2,
    },
    { stride: 3, padding: 'valid', groups: 3 },
  ] as const)('the transpose is the adjoint: ⟨conv(x), y⟩ = ⟨x, convᵀ(y)⟩ with %o', (options) => {
    const groups = 'groups' in options ? options.groups : 1
    const weights = constant(numbers([2, 2, 3 / groups, 6], 6), { shape: [2, 2, 3 / groups, 6] })
    const convolved = conv2d(x, weights, options)
    const y = constant(numbers(convolved.shape, 7), { shape: convolved.shape, dtype: 'f64' })
    const back = conv2dInputGrad(y, weights, { ...options, inputSize: [5, 4] })
    expect(convolved.mul(y).sum().item()).toBeCloseTo(x.mul(back).sum().item(), 10)
    // It is linear in the weights too, and that has its own adjoint.
    const upstream = conv2dWeightGrad(x, y, { ...options, kernelSize: [2, 2] })
    expect(convolved.mul(y).sum().item()).toBeCloseTo(weights.mul(upstream).sum().item(), 10)
  })

  test('a transposed convolution restores the size of the input of a convolution', () => {
    const size = (options: Parameters<typeof conv2dTranspose>[2]) =>
      conv2dTranspose(input([1, 4, 5, 2]), input([3, 3, 6, 2]), options).shape
    expect(size({})).toEqual([1, 6, 7, 6])
    expect(size({ stride: 2 })).toEqual([1, 9, 11, 6])
    expect(size({ stride: 2, outputPadding: 1 })).toEqual([1, 10, 12, 6])
    expect(size({ stride: 2, padding: 'same' })).toEqual([1, 8, 10, 6])
    expect(size({ stride: 2, padding: 1, outputSize: [8, 9] })).toEqual([1, 8, 9, 6])
    expect(size({ stride: 2, padding: 1, dilation: 2 })).toEqual([1, 9, 11, 6])
  })
})

describe('pooling', () => {
  test('the first of ties gets the derivative', () => {
    const x = variable([3, 3, 1, 3], { shape: [1, 2, 2, 1] })
    for (const pooled of [maxPool2d(x, 2), globalMaxPool(x)]) {
      const [dx] = gradients(pooled.sum(), [x])
      expect([...dx!.data()]).toEqual([1, 0, 0, 0])
    }
  })

  test('NaN is the maximum, and gets the derivative', () => {
    const x = variable([3, Number.NaN, 1, 4], { shape: [1, 2, 2, 1] })
    for (const pooled of [maxPool2d(x, 2), globalMaxPool(x)]) {
      expect(pooled.item()).toBeNaN()
      expect([...gradients(pooled.sum(), [x])[0]!.data()]).toEqual([0, 1, 0, 0])
    }
  })

  test('padding counts in a mean only on request', () => {
    const x = constant([1, 2, 3, 4], { shape: [1, 2, 2, 1] })
    const options = {
      size: 2,
      padding: [
        [1, 0],
        [1, 0],
      ],
    } as const
    expect([...avgPool2d(x, options).data()]).toEqual([1])
    expect([...avgPool2d(x, { ...options, countPadding: true }).data()]).toEqual([0.25])
  })
})

describe('shapes that do not match are refused with a cure', () => {
  const x = input([2, 5, 4, 3])
  test.each([
    [
      () => conv2d(input([5, 4, 3]), input([3, 3, 3, 8]) as Tensor),
      /x is 5×4×3; it must be \[images, height, width, channels\]/,
    ],
    [() => conv2d(x, input([3, 3, 8]) as Tensor), /weights are 3×3×8; they must be/],
    [() => conv2d(x, input([3, 3, 4, 8]) as Tensor), /3 channels, but weights, 3×3×4×8, are for 4/],
    [() => conv2d(x, input([3, 3, 2, 8]), { groups: 2 }), /are for 4, 2 in each of 2 groups/],
    [
      () => conv2d(x, input([3, 3, 1, 8]), { groups: 3 }),
      /cannot be split into 3 groups; expects a multiple of 3/,
    ],
    [() => conv2d(x, input([7, 3, 3, 8])), /covers 7×3 cells, but x has 5×4; use a height of at least 7/],
    [
      () =>
        conv2d(x, input([3, 3, 3, 8]), {
          dilation: [1, 2],
          padding: [
            [1, 1],
            [0, 0],
          ],
        }),
      /a width of at least 5/,
    ],
    [() => conv2d(x, input([3, 3, 3, 8]), { stride: 0 }), /stride must be an integer in \[1, /],
    [() => conv2d(x, input([3, 3, 3, 8]), { padding: -1 }), /padding must be "valid", "same"/],
    [() => conv1d(input([5, 3]), input([3, 3, 8])), /x is 5×3; it must be \[sequences, length, channels\]/],
    [
      () => conv2dTranspose(x, input([3, 3, 3, 3]), { outputPadding: 1 }),
      /must be less than the stride, 1×1; got 1×1/,
    ],
    [
      () => conv2dTranspose(x, input([3, 3, 8, 3]), { padding: 5 }),
      /use less padding, or an x larger than 5×4/,
    ],
    [() => conv2dTranspose(x, input([3, 3, 8, 3]), { outputSize: [9, 9] }), /which x must be; got 2×5×4×3/],
    [() => maxPool2d(x, { size: 2, padding: 2 }), /padding must be less than the size, 2×2/],
    [() => maxPool2d(x, 6), /a height of at least 6/],
  ] as const)('%#', (make, message) => {
    expect(make).toThrow(message)
    try {
      make()
    } catch (error) {
      expect(error instanceof ShapeError || error instanceof ValueError).toBe(true)
    }
  })
})
