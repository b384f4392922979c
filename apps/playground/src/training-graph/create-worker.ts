// Starts the worker that builds, places and reads graphs.

export const createWorker = (): Worker =>
  new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
