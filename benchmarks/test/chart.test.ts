// The chart and the scaling page.
import { expect, test } from 'vitest'
import { chart } from '../src/chart.js'
import { peers } from '../src/contenders.js'
import { describeMachine } from '../src/machine.js'
import type { Report } from '../src/report.js'
import { scalingCases, scalingPage } from '../src/scaling.js'

const machine = describeMachine([], new Map(), { seconds: 1, rounds: 9 })

test('the chart has a row for each case that has a peer, with the ratio to the nearest one', () => {
  const report: Report = {
    machine,
    cases: [
      {
        id: 'xor-step',
        unit: 'steps/s',
        ours: { median: 100, spread: 0 },
        peers: { pytorch: { median: 1, spread: 0 }, 'brain.js': { median: 40, spread: 0 } },
      },
      { id: 'peak', unit: 'GFLOP/s', ours: { median: 40, spread: 0 }, peers: {} },
      {
        id: 'cold-start',
        unit: 'ms',
        ours: { median: 50, spread: 0 },
        peers: { pytorch: { median: 500, spread: 0 }, 'jax-js': { error: 'a < b' } },
      },
    ],
  }
  const svg = chart(report)
  expect(svg).toContain('2.50× brain.js')
  expect(svg).toContain('10.0× pytorch')
  expect(svg).not.toContain('>peak<')
  // One mark per figure, and one per peer in the legend.
  expect(svg.match(/<circle/g)).toHaveLength(3 + 2)
})

test('every peer has a colour in the chart', () => {
  const outcomes = peers.map(({ name }) => [name, { median: 1, spread: 0 }] as const)
  const ours = { median: 2, spread: 0 }
  const svg = chart({
    machine,
    cases: [{ id: 'a', unit: 'ms', ours, peers: Object.fromEntries(outcomes) }],
  })
  for (const { name } of peers) expect(svg).toContain(`>${name}</text>`)
})

test('the page on scaling has a row for every point, with operations by the formula', () => {
  const ours = { median: 1000, spread: 0 }
  const page = scalingPage({
    machine,
    cases: scalingCases.map(({ id, unit }) => ({
      id,
      unit,
      ours,
      peers: { pytorch: { median: 500, spread: 0 } },
    })),
  })
  // 32 rows · 2 · (2 · 784 · 128 + 3 · 128 · 10) operations, 1,000 times a second.
  expect(page).toContain('| 128 | 13.1 | 1,000 | 13.1 | 2,000 (2.00×) |')
  expect(page.match(/2\.00×/g)).toHaveLength(12)
})
