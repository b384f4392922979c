// Starts the worker that trains from text, for the page that is one file.
import InlineWorker from './worker.ts?worker&inline'

export const createWorker = (): Worker => new InlineWorker()
