// The public face of the library.
import './graph/methods.js'

export * from './lean.js'
