// @bp/core: a training step, or a product, as one program in its kernel.
import {
  adam,
  compile,
  compileStep,
  conv2d,
  embedding,
  gelu,
  input,
  layerNorm,
  linear,
  matmul,
  maxPool2d,
  mean,
  Rows,
  scaledDotProductAttention,
  setThreads,
  sgd,
  sigmoidCrossEntropyWithLogits,
  softmaxCrossEntropyWithLogits,
  sparseSoftmaxCrossEntropy,
  type Tensor,
  transpose,
  useRelaxedSimd,
  variable,
} from '@bp/core'
import { getKernel } from '@bp/kernel'
import { CannotRun, type Open, type Program, programOf } from '../contender.js'
import { withoutRelaxed } from '../failure.js'
import {
  type CnnProblem,
  checksum,
  type MlpProblem,
  type ProductProblem,
  type TrainingProblem,
  type TransformerProblem,
} from '../problems.js'

const optimizers = { sgd, adam }

type Loss = (parameters: readonly Tensor[], x: Tensor, y: Tensor) => Tensor

function training(problem: TrainingProblem, loss: Loss): Program {
  const { inputs, outputs, batch, rows, data, targets, optimizer, learningRate } = problem
  const x = input([batch, inputs])
  const y = input([batch, outputs])
  const parameters = problem.parameters.map(({ shape, values }) => variable(values, { shape }))
  const step = compileStep({
    inputs: { x, y },
    loss: loss(parameters, x, y),
    optimizer: optimizers[optimizer]({ learningRate }),
    rows: new Rows(rows, { x: data, y: targets }),
  })
  return {
    run: (count) => step.run(count).at(-1)!,
    wasmBytes: () => getKernel().size,
  }
}

const mlp = (problem: MlpProblem) =>
  training(problem, (parameters, x, y) => {
    let z = x
    for (let index = 0; index < parameters.length; index += 2) {
      if (index > 0) z = z[problem.activation]()
      z = z.matmul(parameters[index]!).add(parameters[index + 1]!)
    }
    const entropy = problem.outputs === 1 ? sigmoidCrossEntropyWithLogits : softmaxCrossEntropyWithLogits
    return mean(entropy(z, y))
  })

const cnn = (problem: CnnProblem) =>
  training(problem, (parameters, x, y) => {
    let z = x.reshape([problem.batch, 28, 28, 1])
    for (let index = 0; index < parameters.length; index += 2) {
      const weights = parameters[index]!
      const bias = parameters[index + 1]!
      if (weights.rank === 4)
        z = maxPool2d(conv2d(z, weights, { padding: 'same' }).add(bias).relu(), { size: 2 })
      else {
        z = z.reshape([problem.batch, weights.shape[0]!]).matmul(weights).add(bias)
        if (index < parameters.length - 2) z = z.relu()
      }
    }
    return mean(softmaxCrossEntropyWithLogits(z, y))
  })

const transformer = (problem: TransformerProblem) =>
  training(problem, (parameters, x, y) => {
    const { batch, inputs, blocks, heads } = problem
    const rest = parameters.values()
    const take = () => rest.next().value!
    const dense = (x: Tensor) => linear(x, take(), take())
    const norm = (x: Tensor) => layerNorm(x, take(), take(), { epsilon: 1e-5 })
    const apart = (x: Tensor) =>
      transpose(x.reshape([batch, inputs, heads, x.shape[2]! / heads]), [0, 2, 1, 3])
    let z = embedding(take(), x).add(take())
    for (let block = 0; block < blocks; block++) {
      const normed = norm(z)
      const [q, k, v] = [apart(dense(normed)), apart(dense(normed)), apart(dense(normed))]
      const heard = transpose(scaledDotProductAttention(q, k, v, { causal: true }), [0, 2, 1, 3])
      z = z.add(dense(heard.reshape(z.shape)))
      z = z.add(dense(gelu(dense(norm(z)), { approximate: 'tanh' })))
    }
    return sparseSoftmaxCrossEntropy(dense(norm(z)), y)
  })

/** The matrices are variables in kernel memory. Each call writes its products into one array. */
function product(problem: ProductProblem): Program {
  const { layout, side, stack } = problem
  const shape = [stack, side, side]
  const y = matmul(variable(problem.a, { shape }), variable(problem.b, { shape }), {
    transposeA: layout === 'tn',
    transposeB: layout === 'nt',
  })
  const products = new Float32Array(y.size)
  const multiply = compile({ inputs: {}, outputs: { y } })
  return {
    run(count) {
      for (let index = 0; index < count; index++) multiply({}, { y: products })
      return checksum(problem, products)
    },
  }
}

export const open: Open = async (problem) => {
  const threads = problem.kind === 'product' ? 1 : problem.threads
  if (threads > 1 && (await setThreads(threads)) !== threads) throw new CannotRun('has only one thread here')
  if (problem.kind === 'product' && problem.relaxed && !(await useRelaxedSimd()))
    throw new CannotRun(withoutRelaxed)
  return programOf(problem, { mlp, cnn, transformer, product })
}
