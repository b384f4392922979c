// TensorFlow.js on its WebAssembly backend.
import { fileURLToPath } from 'node:url'
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { openOn } from './tfjs.js'

export const open = openOn('wasm', () => {
  // build-peers.ts puts the .wasm files next to this module's bundle.
  setWasmPaths(fileURLToPath(new URL('.', import.meta.url)))
  setThreadsCount(1)
})
