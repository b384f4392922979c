// A graph as lines of text: a table of all nodes, then the forward and backward passes step by step.
import { formatNumber, type Trace, type TraceComposite, writeFormula } from '@bp/lab'
import stringWidth from 'string-width'
import { visible } from '../fit.js'
import type { Subject } from './source.js'
import { derivativeName, derivativeOf, write } from './words.js'

export function describeGraphInLines({ title, document, picture: { program, trace } }: Subject): string[] {
  const { nodes, steps, warnings, mode } = trace
  const derivatives = derivativeName(trace, { title: 'name' })
  const table = [
    ['name', 'expression', 'value', derivatives],
    ...nodes.map((node) => [
      node.title,
      node.op === null ? node.kind : node.label.replace(`${node.name} = `, ''),
      write(node.value, node),
      write(derivativeOf(trace, node), node),
    ]),
  ]
  const list = (holds: (phase: string) => boolean) =>
    steps.filter(({ phase }) => holds(phase)).map(({ text }) => `  ${text}`)
  const backward = list((phase) => mode === 'reverse' && phase !== 'forward')
  return [
    visible(title),
    ...(title === document.source ? [] : [document.source]),
    ...program.readings.map(({ from, to }) => `note: ${from} is read as ${to}`),
    '',
    ...alignColumns(table),
    '',
    mode === 'forward' ? 'forward mode: each value, and its derivative from those of its inputs' : 'forward',
    ...list((phase) => mode === 'forward' || phase === 'forward'),
    ...(backward.length > 0
      ? ['', 'backward: each derivative is the upstream one times the local one', ...backward]
      : []),
    ...trace.composites.flatMap((composite) => ['', ...describeChain(trace, composite)]),
    ...(warnings.length > 0 ? ['', ...warnings.map((warning) => `note: ${warning}`)] : []),
  ]
}

/** The factors of an opened composite's derivative from the back, and their running products, as in the lecture. */
export function describeChain({ edges, nodes }: Trace, { id, op, chain, closed }: TraceComposite): string[] {
  if (chain.length === 0) return [`${id} is ${op}, opened`]
  const named = new Map(nodes.map((node) => [node.id, node.title]))
  const factors = chain.map(({ edge, local, product }, index) => {
    const { from, to } = edges.find((one) => one.id === edge)!
    const sum = chain
      .slice(0, index + 1)
      .map((_, at) => `L${at + 1}`)
      .join('·')
    return `  L${index + 1} = ∂${named.get(to)}/∂${named.get(from)} = ${formatNumber(local)}${index === 0 ? '' : `   ${sum} = ${formatNumber(product)}`}`
  })
  return [
    `${id} is ${op}, opened; the factors of its derivative from the back`,
    ...factors,
    ...(closed ? [`  in one: ${writeFormula(closed.rule)} = ${formatNumber(closed.local)}`] : []),
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
