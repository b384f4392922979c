// Where things lie at run time, seen from this file's place in dist/ (and in src/, for the tests).
import { fileURLToPath } from 'node:url'

const at = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

/** The folder of this package. */
export const packageFolder = at('../')
/** The folder of the monorepo, which no text that leaves this machine may name. */
export const rootFolder = at('../../')
export const workerPath = at('worker.js')
/** Python sources are not compiled, so this one stays where it was written. */
export const pythonWorkerPath = at('../src/worker.py')
/** The path of a contender's module or script, given relative to this file's folder. */
export const modulePath = (module: string) => at(module)
