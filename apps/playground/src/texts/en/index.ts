// All texts of the page, in English.
import { graph } from './graph.js'
import { panZoom } from './pan-zoom.js'
import { shell } from './shell.js'
import { timeline } from './timeline.js'

export const en = { graph, panZoom, shell, timeline }
