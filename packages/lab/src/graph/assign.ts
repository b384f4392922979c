// Gives a variable of the Graph place another value, where its value is written: in the source or beside it.
import type { NestedArray } from '@bp/core/lean'
import type { GraphDocument } from './document.js'
import type { Numbers } from './numbers.js'
import type { GraphPicture } from './open.js'

/** The document with this value of the variable. */
export function withValue(
  document: GraphDocument,
  { program }: Pick<GraphPicture, 'program'>,
  name: string,
  value: Numbers,
): GraphDocument {
  const written = program.values.has(name)
    ? program.statements.find((statement) => statement.name === name)
    : undefined
  if (!written) return { ...document, values: { ...document.values, [name]: value } }
  const { start, end } = written.expression.span
  const { source } = document
  return { ...document, source: source.slice(0, start) + JSON.stringify(value) + source.slice(end) }
}

/** The numbers with another one in one cell. */
export function withCell(numbers: Numbers, [index, ...rest]: readonly number[], value: number): Numbers {
  if (index === undefined || typeof numbers === 'number') return value
  return numbers.map((entry, at) => (at === index ? withCell(entry, rest, value) : entry)) as NestedArray
}
