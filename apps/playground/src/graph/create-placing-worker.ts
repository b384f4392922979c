// Starts the worker that places large graphs.

export const createPlacingWorker = (): Worker =>
  new Worker(new URL('./placing-worker.ts', import.meta.url), { type: 'module' })
