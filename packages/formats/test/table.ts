// The op table's samples as graphs to write, with their inputs.
import { byName, caseInputs, type Op, ops, sizeOf, type Tensor } from '@bp/core'
import type { Domain } from '../../core/src/graph/sample.js'
import { draw, generator } from '../../core/test/sampling.js'

export interface Numbers {
  readonly data: Float32Array
  readonly shape: readonly number[]
}

export const table = Object.values(ops).filter(
  (op): op is typeof op & Op => 'definition' in op,
) as readonly Op[]

/** A case of the table: the op applied to tensors, and values for these. */
export function instance(op: Op, number: number) {
  const { inputs: names, sample } = op.definition
  const { shapes, attributes } = sample.cases[number]!
  const next = generator(number + 1)
  const drawn = caseInputs(names, shapes).map(({ name, shape }) => {
    const domain: Domain = sample.domains[name]!
    return { name, domain, shape, data: Float32Array.from(draw(domain, sizeOf(shape), next)) }
  })
  const call = op as unknown as (...args: unknown[]) => Tensor
  const build = (tensors: readonly Tensor[]) => {
    const given = byName(names, [...tensors]) as Readonly<Record<string, unknown>>
    const taken = (names as readonly string[]).map((name) => given[name.replace('...', '')])
    return attributes ? call(...taken, attributes) : call(...taken)
  }
  return { drawn, build }
}

/** Each under its own name. */
export const keyed = <T>(values: readonly T[]) =>
  Object.fromEntries(values.map((value, index) => [`in${index}`, value]))
