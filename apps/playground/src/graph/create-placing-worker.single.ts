// Starts the worker that places large graphs from text, for the page that is one file.
import InlineWorker from './placing-worker.ts?worker&inline'

export const createPlacingWorker = (): Worker => new InlineWorker()
