// The graph of a network's training step, with the operations of the lecture, the numbers of any step, and the program
// that it is compiled to.
import {
  add,
  Constant,
  compile,
  compileStep,
  evaluate,
  gradients,
  type Input,
  input,
  l1Penalty,
  l2Penalty,
  log,
  mean,
  mul,
  neg,
  sigmoid,
  simplify,
  softmax,
  square,
  sub,
  sum,
  type Tensor,
  topological,
  Variable,
} from '@bp/core/lean'
import type { NetworkDocument } from '../network/document.js'
import { createNetworkRun, type NetworkRun, optimizerOf, picked } from '../network/run.js'
import { isConstant, type Operation, type Operations, type Part } from './operations.js'

/** An array, as much of it as can be looked at. */
export interface ArrayNumbers {
  readonly shape: readonly number[]
  readonly least: number
  readonly mean: number
  readonly greatest: number
  /** Its first rows and columns; of a vector one row. */
  readonly cells: readonly (readonly number[])[]
}

/** Numbers of one operation at a step. */
export interface OperationNumbers {
  /** For an update, the parameter after it; `null` where no step follows. */
  readonly value: ArrayNumbers | null
  /** Of the cost by this operation; `null` if it is not differentiated. */
  readonly derivative: ArrayNumbers | null
}

/** An instruction of the program, and the operations it computes. */
export interface Instruction {
  readonly name: string
  readonly operations: number
  readonly bytes: number
  readonly nodes: readonly string[]
}

export interface StepNumbers {
  readonly step: number
  /** Indices of the training rows that the step takes. */
  readonly rows: readonly number[]
  readonly numbers: ReadonlyMap<string, OperationNumbers>
}

/** Rows and columns of an array that are looked at. */
const mostCells = 8

interface Built {
  readonly operations: Operations
  readonly program: readonly Instruction[]
  readonly x: Input
  readonly y: Input
  /** Float32, by name: what the network itself computes, and its derivatives. */
  readonly values: ReadonlyMap<string, Tensor>
  readonly derivatives: ReadonlyMap<string, Tensor>
  /** By the weights and biases, in the order of the model. */
  readonly gradients: readonly Tensor[]
  /** Float64: the cost as the lecture writes it, from the last sums of the network. */
  readonly cost: Cost
  readonly costNames: ReadonlyMap<Tensor, string>
  readonly last: Tensor
  readonly compute: (x: Float32Array, y: Float32Array) => ReadonlyMap<Tensor, Float32Array>
}

/** The cost as a graph of its own, whose inputs are the network's last sums, targets and weights. */
interface Cost {
  readonly sums: Input
  readonly targets: Input
  readonly weights: readonly Input[]
  /** The prediction, where the network leaves its activation to the loss. */
  readonly prediction: Tensor | null
  readonly cost: Tensor
}

/** The operation that the library really computes the cost with. */
export type Fused = 'sigmoidCrossEntropyWithLogits' | 'softmaxCrossEntropyWithLogits' | 'squaredDifference'

export class NetworkOperations {
  readonly document: NetworkDocument
  readonly run: NetworkRun
  /** By number of rows: the last batch of an epoch may be smaller. */
  readonly #built = new Map<number, Built>()

  constructor(document: NetworkDocument) {
    this.document = document
    this.run = createNetworkRun(document)
  }

  get fused(): Fused {
    if (this.document.loss === 'squaredError') return 'squaredDifference'
    return this.run.data.classes === 2 ? 'sigmoidCrossEntropyWithLogits' : 'softmaxCrossEntropyWithLogits'
  }

  #build(rows: number): Built {
    let built = this.#built.get(rows)
    if (!built) {
      built = build(this.document, this.run, rows)
      this.#built.set(rows, built)
    }
    return built
  }

  /** Operations and program of the next step. */
  get graph(): { readonly operations: Operations; readonly program: readonly Instruction[] } {
    return this.#build(this.run.nextRows.length)
  }

  /** The numbers of the next step, from the weights before it. */
  numbers(): StepNumbers {
    const { run } = this
    const rows = run.nextRows
    const built = this.#build(rows.length)
    const { training } = run.data
    const width = training.targetShape[0]!
    const x = picked(training.inputs, rows, run.data.inputs)
    const y = picked(training.targets, rows, width)
    const computed = new Map(built.compute(x, y))
    // With all numbers kept, nothing is fused, and the last bits may differ: those of training are shown.
    for (const [index, gradient] of run.gradients(rows).gradients.entries())
      computed.set(built.gradients[index]!, gradient)
    const given = (tensor: Tensor): ArrayLike<number> =>
      tensor === built.x
        ? x
        : tensor === built.y
          ? y
          : (computed.get(tensor) ?? Array.from((tensor as Variable | Constant).values))
    const numbers = new Map<string, OperationNumbers>()
    for (const [name, { shape }] of built.operations) {
      const tensor = built.values.get(name)
      if (!tensor) continue
      const derivative = built.derivatives.get(name)
      numbers.set(name, {
        value: summary(given(tensor), shape!),
        derivative: derivative ? summary(given(derivative), shape!) : null,
      })
    }
    const own = costNumbers(built, given(built.last), y)
    for (const [tensor, name] of built.costNames) numbers.set(name, own.get(tensor)!)
    const after = weightsAfter(run)
    let offset = 0
    for (const { name, size, shape } of run.model.parameters) {
      numbers.set(updateName(name), {
        value: after && summary(after.subarray(offset, offset + size), shape),
        derivative: null,
      })
      offset += size
    }
    return { step: run.getState().step, rows, numbers }
  }
}

function weightsAfter(run: NetworkRun): Float32Array | null {
  const { step, status } = run.getState()
  if (status === 'diverged' || status === 'done') return null
  run.step()
  const after = run.getState().step > step ? run.weights() : null
  run.goTo(step)
  return after
}

/** In float64, where a probability does not round to 0 or 1. */
function costNumbers({ cost, costNames }: Built, sums: ArrayLike<number>, targets: ArrayLike<number>) {
  const given = new Map<Tensor, ArrayLike<number>>([
    [cost.sums, sums],
    [cost.targets, targets],
    ...cost.weights.map((weight): [Tensor, ArrayLike<number>] => [weight, weightValues.get(weight)!()]),
  ])
  const tensors = [...costNames.keys()]
  const differentiated = tensors.filter((tensor) => !tensor.isConstant && dependsOn(tensor, cost))
  const derivatives = gradients(cost.cost, differentiated)
  const values = evaluate([...tensors, ...derivatives], given)
  const derivativeOf = new Map(
    differentiated.map((tensor, index) => [tensor, values[tensors.length + index]!]),
  )
  return new Map(
    tensors.map((tensor, index): [Tensor, OperationNumbers] => {
      const derivative = derivativeOf.get(tensor)
      return [
        tensor,
        {
          value: summary(values[index]!, tensor.shape),
          derivative: derivative ? summary(derivative, tensor.shape) : null,
        },
      ]
    }),
  )
}

/** Where the values of a weight come from that the cost has penalties on. */
const weightValues = new WeakMap<Input, () => ArrayLike<number>>()

const dependsOn = (tensor: Tensor, { sums, weights }: Cost): boolean =>
  topological([tensor]).some((one) => one === sums || weights.includes(one as Input))

function summary(values: ArrayLike<number>, shape: readonly number[]): ArrayNumbers {
  let [least, greatest, total] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!
    // Unlike comparisons, these keep NaN.
    least = Math.min(least, value)
    greatest = Math.max(greatest, value)
    total += value
  }
  const columns = shape.at(-1) ?? 1
  const rows = values.length / columns
  const cells = Array.from({ length: Math.min(rows, mostCells) }, (_, row) =>
    Array.from({ length: Math.min(columns, mostCells) }, (_, column) => values[row * columns + column]!),
  )
  return { shape, least, mean: total / values.length, greatest, cells }
}

export const updateName = (parameter: string) => `update/${parameter.replaceAll('/', '_')}`

/** `MatMul`, `SigmoidGrad`: the names that TensorFlow gives to operations, or would give. */
export function operationName(name: string): string {
  return name === 'matmul' ? 'MatMul' : name[0]!.toUpperCase() + name.slice(1)
}

/** Gives each operation of a scope a name of its own: `Mul`, `Mul_1`. */
export function namer(): (scope: string, op: string) => string {
  const counts = new Map<string, number>()
  return (scope, op) => {
    const name = scope === '' ? op : `${scope}/${op}`
    const count = counts.get(name) ?? 0
    counts.set(name, count + 1)
    return count === 0 ? name : `${name}_${count}`
  }
}

function build(document: NetworkDocument, run: NetworkRun, rows: number): Built {
  const { model, data } = run
  const width = data.training.targetShape[0]!
  const { parameters } = model
  const x = input([rows, data.inputs], { name: 'X' })
  const y = input([rows, width], { name: 'Y' })
  const outputs = model.apply(x)
  const loss = run.lossOf(outputs, y)
  const lastScope = `layer${run.sizes.length - 1}`

  const name = namer()
  const operations = new Map<string, Operation>()
  const values = new Map<string, Tensor>()
  const names = new Map<Tensor, string>()
  const scopeOf = (tensor: Tensor) => tensor.name.slice(0, Math.max(0, tensor.name.indexOf('/')))
  const add = (id: string, tensor: Tensor, part: Part, inputs: readonly string[], op: string) =>
    operations.set(id, { name: id, op, inputs, shape: tensor.shape, part })

  // Forward: the layers as they are.
  const layers = topological([outputs])
  for (const tensor of layers) {
    const op = tensor.op ? operationName(tensor.op.name) : tensor === x ? 'Placeholder' : 'Variable'
    const id = tensor.op ? name(scopeOf(tensor), op) : tensor.name
    names.set(tensor, id)
    values.set(id, tensor)
    add(
      id,
      tensor,
      'forward',
      tensor.inputs.map((input) => names.get(input)!),
      op,
    )
  }
  names.set(y, 'Y')
  values.set('Y', y)
  add('Y', y, 'forward', [], 'Placeholder')

  // Its cost as the lecture writes it.
  const cost = lectureCost(document, run, outputs, y)
  const costNames = new Map<Tensor, string>()
  const boundary = new Map<Tensor, string>([
    [cost.sums, names.get(outputs)!],
    [cost.targets, 'Y'],
    ...cost.weights.map((weight, index): [Tensor, string] => [weight, penalized(run)[index]!.name]),
  ])
  for (const tensor of topological([cost.cost])) {
    if (boundary.has(tensor)) continue
    const op = tensor.op ? operationName(tensor.op.name) : 'Const'
    const id = name(tensor === cost.prediction ? lastScope : 'cost', op)
    boundary.set(tensor, id)
    costNames.set(tensor, id)
    operations.set(id, {
      name: id,
      op,
      inputs: tensor.inputs.map((input) => boundary.get(input)!),
      shape: tensor.shape,
      part: 'forward',
      ...(tensor instanceof Constant && { literal: String(tensor.values[0]) }),
    })
  }
  const costName = boundary.get(cost.cost)!

  // Backward: the derivatives as they are compiled.
  const differentiated = [...layers.filter((tensor) => tensor.op), ...parameters]
  const results = simplify([
    loss,
    ...gradients(loss, parameters),
    ...gradients(loss, differentiated),
    ...layers,
  ])
  const parts = {
    loss: results[0]!,
    parameters: results.slice(1, 1 + parameters.length),
    derivatives: results.slice(1 + parameters.length, 1 + parameters.length + differentiated.length),
    layers: results.slice(1 + parameters.length + differentiated.length),
  }
  const derivativeTensors = new Map(
    differentiated.map((tensor, index) => [tensor, parts.derivatives[index]!]),
  )
  const drawn = new Map<Tensor, string>([
    ...layers.map((tensor): [Tensor, string] => [tensor, names.get(tensor)!]),
    ...parts.layers.map((tensor, index): [Tensor, string] => [tensor, names.get(layers[index]!)!]),
    [y, 'Y'],
  ])
  const ofLoss = new Set(topological([parts.loss]).filter((tensor) => tensor.op && !drawn.has(tensor)))
  const scopes = gradientScopes(loss, layers, parameters, derivativeTensors, scopeOf)
  const gradientTensors: Tensor[] = []
  for (const tensor of topological(parts.parameters)) {
    if (drawn.has(tensor)) continue
    if (ofLoss.has(tensor)) {
      drawn.set(tensor, costName)
      continue
    }
    const op = tensor.op ? operationName(tensor.op.name) : 'Const'
    const id = name(`gradients/${scopes.get(tensor) ?? 'cost'}`, op)
    drawn.set(tensor, id)
    values.set(id, tensor)
    if (tensor.op) gradientTensors.push(tensor)
    add(id, tensor, 'gradients', [...new Set(tensor.inputs.map((input) => drawn.get(input)!))], op)
    if (tensor instanceof Constant)
      operations.set(id, {
        ...operations.get(id)!,
        literal: tensor.rank === 0 ? String(tensor.values[0]) : 'Const',
      })
  }
  const derivatives = new Map<string, Tensor>()
  for (const [tensor, derivative] of [...derivativeTensors].reverse()) {
    const id = names.get(tensor) ?? tensor.name
    derivatives.set(id, derivative)
    const maker = drawn.get(derivative)
    const made = maker === undefined ? undefined : operations.get(maker)
    if (made?.part !== 'gradients' || isConstant(made)) continue
    operations.set(id, { ...operations.get(id)!, derivative: made.name })
    // Of several operations with one derivative, the last is what it is called by.
    if (made.of === undefined) operations.set(made.name, { ...made, of: id })
  }

  // Update: each parameter by its derivative.
  const ownProgram = programOf(document, rows)
  const updating = ownProgram.at(-1)!.instruction
  for (const [index, parameter] of parameters.entries()) {
    const gradient = drawn.get(parts.parameters[index]!)!
    const id = updateName(parameter.name)
    operations.set(id, {
      name: id,
      op: updating,
      inputs: [gradient, parameter.name],
      shape: parameter.shape,
      part: 'update',
      of: parameter.name,
    })
  }

  const wanted = [
    ...new Set([...layers, ...gradientTensors, ...parts.derivatives].filter((tensor) => tensor.op !== null)),
  ]
  const compiled = compile({
    inputs: { x, y },
    outputs: Object.fromEntries(wanted.map((tensor, index) => [index, tensor])),
  })
  return {
    operations,
    program: instructionsOf(
      ownProgram,
      drawn,
      [...ofLoss],
      [...[...costNames.values()].filter((id) => operations.get(id)!.op !== 'Const')],
    ),
    x,
    y,
    values,
    derivatives,
    gradients: parts.parameters,
    cost,
    costNames,
    last: outputs,
    compute: (xs, ys) => {
      const found = compiled({ x: xs, y: ys }) as Record<string, Float32Array>
      return new Map(wanted.map((tensor, index) => [tensor, found[index]!]))
    },
  }
}

const penalized = ({ model, document }: NetworkRun) =>
  document.l1 > 0 || document.l2 > 0 ? model.parameters.filter(({ rank }) => rank === 2) : []

/** `-reduce_mean(Y*log(h) + (1 - Y)*log(1 - h))`, for several classes `-reduce_mean(sum(Y*log(h)))`. */
function lectureCost({ loss, l1, l2 }: NetworkDocument, run: NetworkRun, outputs: Tensor, y: Tensor): Cost {
  const sums = input([...outputs.shape], { dtype: 'f64' })
  const targets = input([...y.shape], { dtype: 'f64' })
  const weights = penalized(run).map((parameter) => {
    const weight = input([...parameter.shape], { dtype: 'f64' })
    weightValues.set(weight, () => Array.from(parameter.values))
    return weight
  })
  let prediction: Tensor | null = null
  let cost: Tensor
  if (loss === 'squaredError') cost = mean(square(sub(sums, targets)))
  else if (run.data.classes === 2) {
    prediction = sigmoid(sums)
    const right = mul(targets, log(prediction))
    const wrong = mul(sub(1, targets), log(sub(1, prediction)))
    cost = neg(mean(add(right, wrong)))
  } else {
    prediction = softmax(sums)
    cost = neg(mean(sum(mul(targets, log(prediction)), -1)))
  }
  if (l1 > 0) cost = add(cost, l1Penalty(weights, l1))
  if (l2 > 0) cost = add(cost, l2Penalty(weights, l2 / 2))
  return { sums, targets, weights, prediction, cost }
}

/** The layer, or `cost`, through which each derivative is passed back: that of the operation which used the tensor. */
export function gradientScopes(
  loss: Tensor,
  layers: readonly Tensor[],
  parameters: readonly Tensor[],
  derivatives: ReadonlyMap<Tensor, Tensor>,
  scopeOf: (tensor: Tensor) => string,
): Map<Tensor, string> {
  const inLayers = new Set(layers)
  const users = new Map<Tensor, Tensor>()
  for (const tensor of topological([loss]))
    for (const input of tensor.inputs) if (!users.has(input)) users.set(input, tensor)
  const scopes = new Map<Tensor, string>()
  const assign = (tensor: Tensor) => {
    const derivative = derivatives.get(tensor)
    const user = users.get(tensor)
    if (!derivative) return
    const scope = user && inLayers.has(user) ? scopeOf(user) : 'cost'
    for (const one of topological([derivative], (before) => scopes.has(before) || inLayers.has(before)))
      if (!scopes.has(one)) scopes.set(one, scope)
  }
  for (const tensor of [...layers].reverse()) if (tensor.op) assign(tensor)
  for (const parameter of parameters) assign(parameter)
  return scopes
}

/** The program of a step of this network; on a model of its own, since compiling takes the weights over. */
function programOf(document: NetworkDocument, rows: number) {
  const { model, data, lossOf } = new Fresh(document)
  const x = input([rows, data.inputs], { name: 'X' })
  const y = input([rows, data.training.targetShape[0]!], { name: 'Y' })
  const step = compileStep({
    inputs: { x, y },
    loss: lossOf(model.apply(x), y),
    optimizer: optimizerOf(document),
    parameters: model.parameters,
  })
  return step.program
}

class Fresh {
  readonly #run: NetworkRun
  constructor(document: NetworkDocument) {
    this.#run = createNetworkRun({ ...document, edits: [], step: 0 })
  }
  get model() {
    return this.#run.model
  }
  get data() {
    return this.#run.data
  }
  readonly lossOf = (outputs: Tensor, targets: Tensor) => this.#run.lossOf(outputs, targets)
}

/** Finds equal tensors of two graphs: of the same operation, attributes and, in turn, inputs. */
function structure(): (tensor: Tensor) => number {
  const numbers = new Map<string, number>()
  const known = new Map<Tensor, number>()
  return (root) => {
    for (const tensor of topological([root], (one) => known.has(one))) {
      if (known.has(tensor)) continue
      const key = tensor.op
        ? `${tensor.op.name}(${tensor.inputs.map((input) => known.get(input)).join()})${JSON.stringify(tensor.attributes)}`
        : tensor instanceof Constant
          ? `constant ${tensor.shape.join('×')} ${Array.from(tensor.values.slice(0, 16)).join()}`
          : `leaf ${tensor.name}`
      if (!numbers.has(key)) numbers.set(key, numbers.size)
      known.set(tensor, numbers.get(key)!)
    }
    return known.get(root)!
  }
}

function instructionsOf(
  program: ReturnType<typeof programOf>,
  drawn: ReadonlyMap<Tensor, string>,
  ofLoss: readonly Tensor[],
  costNames: readonly string[],
): Instruction[] {
  const number = structure()
  const byNumber = new Map<number, readonly string[]>()
  for (const [tensor, id] of drawn) byNumber.set(number(tensor), [id])
  // What the library computes at once stands for all operations of the lecture's cost.
  for (const tensor of ofLoss) byNumber.set(number(tensor), costNames)
  return program.map(({ instruction, nodes, operations, bytes }) => ({
    name: instruction,
    operations,
    bytes,
    nodes: [
      ...new Set(
        nodes.flatMap((node) =>
          node instanceof Variable ? [updateName(node.name)] : (byNumber.get(number(node)) ?? []),
        ),
      ),
    ],
  }))
}
