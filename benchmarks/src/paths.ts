// Paths at run time, relative to this file in dist/ (and in src/, for the tests).
import { fileURLToPath } from 'node:url'

const at = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

/** This package's folder. */
export const packageFolder = at('../')
/** The monorepo's folder, which must not appear in output. */
export const rootFolder = at('../../')
export const workerPath = at('worker.js')
/** Python is not compiled, so this one stays in src/. */
export const pythonWorkerPath = at('../src/worker.py')
/** The path of a contender's module or script, relative to this file's folder. */
export const modulePath = (module: string) => at(module)
