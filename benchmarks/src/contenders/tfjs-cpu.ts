// TensorFlow.js on its plain JavaScript backend.
import '@tensorflow/tfjs-backend-cpu'
import { openOn } from './tfjs.js'

export const open = openOn('cpu', () => {})
