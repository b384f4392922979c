// Every layer there is.
export * from './activation.js'
export * from './convolution.js'
export { type DenseOptions, dense, type WeightsOptions } from './dense.js'
export { type DropoutOptions, dropout } from './dropout.js'
export * from './pooling.js'
export * from './shape.js'
