// The suite `ops`: every operation in the table against plain loops, in one process, on one thread.
import { byName, caseInputs, compile, type Op, ops, sizeOf, type Tensor, variable } from '@bp/core'
import { getKernel } from '@bp/kernel'
import { type PlainCase, plainCases, plainLoop } from './plain-loops.js'
import { randomInteger } from './random.js'
import { formatNumber } from './report.js'
import { quantile } from './statistics.js'

/** Approximate element counts. */
export const opSizes = [1024, 2 ** 20] as const

/** Every operation in the table. */
export const allOps = Object.values(ops) as unknown as readonly Op[]

/** Many short ones, so that disturbances affect both sides equally. */
export const rounds = 31
/** Ratios from here on count as equal: two runs of the same copy differ by as much. */
const even = 0.95

/** One operation on one set of shapes. */
export interface OpReport {
  op: string
  /** Shapes of the inputs, and attributes. */
  shapes: string
  /** Of the largest tensor; times are divided by it. */
  elements: number
  /** ns per element. */
  ours: number
  plain: number
  /** Time of the loops over ours. */
  ratio: number
}

/** Both implementations of a case; each writes its result to its own array. */
export interface Contest {
  readonly shapes: string
  readonly elements: number
  ours(times: number): void
  plain(times: number): void
  /** Our result, recomputed. */
  result(): Float32Array
  readonly plainResult: Float32Array
}

/** The domain an input is sampled from, according to the table. */
type Domain = Op['definition']['sample']['domains'][string]

/** `count` samples of a domain, in float32. */
function numbers({ low, high, whole, avoid }: Domain, count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => {
    const value = low + (high - low) * (randomInteger(seed, index) / 2 ** 32)
    if (whole) return Math.floor(value)
    const near = avoid?.points.find((point) => Math.abs(value - point) < avoid.distance)
    return near === undefined ? value : near + avoid!.distance
  })
}

/**
 * Compiles the operation and the loops of a case. Our inputs are variables in kernel memory, and the result stays there,
 * as within a training step.
 */
export function openContest(op: Op, plain: PlainCase): Contest {
  const { definition } = op
  const { attributes } = plain
  const places = caseInputs(definition.inputs, plain.shapes as never)
  const shapes = byName(
    definition.inputs,
    places.map(({ shape }) => shape),
  )
  const prepared = definition.prepare ? definition.prepare(attributes ?? {}, shapes) : attributes
  const arrays = places.map((input, index) => {
    const limit: number | undefined = definition.indices?.[input.name]?.(shapes, prepared)
    const domain: Domain = definition.sample.domains[input.name]!
    const given = limit === undefined ? { ...domain, ...plain.domain } : { low: 0, high: limit, whole: true }
    return numbers(given, sizeOf(input.shape), index)
  })
  const tensors = arrays.map((array, index) => variable(array, { shape: places[index]!.shape }))
  const last = definition.inputs[definition.inputs.length - 1]!
  const listed = last.startsWith('...') ? [tensors] : tensors
  const y: Tensor = (op as unknown as (...args: unknown[]) => Tensor)(...listed, attributes)
  const compute = compile({ inputs: {}, outputs: { y } })
  const names = places.map(({ name, label }) => (label === name ? name : label.replace(/s\[(\d+)\]/, '$1')))
  const loop = plainLoop(names, plain.code)
  const plainResult = new Float32Array(y.size)
  const run = programOf(() => compute({}))
  return {
    shapes: [
      places.map(({ shape }) => `[${shape}]`).join(' '),
      ...Object.entries(attributes ?? {})
        .filter(([key]) => key !== 'seed')
        .map(([key, value]) => `${key}=${Array.isArray(value) ? `[${value}]` : value}`),
    ].join(' '),
    elements: Math.max(y.size, ...arrays.map(({ length }) => length)),
    ours: run,
    plain(times) {
      for (let index = 0; index < times; index++) loop(plainResult, ...arrays)
    },
    result: () => compute({}).y as Float32Array,
    plainResult,
  }
}

/** Runs a compiled function's program in the kernel without copying its result; captured from a call. */
function programOf(call: () => void): (times: number) => void {
  const kernel = getKernel()
  const { run } = kernel
  let address = 0
  kernel.run = (program, times) => {
    address = program
    return run(program, times)
  }
  call()
  kernel.run = run
  return (times) => {
    run(address, times)
  }
}

/** ns per repetition. */
function timed(work: (times: number) => void, times: number): number {
  const start = performance.now()
  work(times)
  return ((performance.now() - start) * 1e6) / times
}

/** Warms up for at least `milliseconds`; returns how many repetitions fit into that time. */
function calibrate(work: (times: number) => void, milliseconds: number): number {
  for (let times = 1; ; times *= 2) {
    const took = (timed(work, times) * times) / 1e6
    if (took >= milliseconds / 2) return Math.max(1, Math.round((times * milliseconds) / took))
  }
}

/** Times both alternately, `seconds` each. */
function measureContest(op: string, contest: Contest, seconds: number): OpReport {
  const sides = [contest.ours, contest.plain].map((work) => ({
    work,
    times: calibrate(work, (1000 * seconds) / rounds),
    sample: [] as number[],
  }))
  for (let round = 0; round < rounds; round++)
    for (const side of sides) side.sample.push(timed(side.work, side.times))
  const [ours, plain] = sides.map(({ sample }) => quantile(sample, 0.5) / contest.elements) as [
    number,
    number,
  ]
  const { shapes, elements } = contest
  return { op, shapes, elements, ours, plain, ratio: plain / ours }
}

/** Measures the operations on all their shapes, and reports each line as it is known. */
export async function measureOps(
  names: readonly string[],
  seconds: number,
  onLine: (line: string) => void,
): Promise<OpReport[]> {
  const reports: OpReport[] = []
  onLine(row('op', 'ours ns', 'plain ns', 'ratio', 'shapes and attributes'))
  for (const op of allOps.filter(({ name }) => names.includes(name)))
    for (const size of opSizes)
      for (const plain of plainCases(op.name, op.definition.inputs, size)) {
        const contest = openContest(op, plain)
        let report = measureContest(op.name, contest, seconds)
        // Remeasures a close result for longer.
        if (report.ratio < 1.1) report = measureContest(op.name, contest, 5 * seconds)
        reports.push(report)
        const figures = [report.ours, report.plain, report.ratio].map(formatNumber) as [
          string,
          string,
          string,
        ]
        onLine(row(op.name, ...figures, report.shapes))
        // Kernel memory of garbage is freed between tasks.
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
  const slower = slowerOnes(reports)
  onLine(
    `${reports.length} cases, ${slower.length} slower than the loops; ns are per element of the largest tensor`,
  )
  return reports
}

/** Cases slower than the loops. */
export const slowerOnes = (reports: readonly OpReport[]) => reports.filter(({ ratio }) => ratio < even)

function row(op: string, ours: string, plain: string, ratio: string, shapes: string): string {
  return `${op.padEnd(30)}${ours.padStart(9)}${plain.padStart(10)}${ratio.padStart(8)}  ${shapes}`
}
