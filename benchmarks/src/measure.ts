// Takes the measurements of one case: referee first, warm-up second, then rounds in which everyone takes a turn.
import { bundleBytes } from './bundle.js'
import type { Case, Check, ColdStartCase, RateCase } from './cases.js'
import { type Answer, Child } from './child.js'
import type { Contender } from './contenders.js'
import { describeFailure } from './failure.js'
import { modulePath, pythonWorkerPath, workerPath } from './paths.js'
import { problemOf } from './problems.js'
import { type Figure, summarize } from './statistics.js'

export type Outcome = Figure | { error: string }

export interface Settings {
  /** Time that each contender is measured for in each rate case, over all rounds. */
  seconds: number
  rounds: number
  coldStarts: number
  onProgress: (text: string) => void
}

export interface CaseResult {
  outcomes: Map<string, Outcome>
  /** Versions that only the contender itself knows. */
  versions: Map<string, string>
}

const missingPython =
  'is not installed: /usr/bin/python3 cannot import torch (on Debian: apt-get install python3-torch)'

function start(contender: Contender, cold: boolean): Child {
  const path = modulePath(contender.module)
  const mode = cold ? ['cold'] : []
  if (contender.python) return new Child(contender.python, [pythonWorkerPath, path, ...mode])
  return new Child(process.execPath, [workerPath, path, ...mode])
}

async function open(child: Child, contender: Contender, caseId: string): Promise<Answer> {
  try {
    const problem = contender.python ? { problem: problemOf(caseId) } : { case: caseId }
    return await child.ask({ do: 'open', ...problem })
  } catch (error) {
    const message = describeFailure(error)
    throw contender.python && /ENOENT|No module named 'torch'/.test(message)
      ? new Error(missingPython)
      : error
  }
}

/** Refuses a contender that did something else than the others: fewer steps, other weights, other data. */
function referee(reading: number | null | undefined, expected: number, { count, tolerance }: Check) {
  if (typeof reading !== 'number') throw new Error('computes a loss that is not a number')
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

/** Rounds that everyone gets, however slow. */
const leastRounds = 3

/**
 * Runs for at least `milliseconds`, and finds out how often the work fits into one round, and in how many rounds
 * to take a turn: all of them, unless doing the work once takes much longer than a round.
 */
async function warmUp(child: Child, milliseconds: number, round: number, rounds: number) {
  let count = 1
  let spent = 0
  for (;;) {
    const { milliseconds: elapsed = 0 } = await child.ask({ do: 'run', count })
    spent += elapsed
    // Growing tenfold at most: the first runs are slow, and would promise too little for the later ones.
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
  const running: { contender: Contender; child: Child; count: number; turns: number; sample: number[] }[] = []
  const expected = rate.check.expected()

  for (const contender of contenders) {
    settings.onProgress(`${rate.id}: checking and warming up ${contender.name}`)
    const child = start(contender, false)
    try {
      const { version } = await open(child, contender, rate.id)
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
      // Each round begins with another contender, so that nobody always follows the same one.
      const entry = running[(index + turn) % running.length]!
      const { contender, child, count, turns, sample } = entry
      if (outcomes.has(contender.name) || index >= turns) continue
      settings.onProgress(`${rate.id}: round ${index + 1} of ${settings.rounds}, ${contender.name}`)
      try {
        const { reading, milliseconds = Number.NaN } = await child.ask({ do: 'run', count })
        if (typeof reading !== 'number') throw new Error('its loss is not a number any more')
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

async function measureColdStart(
  cold: ColdStartCase,
  contenders: readonly Contender[],
  settings: Settings,
): Promise<CaseResult> {
  const outcomes = new Map<string, Outcome>()
  const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]))
  const expected = cold.check.expected()
  // The first start finds the files not yet in the system's cache; it is the warm-up.
  for (let index = -1; index < settings.coldStarts; index++)
    for (const contender of contenders) {
      if (outcomes.has(contender.name)) continue
      settings.onProgress(
        `${cold.id}: start ${Math.max(index + 1, 0)} of ${settings.coldStarts}, ${contender.name}`,
      )
      if (contender.coldStart) {
        outcomes.set(contender.name, { error: contender.coldStart.reason })
        continue
      }
      const child = start(contender, true)
      try {
        const { reading, milliseconds = Number.NaN } = await open(child, contender, cold.starts)
        if (!contender.mustLearn?.[cold.starts]) referee(reading, expected, cold.check)
        if (index >= 0) samples.get(contender.name)!.push(milliseconds)
      } catch (error) {
        outcomes.set(contender.name, { error: describeFailure(error) })
      } finally {
        await child.close()
      }
    }
  for (const [name, sample] of samples) if (!outcomes.has(name)) outcomes.set(name, summarize(sample))
  return { outcomes, versions: new Map() }
}

async function measureBundles(
  id: string,
  contenders: readonly Contender[],
  settings: Settings,
): Promise<CaseResult> {
  const outcomes = new Map<string, Outcome>()
  for (const { name, bundle } of contenders) {
    settings.onProgress(`${id}: ${name}`)
    try {
      if ('reason' in bundle) throw new Error(bundle.reason)
      outcomes.set(name, { median: await bundleBytes(bundle.source, bundle.sideFiles), spread: 0 })
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
    case 'cold-start':
      return measureColdStart(measured, contenders, settings)
    case 'bundle':
      return measureBundles(measured.id, contenders, settings)
  }
}
