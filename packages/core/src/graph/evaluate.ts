// Evaluates tensors immediately: f64 in plain TypeScript, everything else on the kernel.
import { check, checkNumbers } from '../checks/check-options.js'
import { blamingCaller, ShapeError } from '../checks/errors.js'
import { evaluateOnKernel } from '../compile/once.js'
import { checkReadable } from '../transforms/tracing.js'
import { evaluateReference } from './reference.js'
import { checkTensor, checkTensors, type Dtype, describeNode, type Tensor } from './tensor.js'

/** Values for inputs, or to replace those of any tensor. */
export type Given = ReadonlyMap<Tensor, ArrayLike<number>>

/**
 * The values of tensors, in new arrays: Float64Array for f64, Float32Array for f32. Constants without a dtype are
 * computed in f64 when evaluated together with f64 tensors, otherwise in f32.
 */
export function evaluate(
  tensors: readonly Tensor[],
  given: Given = new Map(),
): (Float32Array | Float64Array)[] {
  return blamingCaller(evaluate, () => {
    checkTensors('evaluate', 'tensors', tensors)
    check('a Map', (value) => value instanceof Map)('evaluate', 'given', given)
    for (const [tensor, values] of given) {
      checkTensor('evaluate', 'a key of given', tensor)
      checkNumbers('evaluate', `given, for ${describeNode(tensor)},`, values)
      if (values.length !== tensor.size)
        throw new ShapeError(`evaluate: ${describeNode(tensor)} was given ${values.length} numbers`)
    }
    for (const tensor of tensors) checkReadable('evaluate', tensor)
    const constants = precision(tensors)
    const single = tensors.filter(({ dtype }) => (dtype ?? constants) === 'f32')
    const double = tensors.filter(({ dtype }) => (dtype ?? constants) === 'f64')
    const results = new Map<Tensor, Float32Array | Float64Array>()
    if (double.length > 0) {
      const values = evaluateReference(
        double,
        new Map([...given].map(([tensor, data]) => [tensor, Float64Array.from(data)])),
      )
      for (const tensor of double) results.set(tensor, values.get(tensor)!.slice())
    }
    if (single.length > 0) {
      const values = evaluateOnKernel(single, given)
      for (const [index, tensor] of single.entries()) results.set(tensor, values[index]!)
    }
    return tensors.map((tensor) => results.get(tensor)!)
  })
}

/** The dtype in which constants without one are computed together with these tensors. */
export function precision(tensors: readonly Tensor[]): Dtype {
  return tensors.some(({ dtype }) => dtype === 'f64') ? 'f64' : 'f32'
}
