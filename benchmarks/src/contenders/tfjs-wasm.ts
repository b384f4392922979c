// TensorFlow.js on its WebAssembly backend.
import { fileURLToPath } from 'node:url'
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { openOn } from './tfjs.js'

export const open = openOn('wasm', () => {
  // build-peers.ts puts the .wasm files beside the bundle of this module.
  setWasmPaths(fileURLToPath(new URL('.', import.meta.url)))
  setThreadsCount(1)
})
