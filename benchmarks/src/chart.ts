// The figures as a chart: a row per case, a mark per peer at the factor by which ours is better, on a log scale.
import { advantage, formatNumber, type Report } from './report.js'

/** Distinct in lightness too; readable on white and on near black. */
const colours: Record<string, string> = {
  'tfjs-wasm': '#e8710a',
  'tfjs-cpu': '#b8860b',
  'jax-js': '#2a7de1',
  'brain.js': '#8e5bd0',
  'handwritten-js': '#7a7f87',
  pytorch: '#d64545',
  openblas: '#17936f',
  'one-thread': '#0f9fb5',
}

const width = 960
const left = 272
const right = 230
const rowHeight = 30
const top = 96

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

interface Row {
  id: string
  /** Nearest rival first. */
  ratios: { peer: string; ratio: number }[]
}

function rowsOf({ cases }: Report): Row[] {
  return cases.flatMap(({ id, unit, ours, peers }) => {
    if ('error' in ours) return []
    const ratios = Object.entries(peers).flatMap(([peer, outcome]) =>
      'error' in outcome ? [] : [{ peer, ratio: advantage(unit, ours.median, outcome.median) }],
    )
    if (ratios.length === 0) return []
    return [{ id, ratios: ratios.sort((one, other) => one.ratio - other.ratio) }]
  })
}

/** The report as an SVG with light and dark colours and no script. */
export function chart(report: Report): string {
  const rows = rowsOf(report)
  const all = rows.flatMap(({ ratios }) => ratios.map(({ ratio }) => Math.log10(ratio)))
  const lowest = Math.floor(Math.min(0, ...all))
  const highest = Math.max(lowest + 1, Math.ceil(Math.max(0, ...all)))
  const at = (ratio: number) =>
    left + ((Math.log10(ratio) - lowest) / (highest - lowest)) * (width - left - right)
  const height = top + rows.length * rowHeight + 40
  const bottom = top + rows.length * rowHeight
  const parts: string[] = []

  for (let power = lowest; power <= highest; power++) {
    const x = at(10 ** power).toFixed(1)
    const label = `${(10 ** power).toLocaleString('en-US', { maximumFractionDigits: 6 })}×`
    parts.push(
      `<line class="${power === 0 ? 'one' : 'grid'}" x1="${x}" y1="${top}" x2="${x}" y2="${bottom}"/>`,
      `<text class="soft" x="${x}" y="${top - 8}" text-anchor="middle">${label}</text>`,
    )
  }
  const present = Object.keys(colours).filter((name) =>
    rows.some(({ ratios }) => ratios.some(({ peer }) => peer === name)),
  )
  let legend = 16
  for (const name of present) {
    parts.push(
      `<circle cx="${legend + 6}" cy="52" r="6" fill="${colours[name]}"/>`,
      `<text x="${legend + 18}" y="57">${name}</text>`,
    )
    legend += 34 + 8.4 * name.length
  }
  for (const [index, { id, ratios }] of rows.entries()) {
    const y = top + (index + 0.5) * rowHeight
    const nearest = ratios[0]!
    const ends = [1, nearest.ratio, ratios.at(-1)!.ratio].map(at)
    parts.push(
      `<text x="${left - 14}" y="${y + 5}" text-anchor="end">${escaped(id)}</text>`,
      `<line class="bar" x1="${Math.min(...ends).toFixed(1)}" y1="${y}" x2="${Math.max(...ends).toFixed(1)}" y2="${y}"/>`,
      ...ratios.map(
        ({ peer, ratio }) =>
          `<circle cx="${at(ratio).toFixed(1)}" cy="${y}" r="6" fill="${colours[peer] ?? '#888'}"><title>${escaped(`${id}: ours is ${formatNumber(ratio)}× ${peer}`)}</title></circle>`,
      ),
      `<text class="soft" x="${width - right + 40}" y="${y + 5}">${formatNumber(nearest.ratio)}× ${escaped(nearest.peer)}</text>`,
    )
  }
  const { machine } = report
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="How many times better than its peers @bp/core is, case by case">
<style>
  svg { color-scheme: light dark; background: #ffffff }
  text { font: 14px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1b1f24 }
  .title { font-size: 18px; font-weight: 600 }
  .soft { fill: #57606a }
  .grid { stroke: #d8dee4 }
  .one { stroke: #1b1f24; stroke-width: 2 }
  .bar { stroke: #c3cbd3; stroke-width: 6; stroke-linecap: round }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117 }
    text { fill: #e6edf3 }
    .soft { fill: #9aa4af }
    .grid { stroke: #2b323b }
    .one { stroke: #e6edf3 }
    .bar { stroke: #3d4650 }
  }
</style>
<text class="title" x="16" y="28">How many times better @bp/core is, log scale; at 1× as good</text>
<text class="soft" x="${width - right + 40}" y="${top - 8}">nearest rival</text>
${parts.join('\n')}
<text class="soft" x="16" y="${height - 14}">${escaped(`${machine.cpu}, Node ${machine.node}, ${machine.date.slice(0, 10)}`)}</text>
</svg>
`
}
