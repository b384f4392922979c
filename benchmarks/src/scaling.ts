// The suite `scaling`, cost by width, batch and depth, and the page that shows it.
import { type Case, training } from './cases.js'
import { problemOf, type TrainingProblem } from './problems.js'
import { advantage, formatNumber, type Report } from './report.js'

const hidden = (depth: number) => Array.from({ length: depth }, () => 128).join('-')

/** Smallest first; everything else as in mlp-784-128-10-b32. */
const directions = [
  {
    name: 'Width',
    grows: 'units in the hidden layer',
    points: [32, 128, 512, 2048].map((units) => ({ value: units, id: `mlp-784-${units}-10-b32` })),
  },
  {
    name: 'Batch',
    grows: 'rows per step',
    points: [8, 32, 128, 512].map((rows) => ({ value: rows, id: `mlp-784-128-10-b${rows}` })),
  },
  {
    name: 'Depth',
    grows: 'hidden layers of 128 units',
    points: [1, 2, 4, 8].map((depth) => ({ value: depth, id: `mlp-784-${hidden(depth)}-10-b32` })),
  },
]

const ids = new Set(directions.flatMap(({ points }) => points.map(({ id }) => id)))

/** Two steps suffice to detect different work, and are fast enough for the referee. */
export const scalingCases: readonly Case[] = Array.from(ids, (id) =>
  training(id, 'ReLU, softmax cross-entropy, SGD', 2),
)

/** The default peers: the fastest in JavaScript, and the usual one outside it. */
export const scalingPeers: readonly string[] = ['jax-js', 'pytorch']

/**
 * Multiplications and additions of a step's products: forward, and backward for weights and for inputs, which the first
 * layer does not need.
 */
function operationsOf(id: string): number {
  const { parameters, batch } = problemOf(id) as TrainingProblem
  const weights = parameters.flatMap(({ shape, values }) => (shape.length === 2 ? [values.length] : []))
  return weights.reduce((sum, count, index) => sum + 2 * batch * count * (index === 0 ? 2 : 3), 0)
}

/** The page in Markdown: a table per direction. */
export function scalingPage({ machine, cases }: Report): string {
  const reports = new Map(cases.map((report) => [report.id, report]))
  const names = Object.keys(cases[0]?.peers ?? {})
  const tables = directions.flatMap(({ name, grows, points }) => {
    const rows = points.flatMap(({ value, id }) => {
      const report = reports.get(id)
      if (!report) return []
      const operations = operationsOf(id)
      const ours = 'error' in report.ours ? undefined : report.ours.median
      const cells = names.map((peer) => {
        const outcome = report.peers[peer]
        if (!outcome || 'error' in outcome) return outcome?.error ?? '—'
        const ratio = ours ? ` (${formatNumber(advantage('steps/s', ours, outcome.median))}×)` : ''
        return `${formatNumber(1e6 / outcome.median)}${ratio}`
      })
      const own = ours
        ? [formatNumber(1e6 / ours), formatNumber((operations * ours) / 1e9)]
        : [(report.ours as { error: string }).error, '—']
      return [`| ${[value, formatNumber(operations / 1e6), ...own, ...cells].join(' | ')} |`]
    })
    if (rows.length === 0) return []
    const heads = [
      grows,
      'million operations',
      'ours, µs',
      'ours, GFLOP/s',
      ...names.map((peer) => `${peer}, µs`),
    ]
    return [
      `## ${name}\n\n| ${heads.join(' | ')} |\n|${' ---: |'.repeat(heads.length)}\n${rows.join('\n')}\n`,
    ]
  })
  return `# How the cost of a training step grows

One step of a classifier of 784 inputs and ten classes, as \`mlp-784-128-10-b32\` in [README.md](README.md), with one thing changed. Times are per step, on one thread; in parentheses, the factor by which ours is faster. Operations are those of the matrix products.

Written by \`npm run bench -- --suite scaling\` on ${machine.date.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; median over ${machine.rounds} rounds of ${machine.secondsPerContender} s in all.

${tables.join('\n')}`
}
