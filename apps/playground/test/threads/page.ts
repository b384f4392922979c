// What the test of threads calls in the browser.
import { setThreads, useRelaxedSimd } from '@bp/core'
import { train } from './train.js'

const kernel = { setThreads, train, useRelaxedSimd }
export type KernelWindow = Window & { kernel: typeof kernel }
Object.assign(window, { kernel })
