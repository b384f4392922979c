// Measures one case: the referee first, then a warm-up, then rounds in which each contender takes a turn.
import { measurePeak, useRelaxedSimd } from '@bp/core'
import { bundleBytes } from './bundle.js'
import type { BundleCase, Case, Check, PeakCase, ProcessCase, RateCase } from './cases.js'
import { type Answer, Child } from './child.js'
import { type Contender, ours } from './contenders.js'
import { describeFailure, withoutRelaxed } from './failure.js'
import { modulePath, pythonWorkerPath, workerPath } from './paths.js'
import { problemOf } from './problems.js'
import { type Figure, summarize } from './statistics.js'

export type Outcome = Figure | { error: string }

export interface Settings {
  /** Measuring time per contender and rate case, over all rounds. */
  seconds: number
  rounds: number
  /** Processes per contender for a figure that needs a fresh one each time. */
  processes: number
  onProgress: (text: string) => void
}

export interface CaseResult {
  outcomes: Map<string, Outcome>
  /** Versions that only the contender knows. */
  versions: Map<string, string>
}

const python = '/usr/bin/python3'

function start({ module, python: isPython }: Contender): Child {
  const path = modulePath(module)
  return isPython
    ? new Child(python, [pythonWorkerPath, path])
    : new Child(process.execPath, [workerPath, path])
}

/** Sends a request about the problem of a case. */
async function ask(child: Child, contender: Contender, caseId: string, request: object): Promise<Answer> {
  try {
    const problem = contender.python ? { problem: problemOf(caseId) } : { case: caseId }
    return await child.ask({ ...request, ...problem })
  } catch (error) {
    const { needs, debian } = contender.python ?? {}
    if (needs && new RegExp(`ENOENT|No module named '${needs}'`).test(describeFailure(error)))
      throw new Error(
        `is not installed: ${python} cannot import ${needs} (on Debian: apt-get install ${debian})`,
      )
    throw error
  }
}

/** Rejects a contender that did different work: fewer steps, other weights, other data. */
function referee(reading: number | null | undefined, expected: number, { count, tolerance }: Check) {
  if (typeof reading !== 'number') throw new Error('computes a loss of NaN')
  if (Math.abs(reading - expected) > tolerance)
    throw new Error(
      `computes ${reading} where float64 gives ${expected} (after ${count}; ±${tolerance} is allowed)`,
    )
}

async function check(child: Child, contender: Contender, { id, check }: RateCase, expected: number) {
  const lesson = contender.mustLearn?.[id]
  const { reading } = await child.ask({ do: 'run', count: lesson?.steps ?? check.count })
  if (!lesson) return referee(reading, expected, check)
  if (typeof reading !== 'number' || !(reading < lesson.error))
    throw new Error(`does not learn: its error is ${reading} after ${lesson.steps} steps`)
}

/** Minimum rounds, however slow the contender. */
const leastRounds = 3

/**
 * Runs for at least `milliseconds`, and determines the repetitions per round, and the number of rounds: all of them,
 * unless a single repetition takes much longer than a round.
 */
async function warmUp(child: Child, milliseconds: number, round: number, rounds: number) {
  let count = 1
  let spent = 0
  for (;;) {
    const { milliseconds: elapsed = 0 } = await child.ask({ do: 'run', count })
    spent += elapsed
    // At most tenfold growth: the first runs are slow, and would underestimate the later ones.
    const fitting = Math.max(1, Math.round(count * Math.min(10, round / Math.max(elapsed, 1e-3))))
    if (spent >= milliseconds && (elapsed >= round / 2 || fitting <= count)) {
      const affordable = Math.round((2 * rounds * round * count) / (elapsed * fitting))
      return { count: fitting, turns: Math.min(rounds, Math.max(leastRounds, affordable)) }
    }
    count = fitting
  }
}

async function measureRate(
  rate: RateCase,
  contenders: readonly Contender[],
  settings: Settings,
): Promise<CaseResult> {
  const outcomes = new Map<string, Outcome>()
  const versions = new Map<string, string>()
  const round = (settings.seconds * 1000) / settings.rounds
  const field = rate.oneThread
    ? [
        { contender: ours, runs: rate.id },
        { contender: { ...ours, name: 'one-thread' }, runs: rate.oneThread },
      ]
    : contenders.map((contender) => ({ contender, runs: rate.id }))
  const running: { contender: Contender; child: Child; count: number; turns: number; sample: number[] }[] = []
  const expected = rate.check.expected()

  for (const { contender, runs } of field) {
    settings.onProgress(`${rate.id}: checking and warming up ${contender.name}`)
    const child = start(contender)
    try {
      const { version } = await ask(child, contender, runs, { do: 'open' })
      if (version !== undefined) versions.set(contender.name, version)
      await check(child, contender, rate, expected)
      const pace = await warmUp(child, Math.min(500, settings.seconds * 250), round, settings.rounds)
      running.push({ contender, child, ...pace, sample: [] })
    } catch (error) {
      outcomes.set(contender.name, { error: describeFailure(error) })
      await child.close()
    }
  }

  for (let index = 0; index < settings.rounds; index++)
    for (let turn = 0; turn < running.length; turn++) {
      // Each round starts with another contender, so that none always follows the same one.
      const entry = running[(index + turn) % running.length]!
      const { contender, child, count, turns, sample } = entry
      if (outcomes.has(contender.name) || index >= turns) continue
      settings.onProgress(`${rate.id}: round ${index + 1} of ${settings.rounds}, ${contender.name}`)
      try {
        const { reading, milliseconds = Number.NaN } = await child.ask({ do: 'run', count })
        if (typeof reading !== 'number') throw new Error('its loss became NaN')
        sample.push((count * rate.worth * 1000) / milliseconds)
      } catch (error) {
        outcomes.set(contender.name, { error: describeFailure(error) })
      }
    }

  for (const { contender, child, sample } of running) {
    if (!outcomes.has(contender.name)) outcomes.set(contender.name, summarize(sample))
    await child.close()
  }
  return { outcomes, versions }
}

async function measureProcesses(
  { id, figure: name, runs, check }: ProcessCase,
  contenders: readonly Contender[],
  settings: Settings,
): Promise<CaseResult> {
  const outcomes = new Map<string, Outcome>()
  const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]))
  for (const { name: contender, without } of contenders)
    if (without?.[name]) outcomes.set(contender, { error: without[name] })
  const expected = check.expected()
  // The first start is the warm-up: its files are not yet in the system's cache.
  for (let index = -1; index < settings.processes; index++)
    for (const contender of contenders) {
      if (outcomes.has(contender.name)) continue
      settings.onProgress(
        `${id}: start ${Math.max(index + 1, 0)} of ${settings.processes}, ${contender.name}`,
      )
      const child = start(contender)
      try {
        const request = { do: name, count: check.count }
        const { reading, figure = Number.NaN } = await ask(child, contender, runs, request)
        if (!contender.mustLearn?.[runs]) referee(reading, expected, check)
        if (index >= 0) samples.get(contender.name)!.push(figure)
      } catch (error) {
        outcomes.set(contender.name, { error: describeFailure(error) })
      } finally {
        await child.close()
      }
    }
  for (const [name, sample] of samples) if (!outcomes.has(name)) outcomes.set(name, summarize(sample))
  return { outcomes, versions: new Map() }
}

/** In this process, which is idle otherwise. */
async function measureCeiling({ id, relaxed }: PeakCase, settings: Settings): Promise<CaseResult> {
  settings.onProgress(id)
  const outcome =
    relaxed && !(await useRelaxedSimd())
      ? { error: withoutRelaxed }
      : summarize(Array.from({ length: settings.rounds }, measurePeak))
  return { outcomes: new Map([['ours', outcome]]), versions: new Map() }
}

async function measureBundles(
  { id, of }: BundleCase,
  contenders: readonly Contender[],
  settings: Settings,
): Promise<CaseResult> {
  const outcomes = new Map<string, Outcome>()
  for (const { name, bundle } of contenders) {
    settings.onProgress(`${id}: ${name}`)
    try {
      if ('reason' in bundle) throw new Error(bundle.reason)
      outcomes.set(name, { median: await bundleBytes(bundle[of], bundle.sideFiles), spread: 0 })
    } catch (error) {
      outcomes.set(name, { error: describeFailure(error) })
    }
  }
  return { outcomes, versions: new Map() }
}

export function measure(
  measured: Case,
  contenders: readonly Contender[],
  settings: Settings,
): Promise<CaseResult> {
  switch (measured.kind) {
    case 'rate':
      return measureRate(measured, contenders, settings)
    case 'process':
      return measureProcesses(measured, contenders, settings)
    case 'bundle':
      return measureBundles(measured, contenders, settings)
    case 'peak':
      return measureCeiling(measured, settings)
  }
}
