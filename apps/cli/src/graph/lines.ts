// A graph as lines of text: a table of all nodes, then the forward and backward passes step by step.
import stringWidth from 'string-width'
import type { Subject } from './source.js'
import { write } from './words.js'

export function describeGraphInLines({ expression, trace, readings }: Subject): string[] {
  const { nodes, output, steps, warnings } = trace
  const table = [
    ['name', 'expression', 'value', `∂${output.title}/∂name`],
    ...nodes.map((node) => [
      node.title,
      node.op === null ? node.kind : node.label.replace(`${node.name} = `, ''),
      write(node.value, node),
      write(node.derivative, node),
    ]),
  ]
  const list = (holds: (phase: string) => boolean) =>
    steps.filter(({ phase }) => holds(phase)).map(({ text }) => `  ${text}`)
  const backward = list((phase) => phase !== 'forward')
  return [
    expression,
    ...readings.map(({ from, to }) => `note: ${from} is read as ${to}`),
    '',
    ...alignColumns(table),
    '',
    'forward',
    ...list((phase) => phase === 'forward'),
    ...(backward.length > 0
      ? ['', 'backward: each derivative is the upstream one times the local one', ...backward]
      : []),
    ...(warnings.length > 0 ? ['', ...warnings.map((warning) => `note: ${warning}`)] : []),
  ]
}

/** Text is aligned to the left; the last two columns, which are numbers, to the right. */
function alignColumns(table: readonly (readonly string[])[]): string[] {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => stringWidth(row[column]!))))
  return table.map((row) =>
    row
      .map((text, column) => {
        const room = ' '.repeat(widths[column]! - stringWidth(text))
        return column < 2 ? text + room : room + text
      })
      .join('  ')
      .trimEnd(),
  )
}
