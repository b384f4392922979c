// The public face of the library.
import './methods.js'

export * from './errors.js'
export { grad, gradients, valueAndGrad } from './gradients.js'
export * from './ops/index.js'
export {
  Constant,
  constant,
  type Dtype,
  Input,
  input,
  type NestedArray,
  type NumberArray,
  scope,
  Tensor,
  type TensorLike,
  type Values,
  Variable,
  variable,
  type VariableOptions,
} from './tensor.js'
