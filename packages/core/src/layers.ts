// Layers, and models made of them.
import { blamingCaller, ShapeError, ValueError } from './errors.js'
import { type InitializerName, initializers } from './initializers.js'
import { matmul, relu, reshape, sigmoid, softplus, tanh } from './ops/index.js'
import { type Random, random } from './random.js'
import { describeShape, type Shape, sameShape, sizeOf } from './shape.js'
import { scope, type Tensor, type TensorLike, toTensor, type Variable, variable } from './tensor.js'

/** A layer in a model: it owns parameters and is a function of tensors. */
export interface Layer {
  /** For the summary: `dense`. */
  readonly kind: string
  /** Name within the model, which those of its parameters begin with. */
  readonly name: string
  readonly parameters: readonly Variable[]
  /** Shape of one row of its output. */
  readonly outputShape: Shape
  /** The output for a batch of rows. */
  apply(x: Tensor): Tensor
}

/** What a layer will be once the shape of its input is known. */
export interface LayerPlan {
  readonly kind: string
  /** @internal Called by models, inside of the scope of the layer. */
  build(inputShape: Shape, random: Random): Omit<Layer, 'kind' | 'name'>
}

const activations = {
  linear: (x: Tensor) => x,
  sigmoid,
  tanh,
  relu,
  softplus,
} satisfies Readonly<Record<string, (x: Tensor) => Tensor>>

export type ActivationName = keyof typeof activations

export interface DenseOptions {
  /** How many numbers it puts out for each row. */
  units: number
  /** Function applied to each of them; none unless given. */
  activation?: ActivationName
  /** Beginning of the weights: `heUniform` before relu and `glorotUniform` else, unless given. */
  weights?: InitializerName
  /** Beginning of the biases; zeros unless given. */
  bias?: InitializerName
}

/** Fully connected layer: `activation(x · weights + bias)`. */
export function dense({ units, activation = 'linear', weights, bias = 'zeros' }: DenseOptions): LayerPlan {
  checkCount('dense', 'units', units)
  checkName('dense', 'activation', activation, activations)
  const begin = weights ?? (activation === 'relu' ? 'heUniform' : 'glorotUniform')
  checkName('dense', 'initializer', begin, initializers)
  checkName('dense', 'initializer', bias, initializers)
  return {
    kind: 'dense',
    build(inputShape, random) {
      if (inputShape.length !== 1)
        throw new ShapeError(
          `dense: wants rows of numbers, got rows of ${describeShape(inputShape)}; put flatten() before it`,
        )
      const [inputs] = inputShape as [number]
      const shape = [inputs, units]
      const w = variable(initializers[begin](shape, inputs, units, random.stream('weights')), {
        shape,
        name: 'weights',
      })
      const b = variable(initializers[bias]([units], inputs, units, random.stream('bias')), { name: 'bias' })
      return {
        parameters: [w, b],
        outputShape: [units],
        apply: (x) => activations[activation](matmul(x, w).add(b)),
      }
    },
  }
}

/** Makes one long row of each row's numbers. */
export function flatten(): LayerPlan {
  return {
    kind: 'flatten',
    build: (inputShape) => ({
      parameters: [],
      outputShape: [sizeOf(inputShape)],
      apply: (x) => reshape(x, [x.shape[0]!, sizeOf(inputShape)]),
    }),
  }
}

/** An activation function as a layer of its own. */
export function activation(name: ActivationName): LayerPlan {
  checkName('activation', 'activation', name, activations)
  return {
    kind: name,
    build: (inputShape) => ({ parameters: [], outputShape: inputShape, apply: activations[name] }),
  }
}

export interface Model {
  /** Shape of one row of the input. */
  readonly inputShape: Shape
  /** Shape of one row of the output. */
  readonly outputShape: Shape
  readonly layers: readonly Layer[]
  /** Everything that training can change, in order. */
  readonly parameters: readonly Variable[]
  /**
   * The output for a batch of rows.
   * @throws ShapeError unless x is a batch of rows of `inputShape`.
   */
  apply(x: TensorLike): Tensor
  /** A table of layers, output shapes and numbers of parameters. */
  summary(): string
}

export interface ModelOptions {
  /** Shape of one row of the input. */
  inputShape: Shape
  /** Decides what the parameters begin with. */
  seed: number
}

/** A model in which each layer takes what the one before puts out. */
export function sequential(plans: readonly LayerPlan[], { inputShape, seed }: ModelOptions): Model {
  return blamingCaller(sequential, () => {
    if (plans.length === 0) throw new ValueError('sequential: wants at least one layer')
    const layers: Layer[] = []
    const draws = random(seed).stream('initialization')
    let shape = inputShape
    for (const [index, plan] of plans.entries()) {
      const name = `layer${index + 1}`
      const layer = scope(name, () => plan.build(shape, draws.stream(index)))
      layers.push({ ...layer, kind: plan.kind, name })
      shape = layer.outputShape
    }
    return {
      inputShape,
      outputShape: shape,
      layers,
      parameters: layers.flatMap(({ parameters }) => parameters),
      apply: (x) => {
        const batch = toTensor(x)
        if (batch.rank === 0 || !sameShape(batch.shape.slice(1), inputShape))
          throw new ShapeError(
            `model: wants a batch of rows of ${describeShape(inputShape)}, got ${describeShape(batch.shape)}`,
          )
        return layers.reduce((y, layer) => scope(layer.name, () => layer.apply(y)), batch)
      },
      summary: () => summarize(layers, inputShape),
    }
  })
}

function summarize(layers: readonly Layer[], inputShape: Shape): string {
  const count = (parameters: readonly Variable[]) => parameters.reduce((total, { size }) => total + size, 0)
  const lines = [
    ['layer', 'kind', 'output', 'parameters'],
    ['', 'input', describeShape(inputShape), '0'],
    ...layers.map(({ name, kind, outputShape, parameters }) => [
      name,
      kind,
      describeShape(outputShape),
      String(count(parameters)),
    ]),
    ['total', '', '', String(count(layers.flatMap(({ parameters }) => parameters)))],
  ]
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function checkCount(layer: string, name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new ValueError(`${layer}: ${name} must be a whole number from 1 up, got ${value}`)
}

function checkName(layer: string, what: string, name: string, table: object): void {
  if (!Object.hasOwn(table, name))
    throw new ValueError(
      `${layer}: there is no ${what} "${name}"; there are ${Object.keys(table).join(', ')}`,
    )
}
