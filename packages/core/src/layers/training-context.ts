// The context in which a model is applied: inference, or a training step.
import { ShapeError } from '../checks/errors.js'
import { describeShape, sameShape } from '../graph/shape.js'
import { describeNode, type Input, input, type Tensor, type Variable } from '../graph/tensor.js'

/** The context of a training step. */
export interface TrainingContext {
  readonly training: true
  /** The step number as two integers below 2²⁴, low part first: the key of random operations. */
  readonly key: Tensor
  /**
   * Assigns a variable that is not trained the value of a tensor at the end of each step with a finite loss. The
   * tensor is computed from the values at the beginning of the step.
   * @throws ShapeError unless the shapes agree.
   */
  assign(variable: Variable, value: Tensor): void
  /** Assignments so far. */
  readonly assignments: ReadonlyMap<Variable, Tensor>
}

/** The context of a layer: inference, or a training step. */
export type Context = { readonly training: false } | TrainingContext

/** Without random operations or assignments. */
export const inference: Context = { training: false }

/** The context of one training step: pass it to the model, then to `compileStep`. */
export class StepContext implements TrainingContext {
  readonly training = true
  readonly key: Input = input([2], { name: 'key' })
  readonly assignments = new Map<Variable, Tensor>()

  assign(variable: Variable, value: Tensor): void {
    if (!sameShape(variable.shape, value.shape))
      throw new ShapeError(
        `assign: ${describeNode(variable)} cannot take a value that is ${describeShape(value.shape)}`,
      )
    this.assignments.set(variable, value)
  }
}
