// All texts of the page, in English.
import { shell } from './shell.js'
import { timeline } from './timeline.js'

export const en = { shell, timeline }
