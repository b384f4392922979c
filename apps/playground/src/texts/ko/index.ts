// All texts of the page, in Korean.
import type { en } from '../en/index.js'
import { shell } from './shell.js'
import { timeline } from './timeline.js'

export const ko: typeof en = { shell, timeline }
