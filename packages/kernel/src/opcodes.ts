// The numbers of the instructions; one file for both sides, AssemblyScript and TypeScript.

/** What an instruction does. Its operands follow it as 32-bit words; instructions.ts names them. */
export enum Opcode {
  End,
  Blocks,
  Shared,

  // Functions of one array, element by element.
  Neg,
  Abs,
  Sign,
  Square,
  Sqrt,
  Reciprocal,
  Exp,
  Log,
  Log1p,
  Tanh,
  Sigmoid,
  Relu,
  Softplus,
  Rsqrt,
  Expm1,
  Sin,
  Cos,
  Erf,
  Gelu,
  GeluTanh,
  Silu,
  Mish,
  HardSigmoid,
  HardSwish,
  Floor,
  Ceil,
  Round,
  LeakyRelu,
  Elu,
  Clip,

  // Functions of two arrays, either of which may repeat along rows or columns.
  Add,
  Sub,
  Mul,
  Div,
  Pow,
  Maximum,
  Minimum,
  Less,
  GreaterEqual,
  Equal,
  SigmoidGrad,
  TanhGrad,
  ReluGrad,
  SigmoidCrossEntropy,
  Atan2,
  Mod,
  NotEqual,
  LogicalAnd,
  LogicalOr,
  LogicalXor,
  GeluGrad,
  GeluTanhGrad,
  GeluSlope,
  GeluTanhSlope,
  SiluGrad,
  MishGrad,
  HardSwishGrad,
  LeakyReluGrad,
  EluGrad,
  ClipGrad,
  OpenClipGrad,

  // Functions of three arrays, each of which may be one number for all elements.
  Where,
  SigmoidCrossEntropyGrad,
  SigmoidCrossEntropyMean,

  // Moves numbers.
  Copy,
  Fill,

  // Picks and adds by index; the first two stop the program at an index out of range.
  Gather,
  ScatterAdd,
  OneHot,

  // Along the middle of three dimensions.
  Sum,
  Mean,
  Max,
  Min,
  Prod,
  Norm,
  Variance,
  ArgMax,
  CumulativeSum,
  ProductOfOthers,

  // Softmax and its kin: along the middle of three dimensions, and row by row.
  Softmax,
  LogSoftmax,
  SoftmaxGrad,
  LogSoftmaxGrad,
  SoftmaxCrossEntropy,
  SparseSoftmaxCrossEntropy,

  Attention,
  AttentionGrad,

  // Normalisation: of rows, and of channels over a batch.
  NormalizeRows,
  NormalizeRowsGrad,
  NormalizeRowsGammaGrad,
  ChannelVariance,
  BatchNorm,
  BatchNormGrad,
  BatchNormGammaGrad,

  // Random numbers of a seed and a key.
  RandomUniform,
  RandomNormal,
  RandomPermutation,
  Dropout,

  // Matrix products: neither, the second, or the first matrix read as its transpose; and small ones of any kind.
  MatmulNN,
  MatmulNT,
  MatmulTN,
  MatmulSmall,
  MatmulTile,
  BatchedMatmul,

  // Convolutions and what they pass back, then the same where each channel has a kernel of its own; pooling.
  Convolution,
  ConvolutionInputGrad,
  ConvolutionWeightGrad,
  Depthwise,
  DepthwiseInputGrad,
  DepthwiseWeightGrad,
  MaxPool,
  MaxPoolGrad,
  MaxPoolPick,
  AveragePool,
  AveragePoolGrad,

  // Updates of parameters, in place.
  Sgd,
  Momentum,
  Adam,
  Adamax,
  Nadam,
  RmsProp,
  Adagrad,
  Adadelta,
  Lion,

  // The data and the record of a training step.
  GatherRows,
  Watch,
  SkipUnless,
  Record,
  NextBatch,
  NextKey,

  // Around the update: gradients before it, the learning rate, the average of parameters after it.
  Accumulate,
  UpdateEvery,
  SquaredNorm,
  ClipByNorm,
  ClipByValue,
  NextRate,
  Average,
  // Nothing but arithmetic, to measure what the machine can do.
  MultiplyAdds,
}

/** What a matrix product does to its result, and what the gradient through it is made of. */
export enum Activation {
  None,
  Relu,
  Sigmoid,
  Tanh,
}
