// The graph of a run's training step: its operations in scopes, in lines and JSON.
import { type Operations, operationsOfModel, type ScopeRow, scopeOutline } from '@bp/lab'
import { inColumns } from '../lines.js'
import { jsonLine } from '../output.js'
import { nameOf } from '../runs/home.js'
import { loadTrained } from '../runs/trained.js'
import { lossOf } from '../train/plan.js'
import { writeShape } from './words.js'

export interface StepGraph {
  readonly title: string
  readonly operations: Operations
}

/** @throws UsageError if there is no such run. */
export function stepGraphOf(reference: string): StepGraph {
  const { spec, model, folder } = loadTrained(reference)
  const { optimizer, batchSize } = spec.settings
  return {
    title: `${nameOf(folder)}, a training step`,
    operations: operationsOfModel({
      model,
      loss: lossOf(spec.table?.target ?? null),
      update: optimizer[0]!.toUpperCase() + optimizer.slice(1),
      rows: Math.min(batchSize, spec.data.rows),
      inputShape: [spec.inputs],
      targetShape: [spec.outputs],
    }),
  }
}

/** What a row of the outline says: the name, the operation, its shape, what it takes. */
export function rowTexts(row: ScopeRow): [name: string, about: string, shape: string, inputs: string] {
  const indent = '  '.repeat(row.depth)
  if (row.kind === 'scope')
    return [
      `${indent}${row.open ? '▾' : '▸'} ${row.label}`,
      `${row.count} operation${row.count === 1 ? '' : 's'}`,
      '',
      '',
    ]
  const { op, shape, inputs, literal } = row.operation
  return [`${indent}  ${row.label}`, literal ?? op, writeShape(shape ?? []), inputs.join(', ')]
}

export function describeScopesInLines({ title, operations }: StepGraph): string[] {
  const rows = scopeOutline(operations, null).map(rowTexts)
  return [title, '', ...inColumns([['name', 'operation', 'shape', 'takes'], ...rows])]
}

export function describeScopesInJson({ title, operations }: StepGraph): string[] {
  return [
    { type: 'start', title, operations: operations.size },
    ...Array.from(operations.values(), (operation) => ({ type: 'operation', ...operation })),
  ].map(jsonLine)
}
