// The figures as a table for people and as JSON for programs.
import { type Case, moreIsBetter, type Unit } from './cases.js'
import type { Machine } from './machine.js'
import type { Outcome } from './measure.js'

export interface Report {
  machine: Machine
  cases: { id: string; unit: Unit; ours: Outcome; peers: Record<string, Outcome> }[]
}

export function reportCase(
  { id, unit }: Case,
  outcomes: ReadonlyMap<string, Outcome>,
): Report['cases'][number] {
  const { ours, ...peers } = Object.fromEntries(outcomes)
  return { id, unit, ours: ours!, peers }
}

/** Three significant digits, with thousands separators; no fraction where the integer part has enough. */
export function formatNumber(value: number): string {
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** The factor by which ours is better than the peer; below 1 it is worse. */
export function advantage(unit: Unit, ours: number, peer: number): number {
  return moreIsBetter(unit) ? ours / peer : peer / ours
}

/** The table of one case: best first, contenders that could not run last. */
export function formatCase({ id, title, unit }: Case, outcomes: ReadonlyMap<string, Outcome>): string {
  const rows = [...outcomes].sort(([, left], [, right]) => {
    if ('error' in left || 'error' in right) return Number('error' in left) - Number('error' in right)
    return moreIsBetter(unit) ? right.median - left.median : left.median - right.median
  })
  const ours = outcomes.get('ours')
  const lines = rows.map(([name, outcome]) => {
    if ('error' in outcome) return `  ${name.padEnd(16)}${'—'.padStart(12)}  ${outcome.error}`
    const { median, spread } = outcome
    const percent = unit === 'bytes' ? '' : `±${((100 * spread) / 2 / median).toFixed(1)} %`
    const ratio =
      name === 'ours' || !ours || 'error' in ours
        ? ''
        : `${formatNumber(advantage(unit, ours.median, median))}×`
    return `  ${name.padEnd(16)}${formatNumber(median).padStart(12)}${percent.padStart(10)}${ratio.padStart(12)}`.trimEnd()
  })
  const header = `  ${''.padEnd(16)}${unit.padStart(12)}${(unit === 'bytes' ? '' : 'spread').padStart(10)}${'ours is'.padStart(12)}`
  return `${id}  ${title}\n${header}\n${lines.join('\n')}\n`
}

export function formatMachine(machine: Machine): string {
  const { cpu, cores, memoryGiB, os, node, v8, secondsPerContender, rounds, versions } = machine
  const lines = [
    `${cpu}, ${cores} cores, ${memoryGiB} GiB; ${os}; Node ${node} (V8 ${v8}); one thread each`,
    `Median over ${rounds} rounds, ${secondsPerContender} s per contender and case; spread is half the interquartile range`,
    `"ours is 2.00×": ours has twice the throughput, or needs half the time or bytes`,
    ...Object.entries(versions).map(([name, version]) => `  ${name.padEnd(16)}${version}`),
  ]
  return `${lines.join('\n')}\n`
}
