// Builds, places and reads training graphs in a thread of its own: a graph of 1,000 nodes must not stall the page.
import { BackpropagationError } from '@bp/core/lean'
import {
  isOver,
  isRun,
  lookInside,
  type NetworkDocument,
  NetworkOperations,
  type Operations,
  openGraphFile,
  operationsOf,
  placeGraph,
  scopesOf,
  search,
  seen,
  type TrainingGraphDocument,
  writeEvents,
} from '@bp/lab'
import { loadDigits } from '../network/digits.js'
import { loadKernel } from '../shell/kernel.js'
import type { Report, Request, Shown } from './protocol.js'
import { sizeOf } from './sizes.js'

const kernel = loadKernel()

addEventListener('message', async ({ data: request }: MessageEvent<Request>) => {
  try {
    await kernel
    if (request.type === 'show' && request.document.network.data.kind === 'digits') await loadDigits()
    receive(request)
  } catch (error) {
    if (!(error instanceof BackpropagationError)) throw error
    const { message } = error
    if (request.type === 'open') send({ type: 'unreadable', name: request.name, message })
    else send({ type: 'refused', number: request.type === 'show' ? request.number : 0, message })
  }
})

function send(report: Report): void {
  postMessage(report)
}

/** The network that was shown last, which goes on from its step. */
let network: { readonly settings: string; readonly graph: NetworkOperations } | null = null

const settingsOf = ({
  step,
  speed,
  row,
  part,
  paper,
  compared,
  selected,
  tab,
  ...settings
}: NetworkDocument) => JSON.stringify(settings)

function networkOf(document: NetworkDocument): NetworkOperations {
  const settings = settingsOf(document)
  if (network?.settings !== settings) network = { settings, graph: new NetworkOperations(document) }
  network.graph.run.goTo(document.step)
  return network.graph
}

function receive(request: Request): void {
  switch (request.type) {
    case 'show':
      send({ type: 'shown', number: request.number, shown: shownOf(request.document) })
      break
    case 'open': {
      const { complete, ...file } = openGraphFile(request.name, request.bytes)
      send({ type: 'opened', file, complete })
      break
    }
    case 'export':
      if (network) {
        const bytes = writeEvents(network.graph, Date.now() / 1000)
        send({ type: 'exported', bytes, step: network.graph.run.getState().step })
      }
      break
    case 'inside':
      if (network) send({ type: 'inside', inside: lookInside(network.graph.run, request.row) })
  }
}

function shownOf(document: TrainingGraphDocument): Shown {
  if (document.file) {
    const operations = operationsOf(document.file.nodes)
    return {
      ...drawn(document, operations),
      curves: document.file.scalars,
      histograms: document.file.histograms,
      run: null,
    }
  }
  const graph = networkOf(document.network)
  const { run } = graph
  const { operations, program } = graph.graph
  const { history } = run.getState()
  const numbers = graph.numbers()
  return {
    ...drawn(document, operations),
    curves: [
      { tag: 'loss', steps: history.map(({ step }) => step), values: history.map(({ loss }) => loss) },
    ],
    histograms: [],
    run: {
      ...numbers,
      program,
      sizes: run.sizes,
      fused: graph.fused,
      isOver: isOver(run.getState().status),
    },
  }
}

function drawn(document: TrainingGraphDocument, operations: Operations) {
  return {
    document,
    operations,
    scopes: [...new Set([...operations.keys()].flatMap(scopesOf))].filter((name) => !isRun(name)),
    placed: placeGraph(seen(operations, document), sizeOf),
    found: search(operations, document.search),
  }
}
