// Moves one variable a little and compares what the output does with what its derivative says.
import { evaluate, gradients, ValueError } from '@bp/core'
import type { Graph } from '@bp/expression'

export interface Nudge {
  /** The output as it is. */
  readonly before: number
  /** The output with the variable moved. */
  readonly after: number
  /** `after − before`. */
  readonly change: number
  /** Derivative times delta; equal to `change` as far as the output is a straight line. */
  readonly predicted: number
}

/**
 * What happens to the output when `delta` is added to the variable `name`, to every entry if it is an array. The
 * graph stays as it is.
 * @throws ValueError for an unknown variable, a delta that is not finite, or an output of more than one number.
 */
export function nudge(graph: Graph, name: string, delta: number): Nudge {
  const { output, outputName, variables } = graph
  const variable = variables.get(name)
  if (!variable)
    throw new ValueError(`nudge: there is no variable ${name}; there are ${[...variables.keys()].join(', ')}`)
  if (!Number.isFinite(delta)) throw new ValueError(`nudge: delta must be a finite number, got ${delta}`)
  if (output.size !== 1)
    throw new ValueError(
      `nudge: ${outputName} is an array of ${output.shape.join('×')}, not a single number; take sum(${outputName}) or mean(${outputName})`,
    )
  const moved = Array.from(variable.values, (value) => value + delta)
  const [derivative, now] = evaluate([gradients(output, [variable])[0]!, output])
  const before = now![0]!
  const after = evaluate([output], new Map([[variable, moved]]))[0]![0]!
  const slope = Array.from(derivative!).reduce((total, entry) => total + entry, 0)
  return { before, after, change: after - before, predicted: slope * delta }
}
