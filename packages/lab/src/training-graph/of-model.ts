// The graph of a training step of any model as named operations: forward, the loss, its gradients, the update.
import {
  Constant,
  gradients,
  input,
  type LossName,
  losses,
  type Model,
  simplify,
  type Tensor,
  topological,
} from '@bp/core/lean'
import { gradientScopes, namer, operationName, updateName } from './of-network.js'
import type { Operation, Operations, Part } from './operations.js'

export interface ModelStep {
  readonly model: Model
  readonly loss: LossName
  /** What the update is called: `Adam`. */
  readonly update: string
  /** Rows of a batch. */
  readonly rows: number
  /** Shape of one row of inputs and of targets. */
  readonly inputShape: readonly number[]
  readonly targetShape: readonly number[]
}

/** What a step computes, simplified as when it is compiled. */
export function operationsOfModel(step: ModelStep): Operations {
  const { model, rows } = step
  const x = input([rows, ...step.inputShape], { name: 'X' })
  const y = input([rows, ...step.targetShape], { name: 'Y' })
  const outputs = model.apply(x)
  const loss = losses[step.loss].of(outputs, y)
  const scopeOf = (tensor: Tensor) => tensor.name.slice(0, Math.max(0, tensor.name.indexOf('/')))
  const name = namer()
  const operations = new Map<string, Operation>()
  const names = new Map<Tensor, string>()
  const add = (tensor: Tensor, part: Part, scope: string) => {
    const id = tensor.op
      ? name(scope, operationName(tensor.op.name))
      : tensor.name || name(scope, tensor instanceof Constant ? 'Const' : 'Variable')
    names.set(tensor, id)
    operations.set(id, {
      name: id,
      op: tensor.op
        ? operationName(tensor.op.name)
        : tensor instanceof Constant
          ? 'Const'
          : tensor === x || tensor === y
            ? 'Placeholder'
            : 'Variable',
      inputs: [...new Set(tensor.inputs.map((one) => names.get(one)!))],
      shape: tensor.shape,
      part,
      ...(tensor instanceof Constant && tensor.rank === 0 && { literal: String(tensor.values[0]) }),
    })
  }
  const layers = topological([outputs])
  for (const tensor of layers) add(tensor, 'forward', scopeOf(tensor))
  if (!names.has(y)) add(y, 'forward', '')

  const differentiated = [...layers.filter((tensor) => tensor.op), ...model.parameters]
  const results = simplify([
    loss,
    ...gradients(loss, model.parameters),
    ...gradients(loss, differentiated),
    ...layers,
  ])
  const from = (start: number, count: number) => results.slice(start, start + count)
  const { length } = model.parameters
  const ofParameters = from(1, length)
  const derivatives = new Map(differentiated.map((tensor, index) => [tensor, results[1 + length + index]!]))
  for (const [index, tensor] of from(1 + length + differentiated.length, layers.length).entries())
    names.set(tensor, names.get(layers[index]!)!)
  for (const tensor of topological([results[0]!])) if (!names.has(tensor)) add(tensor, 'forward', 'cost')
  const scopes = gradientScopes(loss, layers, model.parameters, derivatives, scopeOf)
  for (const tensor of topological(ofParameters))
    if (!names.has(tensor)) add(tensor, 'gradients', `gradients/${scopes.get(tensor) ?? 'cost'}`)
  for (const [index, parameter] of model.parameters.entries()) {
    const id = updateName(parameter.name)
    operations.set(id, {
      name: id,
      op: step.update,
      inputs: [names.get(ofParameters[index]!)!, parameter.name],
      shape: parameter.shape,
      part: 'update',
      of: parameter.name,
    })
  }
  return operations
}
