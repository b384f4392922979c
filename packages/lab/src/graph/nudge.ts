// Changes one variable a little and compares the change of the output with what the derivative predicts.
import { evaluate, gradients, ValueError } from '@bp/core'
import type { Graph } from '@bp/expression'

export interface Nudge {
  /** The output. */
  readonly before: number
  /** The output with the variable changed. */
  readonly after: number
  /** `after − before`. */
  readonly change: number
  /** Derivative times delta; equal to `change` where the output is linear in the variable. */
  readonly predicted: number
}

/**
 * What happens to the output if `delta` is added to the variable `name`, to every element if it is an array. The
 * graph is not modified.
 * @throws ValueError for an unknown variable, a delta that is not finite, or an output that is not a single number.
 */
export function nudge(graph: Graph, name: string, delta: number): Nudge {
  const { output, outputName, variables } = graph
  const variable = variables.get(name)
  if (!variable)
    throw new ValueError(
      `nudge: there is no variable ${name}; the variables are ${[...variables.keys()].join(', ')}`,
    )
  if (!Number.isFinite(delta)) throw new ValueError(`nudge: delta must be a finite number, got ${delta}`)
  if (output.size !== 1)
    throw new ValueError(
      `nudge: ${outputName} is an array of ${output.shape.join('×')}, not a single number; take sum(${outputName}) or mean(${outputName})`,
    )
  const moved = Array.from(variable.values, (value) => value + delta)
  const [derivative, now] = evaluate([gradients(output, [variable])[0]!, output])
  const before = now![0]!
  const after = evaluate([output], new Map([[variable, moved]]))[0]![0]!
  const slope = Array.from(derivative!).reduce((total, element) => total + element, 0)
  return { before, after, change: after - before, predicted: slope * delta }
}
