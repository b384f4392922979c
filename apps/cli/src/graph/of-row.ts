// The graph of a network for one row: from the row through all weights to the loss, to be looked at like any other.
import { initialGraph, insideRow, mostNumbersInside, type NetworkRow } from '@bp/lab'
import type { Target } from '@bp/table'
import type { Settings } from '../train/settings.js'
import { UsageError } from '../usage-error.js'
import { openSubject, type Subject } from './source.js'

/** A row, and a network of `bp train` that answers for it. */
export interface RowOfNetwork {
  readonly settings: Pick<Settings, 'activation'>
  /** What is predicted; `null` for xor. */
  readonly target: Target | null
  /** Weights and biases of each layer, in order: those of a model, or arrays. */
  readonly parameters: readonly { readonly values: ArrayLike<number> }[]
  /** Of this row, as the network takes them. */
  readonly inputs: ArrayLike<number>
  readonly targets: ArrayLike<number>
}

/** @throws UsageError for a network that is too large. */
export function subjectOfRow(title: string, row: RowOfNetwork): Subject {
  const { parameters, target } = row
  const numbers = parameters.reduce((total, { values }) => total + values.length, 0)
  if (numbers > mostNumbersInside)
    throw new UsageError(
      `the network has ${numbers} weights, and a graph shows up to ${mostNumbersInside}; train one with fewer units to look inside`,
    )
  const { source, values } = insideRow({ layers: layersOf(row), ...lossOf(target), ...row })
  return openSubject(title, { ...initialGraph, source, values })
}

function layersOf({ settings, target, parameters }: RowOfNetwork): NetworkRow['layers'] {
  const count = parameters.length / 2
  const last = target === null ? 'sigmoid' : target.task === 'classification' ? 'softmax' : 'linear'
  return Array.from({ length: count }, (_, layer) => ({
    weights: parameters[2 * layer]!.values,
    biases: parameters[2 * layer + 1]!.values,
    activation: layer === count - 1 ? last : settings.activation,
  }))
}

const lossOf = (target: Target | null): Pick<NetworkRow, 'loss'> => ({
  loss: target?.task === 'regression' ? 'squaredError' : 'crossEntropy',
})
