// The table: every operation there is.
export * from './arithmetic.js'
export * from './comparison.js'
export * from './elementwise.js'
export * from './matmul.js'
export * from './random.js'
export * from './reductions.js'
export * from './shape.js'
export * from './softmax.js'
