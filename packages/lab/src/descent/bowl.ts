// A cost of one or two parameters, compiled: its value, slopes and curvature anywhere, by the rules of core.
import {
  BackpropagationError,
  evaluate,
  gradients,
  type Tensor,
  topological,
  type Variable,
} from '@bp/core/lean'
import { build, type Graph, parse, type Reading } from '@bp/expression'
import { type Slices, whole } from '../slices.js'
import { type AtPoints, atPoints } from './at-points.js'
import { type Curvature, curvatureOf, type Hessian } from './curvature.js'

/** A value for each parameter: where a ball is. */
export type Position = readonly number[]

/** Rows (x, y) that the cost calls `x` and `y`. */
export type DataPoints = readonly (readonly [x: number, y: number])[]

/** Why a text is no cost of one or two parameters. */
export type BowlProblem = 'noParameter' | 'tooManyParameters' | 'notScalar'

/** The text is an expression, but no cost of one or two parameters. */
export class BowlError extends BackpropagationError {
  override name = 'BowlError'
  readonly problem: BowlProblem
  /** The names of the parameters found, or the sizes of an output that is an array. */
  readonly found: readonly string[]

  constructor(problem: BowlProblem, found: readonly string[]) {
    super(
      {
        noParameter: 'the cost has no parameter; leave one name without a value, as w in (w - 1)^2',
        tooManyParameters: `the cost has ${found.length} parameters, ${found.join(', ')}, expected one or two; give the others values, as in ${found.at(-1)} = 1`,
        notScalar: `the cost is an array of ${found.join('×')}, expected one number; take its mean or sum`,
      }[problem],
    )
    this.problem = problem
    this.found = found
  }
}

/** What is known of the cost at one point. */
export interface Local {
  readonly cost: number
  /** The derivative of the cost with respect to each parameter. */
  readonly slopes: readonly number[]
  readonly hessian: Hessian
}

/** A cost whose curvature is the same everywhere. */
export interface Quadratic extends Curvature {
  /** The lowest point, if there is exactly one. */
  readonly lowest: Position | null
  /** The cost falls for ever in some direction. */
  readonly bottomless: boolean
}

export interface Bowl {
  readonly source: string
  /** One or two names. */
  readonly parameters: readonly string[]
  /** The name of the cost; `cost` for a bare expression. */
  readonly name: string
  readonly points: DataPoints
  /** What the source spells in another way, `wx` for w·x. */
  readonly readings: readonly Reading[]
  /** Cost and slopes at many points: the cost, then the slope by each parameter. */
  readonly slopesAt: AtPoints
  /** The cost alone at many points. */
  readonly costsAt: AtPoints
  readonly at: (position: Position) => Local
  readonly quadratic: Quadratic | null
  /** The first part of the source that is not finite at this point, and its value. */
  readonly notFiniteAt: (position: Position) => { readonly text: string; readonly value: number } | null
}

/**
 * Compiles a cost. With data points, `x` and `y` are their columns; every other name without a value is a parameter.
 * @throws ExpressionError for what is not in the language, BowlError for another number of parameters or outputs.
 */
export function compileBowl(source: string, points: DataPoints = []): Bowl {
  return whole(compilingBowl(source, points))
}

/** As `compileBowl`, with pauses: a cost of a thousand letters may take longer than a key may. */
export function* compilingBowl(source: string, points: DataPoints = []): Slices<Bowl> {
  const data =
    points.length > 0
      ? { x: points.map(([x]) => x), y: points.map(([, y]) => y) }
      : ({} as Record<string, never>)
  const program = parse(source, Object.keys(data))
  const parameters = program.names.filter((name) => !program.values.has(name) && !Object.hasOwn(data, name))
  if (parameters.length === 0) throw new BowlError('noParameter', [])
  if (parameters.length > 2) throw new BowlError('tooManyParameters', parameters)
  const graph = build(program, { ...data, ...Object.fromEntries(parameters.map((name) => [name, 0])) })
  const { output } = graph
  if (output.size !== 1) throw new BowlError('notScalar', output.shape.map(String))

  const variables = parameters.map((name) => graph.variables.get(name)!)
  yield
  const slopes = gradients(output, variables)
  const hessian: Tensor[] = []
  for (const slope of slopes) {
    yield
    hessian.push(...gradients(slope, variables))
  }
  yield
  const everything = atPoints([output, ...slopes, ...hessian], variables)
  const count = parameters.length
  const localsAt = (list: readonly Position[]): Local[] => {
    const columns = parameters.map((_, axis) => Float64Array.from(list, (position) => position[axis]!))
    const [costs, ...rest] = whole(everything(columns))
    return list.map((_, index) => ({
      cost: costs![index]!,
      slopes: rest.slice(0, count).map((values) => values[index]!),
      hessian: rest.slice(count).map((values) => values[index]!),
    }))
  }
  yield
  const slopesAt = atPoints([output, ...slopes], variables)
  yield
  const costsAt = atPoints([output], variables)
  const quadratic = yield* quadraticOf(localsAt, count)
  return {
    source,
    parameters,
    name: program.statements.some(({ name }) => name === graph.outputName) ? graph.outputName : 'cost',
    points,
    readings: program.readings,
    slopesAt,
    costsAt,
    at: (position) => localsAt([position])[0]!,
    quadratic,
    notFiniteAt: (position) => notFiniteAt(graph, source, variables, position),
  }
}

// Irregular, so that no kink or period of a cost that is not quadratic hides between them.
const probes = [0, 0.731, -1.377, 2.917, -4.093, 11.71, -37.3]

function* quadraticOf(
  localsAt: (list: readonly Position[]) => Local[],
  count: number,
): Slices<Quadratic | null> {
  const list =
    count === 1
      ? probes.map((value) => [value])
      : probes.flatMap((value, index) => [
          [value, probes[(index * 3 + 1) % probes.length]!],
          [probes[(index * 5 + 2) % probes.length]!, value],
        ])
  const first = localsAt([list[0]!])[0]!
  const { hessian, slopes } = first
  const size = Math.max(...hessian.map(Math.abs))
  const isSame = (local: Local) =>
    Number.isFinite(local.cost) &&
    local.hessian.every((value, index) => Math.abs(value - hessian[index]!) <= 1e-9 * Math.max(size, 1e-300))
  // One by one: most costs that are not quadratic differ at the second.
  for (const position of list) {
    yield
    if (!isSame(localsAt([position])[0]!)) return null
  }
  const curvature = curvatureOf(hessian)
  const from = list[0]!
  const { values, directions } = curvature
  const flat = 1e-12 * Math.max(size, 1e-300)
  const along = directions.map((direction) =>
    direction.reduce((total, part, axis) => total + part * slopes[axis]!, 0),
  )
  const steepest = Math.max(...slopes.map(Math.abs), size)
  return {
    ...curvature,
    bottomless: values.some(
      (value, index) => value < -flat || (value <= flat && Math.abs(along[index]!) > 1e-12 * steepest),
    ),
    lowest: values.every((value) => value > flat)
      ? from.map((start, axis) =>
          tidy(
            directions.reduce(
              (total, direction, index) => total - (along[index]! / values[index]!) * direction[axis]!,
              start,
            ),
          ),
        )
      : null,
  }
}

/** Rounded to 12 digits after the point, where a solved equation has only noise. */
function tidy(value: number): number {
  return Number(value.toFixed(12)) + 0
}

function notFiniteAt(graph: Graph, source: string, variables: readonly Variable[], position: Position) {
  const order = topological([graph.output]).filter((tensor) => graph.spans.has(tensor) && tensor.op)
  const given = new Map(variables.map((variable, axis) => [variable, [position[axis]!]]))
  for (const [index, values] of evaluate(order, given).entries()) {
    const value = values.find((element) => !Number.isFinite(element))
    if (value === undefined) continue
    const { start, end } = graph.spans.get(order[index]!)!
    return { text: source.slice(start, end), value }
  }
  return null
}
