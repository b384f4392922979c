// What functions of tensors may ask of the training step that they become part of.
import { ShapeError } from '../checks/errors.js'
import { describeShape, sameShape } from '../graph/shape.js'
import { describeNode, type Input, input, type Tensor, type Variable } from '../graph/tensor.js'

/** What a layer is told in training. */
export interface TrainingContext {
  readonly training: true
  /** The number of the step as two whole numbers below 2²⁴, the lower part first: the key of random operations. */
  readonly key: Tensor
  /**
   * Gives a variable that is not trained a tensor's value at the end of each step whose loss is finite. The
   * tensor is computed from what the variables hold at the beginning of the step.
   * @throws ShapeError unless both have one shape.
   */
  assign(variable: Variable, value: Tensor): void
  /** What has been assigned so far. */
  readonly assignments: ReadonlyMap<Variable, Tensor>
}

/** What a layer is told: whether this is training, and then what it may ask of the step. */
export type Context = { readonly training: false } | TrainingContext

/** Nothing random, and nothing that changes variables. */
export const inference: Context = { training: false }

/** The context of one training step: give it to the model, then to `compileStep`. */
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
