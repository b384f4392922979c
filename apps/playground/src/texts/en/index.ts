// All texts of the page, in English.
import { graph } from './graph.js'
import { network } from './network.js'
import { panZoom } from './pan-zoom.js'
import { shell } from './shell.js'
import { timeline } from './timeline.js'

export const en = { graph, network, panZoom, shell, timeline }
