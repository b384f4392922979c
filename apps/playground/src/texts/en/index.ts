// All texts of the page, in English.
import { descent } from './descent.js'
import { expression } from './expression.js'
import { graph } from './graph.js'
import { network } from './network.js'
import { panZoom } from './pan-zoom.js'
import { shell } from './shell.js'
import { timeline } from './timeline.js'
import { trainingGraph } from './training-graph.js'

export const en = { descent, expression, graph, network, panZoom, shell, timeline, trainingGraph }
