// jax-js on its WebAssembly backend, the whole step (loss, gradient, update) under one jit.
import { defaultDevice, init, jit, lax, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax'
import { type Open, type Program, programOf } from '../contender.js'
import {
  type CnnProblem,
  checksum,
  type MlpProblem,
  type ProductProblem,
  type TrainingProblem,
  type TransformerProblem,
} from '../problems.js'

const array = (values: Float32Array, shape: readonly number[]) =>
  np.array(values as Float32Array<ArrayBuffer>).reshape([...shape])

type Loss = (parameters: np.Array[], x: np.Array, y: np.Array) => np.Array

/** The state of a step: the parameters, and for Adam both moments and the powers of the decay rates. */
type State = {
  parameters: np.Array[]
  means: np.Array[]
  squares: np.Array[]
  /** 0.9ᵗ and 0.999ᵗ after t steps. */
  powers: np.Array[]
}

function sgd({ parameters, ...rest }: State, gradient: np.Array[], learningRate: number): State {
  return {
    ...rest,
    parameters: parameters.map((parameter, index) => parameter.sub(gradient[index]!.mul(learningRate))),
  }
}

function adam(before: State, gradient: np.Array[], learningRate: number): State {
  const powers = [before.powers[0]!.mul(0.9), before.powers[1]!.mul(0.999)]
  const rates = [np.subtract(1, powers[0]!.ref), np.subtract(1, powers[1]!.ref)]
  const means = before.means.map((mean, index) => mean.mul(0.9).add(gradient[index]!.ref.mul(0.1)))
  const squares = before.squares.map((square, index) =>
    square.mul(0.999).add(np.square(gradient[index]!).mul(0.001)),
  )
  const parameters = before.parameters.map((parameter, index) => {
    const deviation = np.sqrt(squares[index]!.ref.div(rates[1]!.ref)).add(1e-8)
    return parameter.sub(means[index]!.ref.div(rates[0]!.ref).div(deviation).mul(learningRate))
  })
  for (const rate of rates) rate.dispose()
  return { parameters, means, squares, powers }
}

const updates = { sgd, adam }

function training(problem: TrainingProblem, loss: Loss): Program {
  const { inputs, outputs, batch, rows, data, targets, learningRate, optimizer } = problem
  const batches = Array.from({ length: rows / batch }, (_, index) => ({
    x: array(data.slice(index * batch * inputs, (index + 1) * batch * inputs), [batch, inputs]),
    y: array(targets.slice(index * batch * outputs, (index + 1) * batch * outputs), [batch, outputs]),
  }))
  const zeros = () =>
    optimizer === 'adam' ? problem.parameters.map(({ shape }) => np.zeros([...shape])) : []
  let state: State = {
    parameters: problem.parameters.map(({ shape, values }) => array(values, shape)),
    means: zeros(),
    squares: zeros(),
    powers: optimizer === 'adam' ? [np.array(1), np.array(1)] : [],
  }
  const step = jit((before: State, x: np.Array, y: np.Array): [State, np.Array] => {
    const [value, gradient] = valueAndGrad(loss)(tree.ref(before.parameters), x, y)
    return [updates[optimizer](before, gradient, learningRate), value]
  })
  let next = 0
  return {
    async run(count) {
      let last = Number.NaN
      for (let index = 0; index < count; index++) {
        const { x, y } = batches[next]!
        const [after, value] = step(state, x.ref, y.ref)
        state = after
        // Reading the loss runs the step. Otherwise the library queues up steps, and becomes up to twenty times slower
        // as the queue grows.
        last = (await value.data())[0]!
        next = (next + 1) % batches.length
      }
      return last
    },
  }
}

const mlp = (problem: MlpProblem) =>
  training(problem, (parameters, x, y) => {
    let z = x
    for (let index = 0; index < parameters.length; index += 2) {
      if (index > 0) z = nn[problem.activation](z)
      z = np.matmul(z, parameters[index]!).add(parameters[index + 1]!)
    }
    if (problem.outputs === 1) return np.mean(nn.softplus(z.ref).sub(y.mul(z)))
    return np.mean(nn.logsumexp(z.ref, 1).sub(np.sum(z.mul(y), 1)))
  })

/** jax-js is channels-first, so weights are transposed from window × window × channels × filters. */
const cnn = (problem: CnnProblem) =>
  training(problem, (parameters, x, y) => {
    let z = x.reshape([problem.batch, 1, 28, 28])
    for (let index = 0; index < parameters.length; index += 2) {
      const weights = parameters[index]!
      const bias = parameters[index + 1]!
      if (weights.ndim === 4) {
        const filters = weights.shape[3]!
        const sums = lax.conv(z, weights.transpose([3, 2, 0, 1]), [1, 1], 'SAME')
        const values = nn.relu(sums.add(bias.reshape([filters, 1, 1])))
        const half = values.shape[2]! / 2
        z = np.max(values.reshape([problem.batch, filters, half, 2, half, 2]), [3, 5])
      } else {
        if (z.ndim === 4) z = z.transpose([0, 2, 3, 1]).reshape([problem.batch, weights.shape[0]!])
        z = np.matmul(z, weights).add(bias)
        if (index < parameters.length - 2) z = nn.relu(z)
      }
    }
    return np.mean(nn.logsumexp(z.ref, 1).sub(np.sum(z.mul(y), 1)))
  })

const transformer = (problem: TransformerProblem) =>
  training(problem, (parameters, x, y) => {
    const { batch, inputs, blocks, heads } = problem
    const rest = parameters.values()
    const take = () => rest.next().value!
    const characters = parameters[0]!.shape[0]!
    const oneHot = (codes: np.Array) => nn.oneHot(codes.astype(np.int32), characters)
    const dense = (x: np.Array) => np.matmul(x, take()).add(take())
    const norm = (x: np.Array) => nn.standardize(x, -1, { epsilon: 1e-5 }).mul(take()).add(take())
    const apart = (x: np.Array) => x.reshape([batch, inputs, heads, -1]).transpose([0, 2, 1, 3])
    const size = parameters[0]!.shape[1]! / heads
    // Gather has no gradient here.
    let z = np.matmul(oneHot(x), take()).add(take())
    for (let block = 0; block < blocks; block++) {
      const normed = norm(z.ref)
      const [q, k, v] = [apart(dense(normed.ref)), apart(dense(normed.ref)), apart(dense(normed))]
      // nn.dotProductAttention needs iterator helpers, which Node 20 lacks.
      const scores = np.matmul(q, np.matrixTranspose(k)).mul(size ** -0.5)
      const seen = np.where(np.tri(inputs, inputs).equal(1), scores, Number.NEGATIVE_INFINITY)
      const heard = np.matmul(nn.softmax(seen), v).transpose([0, 2, 1, 3])
      z = z.add(dense(heard.reshape([batch, inputs, -1])))
      z = z.ref.add(dense(nn.gelu(dense(norm(z)), { approximate: true })))
    }
    const logits = dense(norm(z))
    return np.mean(nn.logsumexp(logits.ref, -1).sub(np.sum(logits.mul(oneHot(y)), -1)))
  })

function product(problem: ProductProblem): Program {
  const { layout, side, stack } = problem
  const shape = stack === 1 ? [side, side] : [stack, side, side]
  const a = array(problem.a, shape)
  const b = array(problem.b, shape)
  const transposed = (matrix: np.Array) => np.matrixTranspose(matrix)
  const multiply = jit((left: np.Array, right: np.Array) =>
    np.matmul(layout === 'tn' ? transposed(left) : left, layout === 'nt' ? transposed(right) : right),
  )
  return {
    async run(count) {
      for (let index = 1; index < count; index++) {
        const products = multiply(a.ref, b.ref)
        await products.blockUntilReady()
        products.dispose()
      }
      return checksum(problem, (await multiply(a.ref, b.ref).data()) as Float32Array)
    },
  }
}

export const open: Open = async (problem) => {
  await init('wasm')
  defaultDevice('wasm')
  return programOf(problem, { mlp, cnn, transformer, product })
}
