// Where everything of a graph is drawn, as long as its structure stays; of a large graph a worker says so.
import type { Layout, LayoutGraph } from '@bp/lab'
import { useEffect, useMemo, useState } from 'react'
import { createPlacingWorker } from './create-placing-worker.js'
import { place } from './placing.js'

/** More nodes than this would hold the page up. */
const mostAtOnce = 120

/** `null` while a large graph is being placed. */
export function usePlacing(graph: LayoutGraph): Layout | null {
  const structure = useMemo(() => structureOf(graph), [graph])
  const large = graph.nodes.length > mostAtOnce
  // Values do not move anything.
  const atOnce = useMemo(() => (large ? null : place(graph)), [structure])
  const [later, setLater] = useState<{ readonly structure: string; readonly placed: Layout } | null>(null)
  useEffect(() => {
    if (!large) return
    const worker = createPlacingWorker()
    worker.onmessage = ({ data }: MessageEvent<Layout>) => {
      setLater({ structure, placed: data })
      worker.terminate()
    }
    const { nodes, edges, composites } = graph
    worker.postMessage({ nodes, edges, composites })
    return () => worker.terminate()
  }, [structure])
  return atOnce ?? (later?.structure === structure ? later.placed : null)
}

/** What the layout depends on. */
function structureOf({ nodes, edges, composites }: LayoutGraph): string {
  return JSON.stringify([
    nodes.map(({ id, symbol, name, shape, op }) => [id, op === null ? name : symbol, name, shape]),
    edges.map(({ id, rule }) => [id, rule === '']),
    composites.map(({ id, nodes }) => [id, nodes]),
  ])
}
