// Places large graphs, beside the page.
import type { LayoutGraph } from '@bp/lab'
import { place } from './placing.js'

addEventListener('message', ({ data }: MessageEvent<LayoutGraph>) => postMessage(place(data)))
