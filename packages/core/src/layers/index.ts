// Every layer there is.
export * from './activation.js'
export { type DenseOptions, dense, type WeightsOptions } from './dense.js'
export { type DropoutOptions, dropout } from './dropout.js'
export * from './shape.js'
