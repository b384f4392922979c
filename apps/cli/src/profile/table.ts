// How long each instruction of a training step takes, as a table and as JSON.
import type { Profile, ProfileLine } from '@bp/core'
import { formatCount, threeDigits } from '../train/words.js'

/** Instructions with less than this share of the time are summed up in one line. */
const smallestShare = 0.005

/** The step as a whole, then its instructions, the longest first. */
export function drawProfile({ lines, microseconds, peak }: Profile): string[] {
  const operations = lines.reduce((total, line) => total + line.operations, 0)
  const whole = rate(operations, microseconds)
  const sorted = [...lines].sort((a, b) => b.microseconds - a.microseconds)
  const shown = sorted.filter(({ share }) => share >= smallestShare)
  const rest = sorted.filter(({ share }) => share < smallestShare)
  const rows = shown.map((line) => row(line, peak, line.instruction, line.nodes.join(', ')))
  if (rest.length > 0) rows.push(row(sum(rest), peak, `${rest.length} more`, ''))
  return [
    `one step: ${threeDigits(microseconds)} µs, ${formatCount(1e6 / microseconds)} steps/s, ${whole.toFixed(1)} GFLOP/s, ${percent(whole / peak)} of this machine's single-thread peak of ${peak.toFixed(1)}`,
    '',
    ' share        µs  GFLOP/s  of peak    GB/s  instruction               what it computes',
    ...rows,
  ]
}

/** The same as an object for `--ui json`. */
export function profileObject({ lines, microseconds, peak }: Profile): object {
  return {
    type: 'profile',
    microseconds,
    peak_gflops: peak,
    instructions: lines.map((line) => ({
      instruction: line.instruction,
      nodes: line.nodes,
      microseconds: line.microseconds,
      share: line.share,
      gflops: rate(line.operations, line.microseconds),
      gigabytes_per_second: rate(line.bytes, line.microseconds),
    })),
  }
}

type Measured = Pick<ProfileLine, 'microseconds' | 'share' | 'operations' | 'bytes'>

function row(line: Measured, peak: number, name: string, nodes: string): string {
  const flops = rate(line.operations, line.microseconds)
  return [
    percent(line.share).padStart(6),
    threeDigits(line.microseconds).padStart(10),
    flops.toFixed(1).padStart(9),
    percent(flops / peak).padStart(9),
    rate(line.bytes, line.microseconds).toFixed(1).padStart(8),
    `  ${name.padEnd(26)}${nodes}`.trimEnd(),
  ].join('')
}

function sum(lines: readonly Measured[]): Measured {
  const total = (of: (line: Measured) => number) => lines.reduce((sum, line) => sum + of(line), 0)
  return {
    microseconds: total(({ microseconds }) => microseconds),
    share: total(({ share }) => share),
    operations: total(({ operations }) => operations),
    bytes: total(({ bytes }) => bytes),
  }
}

/** In 10⁹ per second. */
const rate = (amount: number, microseconds: number) => amount / microseconds / 1000
const percent = (share: number) => `${(share * 100).toFixed(share < 0.0995 ? 1 : 0)} %`
