// Lines of losses: smoothed, and as a table.
import type { LossRecord } from './view.js'

/**
 * The exponential moving average of values, each divided by the sum of its weights, so that it begins at the first one.
 * `share` of the past in [0, 1); what is not finite breaks off nothing and is left as it is.
 */
export function smoothed(values: readonly number[], share: number): number[] {
  let [sum, weight] = [0, 0]
  return values.map((value) => {
    if (!Number.isFinite(value)) return value
    sum = share * sum + (1 - share) * value
    weight = share * weight + (1 - share)
    return sum / weight
  })
}

/** The losses of several runs at every step that any of them has recorded. */
export function lossTable(
  lines: readonly { readonly name: string; readonly history: readonly LossRecord[] }[],
): string {
  const steps = [...new Set(lines.flatMap(({ history }) => history.map(({ step }) => step)))].sort(
    (a, b) => a - b,
  )
  const columns = lines.flatMap(({ name, history }) => {
    const at = new Map(history.map((record) => [record.step, record]))
    const column = (title: string, of: (record: LossRecord) => number | null) => ({
      title,
      cells: steps.map((step) => {
        const record = at.get(step)
        return record ? of(record) : null
      }),
    })
    return [
      column(`${name}, loss`, ({ loss }) => loss),
      ...(history.some(({ heldBack }) => heldBack !== null)
        ? [column(`${name}, held back`, ({ heldBack }) => heldBack)]
        : []),
    ]
  })
  return csvOf([{ title: 'step', cells: steps }, ...columns])
}

const csvOf = (columns: readonly { readonly title: string; readonly cells: readonly (number | null)[] }[]) =>
  [
    columns.map(({ title }) => (/[",\n]/.test(title) ? `"${title.replaceAll('"', '""')}"` : title)),
    ...columns[0]!.cells.map((_, row) => columns.map(({ cells }) => String(cells[row] ?? ''))),
  ]
    .map((row) => `${row.join()}\n`)
    .join('')
