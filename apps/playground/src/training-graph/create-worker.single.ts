// Starts the worker that builds, places and reads graphs from text, for the page that is one file.
import InlineWorker from './worker.ts?worker&inline'

export const createWorker = (): Worker => new InlineWorker()
