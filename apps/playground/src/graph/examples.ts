// The examples of the Graph place: the lecture's graphs first.
import { type GraphDocument, initialGraph } from '@bp/lab'

const example = (
  source: string,
  values: GraphDocument['values'],
  more: Partial<GraphDocument> = {},
): GraphDocument => ({
  ...initialGraph,
  source,
  values,
  ...more,
})

export const examples = {
  lecture: example('f = w*x + b', { w: -2, x: 5, b: 3 }),
  sigmoid: example('y = sigmoid(w*x + b)', { w: -2, x: 5, b: 10 }, { opened: ['y'] }),
  twice: example('f = x*x + x', { x: 3 }),
  square: example('cost = (w*x + b - y)^2', { w: 0.5, x: 2, b: 0.1, y: 3 }),
  xor: example(
    [
      'h1 = sigmoid(w11*x1 + w21*x2 + b1)',
      'h2 = sigmoid(w12*x1 + w22*x2 + b2)',
      'hypothesis = sigmoid(v1*h1 + v2*h2 + c)',
      'cost = -(Y*log(hypothesis) + (1 - Y)*log(1 - hypothesis))',
    ].join('; '),
    { w11: 5, w21: 5, b1: -8, w12: -7, w22: -7, b2: 3, v1: -11, v2: -11, c: 6, x1: 1, x2: 0, Y: 1 },
  ),
  matrix: example('cost = mean((sigmoid(X @ W + b) - Y)^2)', {
    X: [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ],
    W: [[1], [-1]],
    b: [0.5],
    Y: [[0], [1], [1], [0]],
  }),
  softmax: example('cost = -sum(Y*log(softmax(x @ W)))', {
    x: [[1, 2]],
    W: [
      [0.5, -0.5, 0.1],
      [0.2, 0.3, -0.4],
    ],
    Y: [[0, 1, 0]],
  }),
  deep: example('y = sigmoid(a*sigmoid(b*sigmoid(c*sigmoid(d*x))))', { a: 1, b: 1, c: 1, d: 1, x: 1 }),
} satisfies Record<string, GraphDocument>

export type ExampleName = keyof typeof examples
