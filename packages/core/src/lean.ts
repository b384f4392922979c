// Everything but the operations as methods of tensors: from here, a bundle gets only what it uses.
import './graph/reading.js'

export { type Check, check, isRecord } from './checks/check-options.js'
export * from './checks/errors.js'
export { didYouMean, nearest } from './checks/nearest.js'
export { type DescribeOptions, describe, type ProgramLine } from './compile/describe.js'
export {
  type CompiledFunction,
  type CompileOptions,
  compile,
  type Describable,
} from './compile/function.js'
export { setThreads, type ThreadOptions, useKernelModule, useRelaxedSimd } from './compile/kernel.js'
export type { Profile, ProfileLine } from './compile/profile.js'
export { measurePeak } from './compile/profile.js'
export { simplify } from './compile/simplify.js'
export {
  batches,
  collect,
  prefetch,
  type Row,
  type RowSource,
  shuffle,
  streamBatches,
} from './data/batches.js'
export { type Dataset, dataset } from './data/dataset.js'
export { circle, type GeneratedOptions, gauss, moons, rings, sine, spiral, xor } from './data/generated.js'
export { imputer, normalizer, oneHotEncoder, type Scaler, standardizer } from './data/scaling.js'
export { type SplitOptions, type SplitRows, split, splitRows } from './data/split.js'
export {
  type CheckOptions,
  checkGradients,
  type GradientCheck,
  type GradientReport,
} from './graph/check-gradients.js'
export { evaluate, type Given } from './graph/evaluate.js'
export { gradients, localProduct } from './graph/gradients.js'
export { byName, inputAt, isList } from './graph/input-names.js'
export type { Definition, GradientRule, Op, RuleContext } from './graph/op.js'
export { caseInputs } from './graph/sample.js'
export { type Shape, sizeOf } from './graph/shape.js'
export type { ShapeOf } from './graph/shape-types.js'
export {
  Constant,
  constant,
  type Dtype,
  Input,
  input,
  scope,
  Tensor,
  type TensorLike,
  Variable,
  type VariableOptions,
  variable,
} from './graph/tensor.js'
export { topological } from './graph/traverse.js'
export { type NestedArray, type NumberArray, nest, type Values } from './graph/values.js'
export type { ActivationName } from './layers/activation.js'
export * as layers from './layers/index.js'
export {
  constantInitializer,
  type Initializer,
  type InitializerName,
  initializers,
} from './layers/initializers.js'
export {
  type Apply,
  type Builder,
  type Layer,
  type LayerOptions,
  type LayerPlan,
  layer,
  modelInput,
  SymbolicTensor,
} from './layers/layer.js'
export {
  type FunctionalOptions,
  functional,
  type Model,
  type ModelOptions,
  type NamedValues,
  type Symbolic,
  sequential,
  type Weights,
} from './layers/model.js'
export { type Context, StepContext, type TrainingContext } from './layers/training-context.js'
export { type Random, random } from './numbers/random.js'
export * as ops from './ops/index.js'
export * from './ops/index.js'
export type { Checkpoint } from './run/engine.js'
export {
  type Callbacks,
  type CheckpointOptions,
  createRun,
  type EarlyStopping,
  type Run,
  type RunOptions,
  type RunRecord,
  type RunState,
} from './run/run.js'
export type { Score } from './run/score.js'
export {
  binaryCrossEntropy,
  type ClassLossOptions,
  cosineLoss,
  hingeLoss,
  huberLoss,
  klDivergence,
  type Loss,
  type LossName,
  type LossOptions,
  l1Penalty,
  l2Penalty,
  losses,
  meanAbsoluteError,
  meanSquaredError,
  negativeLogLikelihood,
  type OutputActivation,
  outputActivations,
  poissonLoss,
  type SparseLossOptions,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  sparseSoftmaxCrossEntropy,
} from './training/losses.js'
export type { Metric } from './training/metrics.js'
export * as metrics from './training/metrics.js'
export type { OptimizerRecord, OptimizerState, ParameterRecord } from './training/optimizer-state.js'
export {
  type AdadeltaOptions,
  type AdagradOptions,
  type AdamOptions,
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  type Clip,
  type LionOptions,
  lion,
  type MomentumOptions,
  momentum,
  type NadamOptions,
  nadam,
  type Optimizer,
  type OptimizerOptions,
  type ParameterGroup,
  type RmsPropOptions,
  rmsProp,
  sgd,
} from './training/optimizers.js'
export { Rows } from './training/rows.js'
export {
  type CosineDecayOptions,
  type CosineRestartsOptions,
  cosineDecay,
  cosineRestarts,
  type ExponentialDecayOptions,
  exponentialDecay,
  type OneCycleOptions,
  oneCycle,
  type Plateau,
  type PlateauOptions,
  type PlateauRecord,
  reduceOnPlateau,
  type Schedule,
  type StepDecayOptions,
  stepDecay,
  type WarmUpOptions,
  warmUp,
} from './training/schedules.js'
export { compileStep, type StepOptions, TrainingStep } from './training/step.js'
export { type CustomRule, type CustomRuleContext, customGradient } from './transforms/custom-gradient.js'
export { grad, hessian, hvp, jacobian, jvp, valueAndGrad, vjp } from './transforms/derivatives.js'
export type { Like, Tensors } from './transforms/nested.js'
export { remat } from './transforms/remat.js'
