// Every operation of the table with each of its samples, and numbers for these.

import { byName } from '../src/graph/input-names.js'
import { caseInputs } from '../src/graph/sample.js'
import { type Shape, sizeOf } from '../src/graph/shape.js'
import { input, type Op, ops, type Tensor } from '../src/index.js'
import { draw, generator } from './sampling.js'

/** By name: bundlers give the exports of a module an order of their own. */
export const table = (Object.values(ops) as unknown as Op[]).sort((a, b) => (a.name < b.name ? -1 : 1))

export interface Trial {
  readonly title: string
  readonly op: Op
  readonly inputs: ReturnType<typeof caseInputs>
  /** Shapes by name, as the op's own functions take them. */
  readonly byInput: Record<string, Shape | readonly Shape[]>
  readonly attributes: object | undefined
}

export const trials: Trial[] = table.flatMap((op) =>
  op.definition.sample.cases.map((example: { shapes: Trial['byInput']; attributes?: object }) => {
    const inputs = caseInputs(op.definition.inputs, example.shapes)
    return {
      title: `${op.name} of ${inputs.map(({ shape }) => `[${shape}]`).join(', ')}${example.attributes ? ` ${JSON.stringify(example.attributes)}` : ''}`,
      op,
      inputs,
      byInput: example.shapes,
      attributes: example.attributes,
    }
  }),
)

/** The op called on tensors in order, those for an input such as `...xs` as a list. */
export function call(op: Op, inputs: readonly Tensor[], attributes?: object): Tensor {
  const given = Object.values(byName(op.definition.inputs, inputs))
  return (op as unknown as (...args: unknown[]) => Tensor)(...given, ...(attributes ? [attributes] : []))
}

/** The op applied to inputs of the trial's shapes, and numbers for these, rounded to what f32 can hold. */
export function instance({ op, inputs: wanted, attributes }: Trial, dtype: 'f32' | 'f64') {
  const next = generator(op.name.length + sizeOf(wanted[0]!.shape))
  const inputs = wanted.map(({ shape, label }) => input(shape, { name: label, dtype }))
  const values = new Map(
    inputs.map((tensor, index) => {
      const domain = op.definition.sample.domains[wanted[index]!.name]!
      return [tensor, draw(domain, tensor.size, next).map(Math.fround)] as const
    }),
  )
  return { inputs, values, y: call(op, inputs, attributes) }
}
