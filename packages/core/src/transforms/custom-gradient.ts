// Functions with a custom gradient rule.
import { checkFunction } from '../checks/check-options.js'
import { blamingCaller, GradientError } from '../checks/errors.js'
import { op, type RuleContext } from '../graph/op.js'
import { describeShape, sameShape } from '../graph/shape.js'
import { Tensor, type TensorLike, toTensor } from '../graph/tensor.js'
import { broadcastTo } from '../ops/shape.js'
import { traced } from './tracing.js'

/** The arguments of a custom gradient rule. */
export interface CustomRuleContext {
  /** The inputs of the function. */
  readonly inputs: readonly Tensor[]
  /** Its output. */
  readonly y: Tensor
  /** The derivative that arrives at `y`, of its shape. */
  readonly dy: Tensor
}

/**
 * The derivative with respect to each input, in its shape, built from operations, so that it can be differentiated
 * again; `null` for an input through which no derivative flows.
 */
export type CustomRule = (context: CustomRuleContext) => readonly (Tensor | null)[]

/**
 * The function `f` with the gradient `rule` in place of those of its operations: to clip or reverse a gradient, to
 * pass it straight through, or where a closed form is more accurate. Tensors that `f` captures receive no derivative.
 *
 * ```ts
 * const roundStraightThrough = customGradient((x) => x.round(), ({ dy }) => [dy])
 * ```
 * @throws GradientError at differentiation for a rule that does not return a derivative for each input.
 */
export function customGradient(
  f: (...inputs: Tensor[]) => Tensor,
  rule: CustomRule,
): (...inputs: TensorLike[]) => Tensor {
  blamingCaller(customGradient, () => {
    checkFunction('customGradient', 'f', f)
    checkFunction('customGradient', 'rule', rule)
  })
  const call = (...given: TensorLike[]) => {
    const inputs = blamingCaller(call, () => given.map((value) => toTensor(value)))
    return withRule('customGradient', traced(f, ...inputs), inputs, (dy, y) => {
      const shares = traced(rule, { inputs, y, dy })
      if (!Array.isArray(shares) || shares.length !== inputs.length)
        throw new GradientError(
          `customGradient: the rule must return a list of ${inputs.length} derivatives, one for each input; got ${Array.isArray(shares) ? shares.length : typeof shares}`,
        )
      for (const [index, share] of shares.entries())
        if (share !== null && !(share instanceof Tensor && sameShape(share.shape, inputs[index]!.shape)))
          throw new GradientError(
            `customGradient: the derivative for input ${index} must be a tensor of its shape, ${describeShape(inputs[index]!.shape)}; got ${share instanceof Tensor ? describeShape(share.shape) : typeof share}`,
          )
      return shares
    })
  }
  return call
}

/**
 * A node with the value of `value` that passes back to `inputs` what `rule` returns, and nothing to the inputs of
 * `value`.
 */
export function withRule(
  name: string,
  value: Tensor,
  inputs: readonly Tensor[],
  rule: (dy: Tensor, y: Tensor) => readonly (Tensor | null)[],
): Tensor {
  const names = inputs.map((_, index) => `x${index}`)
  const given = new WeakMap<Tensor, readonly (Tensor | null)[]>()
  const share = (index: number, dy: Tensor, y: Tensor): Tensor => {
    const shares = given.get(dy) ?? rule(dy, y)
    given.set(dy, shares)
    return shares[index] ?? broadcastTo(0, inputs[index]!.shape)
  }
  const rules = names.map(
    (name, index) =>
      [
        name,
        {
          formula: 'a custom rule',
          rule: (context: RuleContext<string>) => share(index, context.dy!, context.y!),
        },
      ] as const,
  )
  return op(name, {
    inputs: ['value', ...names],
    summary: 'A value with a custom gradient rule.',
    symbol: name,
    formula: 'y = value',
    shape: (shapes) => shapes.value!,
    vjp: { value: null, ...Object.fromEntries(rules) },
    decompose: (tensors) => tensors.value!,
    reference: ([value]) => value!.data,
    ulp: 0,
    sample: { domains: {}, cases: [] },
  })(value, ...inputs)
}
