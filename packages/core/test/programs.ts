// Random programs: operations of the table, applied to each other's results, with what their samplers allow.

import { byName } from '../src/graph/input-names.js'
import { evaluateReference } from '../src/graph/reference.js'
import type { Domain } from '../src/graph/sample.js'
import { type Shape, sizeOf } from '../src/graph/shape.js'
import { caseInputs, constant, gradients, inputAt, Tensor, topological } from '../src/index.js'
import { draw, generator } from './sampling.js'
import { call, table } from './trials.js'

/** One operation of a program, as numbers that mean something modulo what there is to choose from. */
export interface Choice {
  readonly op: number
  readonly example: number
  /** Which earlier result each input is, or a new leaf. */
  readonly inputs: readonly number[]
}

export interface Grown {
  readonly leaves: readonly Tensor[]
  /** The results of the chosen operations, in order. */
  readonly results: readonly Tensor[]
  /** A scalar that depends on every result that is not empty. */
  readonly total: Tensor
}

/** Larger examples of an op are left to the test of the table. */
const mostElements = 600

/**
 * The graph of a program. `leaf` makes its leaves, in order, of the numbers that are drawn for them; it may be
 * called with the same choices and seed again to build the same graph on other leaves.
 */
export function grow(
  choices: readonly Choice[],
  seed: number,
  leaf: (values: Float64Array, shape: Shape, index: number) => Tensor,
): Grown {
  const next = generator(seed)
  const leaves: Tensor[] = []
  let known: Map<Tensor, Float64Array> = new Map()
  const newLeaf = (domain: Domain, shape: Shape): Tensor => {
    const values = draw(domain, sizeOf(shape), next).map(Math.fround)
    const made = leaf(values, shape, leaves.length)
    leaves.push(made)
    known.set(made, values)
    return made
  }
  const valuesOf = (tensor: Tensor): Float64Array => {
    known = evaluateReference([tensor], known)
    return known.get(tensor)!
  }
  /** An earlier result in another shape: as it is, repeated, or its mean spread over new numbers. */
  const inShape = (tensor: Tensor, shape: Shape): Tensor => {
    if (tensor.size === sizeOf(shape)) return tensor.reshape(shape)
    const offset = shape.length - tensor.rank
    const repeats =
      offset >= 0 && tensor.shape.every((size, axis) => size === 1 || size === shape[axis + offset])
    if (repeats) return tensor.broadcastTo(shape)
    const fresh = newLeaf({ low: -1, high: 1 }, shape)
    return tensor.size === 0 ? fresh : fresh.add(tensor.mean().tanh())
  }
  /** Moved into the domain, if it is not there already. */
  const inDomain = (tensor: Tensor, domain: Domain): Tensor => {
    const values = valuesOf(tensor)
    const { low, high, avoid } = domain
    // What takes numbers far on both sides of 0, all of them, takes larger ones too.
    const slack = !avoid && low <= -2 && high >= 2 ? 2 : 1
    const fits = (value: number) =>
      value >= low * slack &&
      value <= high * slack &&
      !avoid?.points.some((point) => Math.abs(value - point) < avoid.distance)
    if (values.every(fits)) return tensor
    const [from, to] = widestPart(domain)
    return tensor
      .tanh()
      .mul((to - from) * 0.49)
      .add((from + to) / 2)
  }

  const results: Tensor[] = []
  for (const { op: which, example, inputs } of choices) {
    const op = table[which % table.length]!
    const { inputs: names, sample, vjp } = op.definition
    const examples = sample.cases.filter(({ shapes }: { shapes: Record<string, Shape> }) =>
      caseInputs(names, shapes).every(({ shape }) => sizeOf(shape) <= mostElements),
    )
    const { shapes, attributes } = examples[example % examples.length]!
    const given = caseInputs(names, shapes).map(({ name, shape }, index) => {
      const domain: Domain = sample.domains[name]!
      const source = results[inputs[index % inputs.length]! % (results.length + 1)]
      // What is not differentiable may jump, and then a rounding error decides.
      if (!source || vjp[name] === null || domain.whole || domain.distinct !== undefined)
        return newLeaf(domain, shape)
      return inDomain(inShape(source, shape), domain)
    })
    const result = call(op, given, attributes)
    if (result.size <= mostElements) results.push(result)
  }
  const summands = results.filter(({ size }) => size > 0).map((result) => result.mean())
  return { leaves, results, total: summands.reduce((total, term) => total.add(term), constant(0) as Tensor) }
}

/** The widest part of a domain that is free of points to avoid. */
function widestPart({ low, high, avoid }: Domain): [from: number, to: number] {
  const holes = (avoid?.points ?? []).filter((point) => point > low && point < high).sort((a, b) => a - b)
  const parts = [low, ...holes, high]
    .slice(0, -1)
    .map((from, index): [number, number] => [
      index === 0 ? from : from + avoid!.distance,
      index === holes.length ? high : holes[index]! - avoid!.distance,
    ])
  return parts.reduce((widest, part) => (part[1] - part[0] > widest[1] - widest[0] ? part : widest))
}

/** Half the distance of 1 to the next float32: the relative error of one rounding. */
const rounding = 2 ** -24
const samples = 8

/**
 * How far each number may be off in f32: twice the largest deviation among runs in float64 in which every
 * operation's inputs and result are moved at random by what its budget in ULP allows (Monte Carlo arithmetic,
 * D. S. Parker, 1997), and two roundings more. To move inputs is what an error bound of a sum means, in which terms
 * may cancel; where terms cancel inside of a fused operation, its decomposition shows it.
 */
export function tolerances(
  outputs: readonly Tensor[],
  given: ReadonlyMap<Tensor, Float64Array>,
  truth: ReadonlyMap<Tensor, Float64Array>,
): Float64Array[] {
  const next = generator(outputs.length)
  const moved = (data: Float64Array, by: number) =>
    by === 0 ? data : data.map((value) => value * (1 + by * (0.5 + next() / 2) * (next() < 0.5 ? -1 : 1)))
  const deviations = outputs.map((output) => new Float64Array(output.size))
  for (const graph of [outputs, decomposed(outputs)])
    for (let sample = 0; sample < samples; sample++) {
      const values = movedValues(graph, given, moved)
      for (const [index, output] of graph.entries()) {
        const expected = truth.get(outputs[index]!)!
        for (const [element, value] of values.get(output)!.entries()) {
          const deviation = Math.abs(value - expected[element]!)
          if (!(deviation <= deviations[index]![element]!)) deviations[index]![element] = deviation
        }
      }
    }
  return deviations.map((deviation, index) =>
    deviation.map(
      (value, element) =>
        8 * value + 4 * rounding * Math.abs(truth.get(outputs[index]!)![element]!) + 2 ** -120,
    ),
  )
}

/** The numbers of a graph, each operation's inputs and result moved within its budget. */
function movedValues(
  outputs: readonly Tensor[],
  given: ReadonlyMap<Tensor, Float64Array>,
  moved: (data: Float64Array, by: number) => Float64Array,
): Map<Tensor, Float64Array> {
  const values = new Map<Tensor, Float64Array>(given)
  for (const tensor of topological(outputs)) {
    if (values.has(tensor)) continue
    if (!tensor.op) {
      // Constants that f32 holds are exact.
      const exact = evaluateReference([tensor]).get(tensor)!
      values.set(
        tensor,
        exact.every((value) => Math.fround(value) === value) ? exact : moved(exact, rounding),
      )
      continue
    }
    const { inputs: names, ulp, vjp, reference } = tensor.op.definition
    const shapes = byName(
      names,
      tensor.inputs.map(({ shape }) => shape),
    )
    const by = 2 * rounding * (typeof ulp === 'function' ? ulp(shapes) : ulp)
    const inputs = tensor.inputs.map((input, index) => {
      const data = values.get(input)!
      return { data: vjp[inputAt(names, index).name] === null ? data : moved(data, by), shape: input.shape }
    })
    values.set(tensor, moved(reference(inputs, tensor.shape, tensor.attributes), by))
  }
  return values
}

/** The same graph of operations that have no decomposition. */
function decomposed(outputs: readonly Tensor[]): Tensor[] {
  const replaced = new Map<Tensor, Tensor>()
  const simpler = (root: Tensor): Tensor => {
    for (const tensor of topological([root], (node) => replaced.has(node))) {
      if (replaced.has(tensor)) continue
      const inputs = tensor.inputs.map((input) => replaced.get(input)!)
      const { op, attributes } = tensor
      if (!op) replaced.set(tensor, tensor)
      else if (op.definition.decompose) {
        const given = byName(op.definition.inputs, inputs)
        replaced.set(tensor, simpler(op.definition.decompose(given, attributes)))
      } else if (inputs.every((input, index) => input === tensor.inputs[index])) replaced.set(tensor, tensor)
      else replaced.set(tensor, new Tensor({ op, inputs, attributes, shape: tensor.shape }))
    }
    return replaced.get(root)!
  }
  return outputs.map(simpler)
}

/** Derivatives of the program's total by all leaves. */
export const derivatives = ({ total, leaves }: Grown): Tensor[] => gradients(total, leaves)

/** Everything that a program computes, in readable form for a message. */
export function describeProgram({ results }: Grown): string {
  return topological(results)
    .filter((tensor) => tensor.op)
    .map((tensor) => {
      const inputs = tensor.inputs.map((input) => (input.op ? `#${input.id}` : `[${input.shape}]`)).join(', ')
      return `#${tensor.id} = ${tensor.op!.name}(${inputs}) ${JSON.stringify(tensor.attributes)} [${tensor.shape}]`
    })
    .join('\n')
}
