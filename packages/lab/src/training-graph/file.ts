// Opens what TensorBoard opens: an event file, or a graph alone, in bytes or as text.
import { BackpropagationError } from '@bp/core/lean'
import { readGraphDefBytes, readGraphDefText } from '@bp/formats/graph-def'
import { type HistogramSeries, readEvents, type ScalarSeries } from '@bp/formats/tfevents'
import { rebinned } from '../network/histogram.js'
import { type GraphFile, type HistogramCurve, histogramBins, type ScalarCurve } from './document.js'

/** A file that has nothing to show; the message says what to do. */
export class GraphFileError extends BackpropagationError {
  override name = 'GraphFileError'
}

/** The first byte of a node in a GraphDef: field 1, with a length. */
const nodeField = 0x0a

/** Points that are kept of a curve: more than a chart shows. */
const mostPoints = 500
const mostCurves = 40
/** Histograms that are kept under one tag: each as wide as a few pixels. */
const mostHistograms = 48

/**
 * Graph, scalars and histograms of an event file (`…tfevents…`), or the graph in `….pb` or `….pbtxt`, told apart by their content.
 * @throws EventsError or GraphDefError, which say where the file is damaged, and GraphFileError.
 */
export function openGraphFile(name: string, bytes: Uint8Array): GraphFile & { readonly complete: boolean } {
  const start = bytes.subarray(0, 64)
  const alone = { name, scalars: [], histograms: [], complete: true }
  // A graph in bytes begins with the field of its first node; its lengths and fields are no letters.
  const isText = start.every((byte) => byte >= 32 || byte === 9 || byte === 10 || byte === 13)
  if (isText) return { ...alone, nodes: readGraphDefText(bytes) }
  // An event file begins with the length of a record in 8 bytes.
  const isGraph = start[0] === nodeField && start.subarray(4, 8).some((byte) => byte !== 0)
  if (isGraph) return { ...alone, nodes: readGraphDefBytes(bytes) }
  const { graph, scalars, histograms, complete } = readEvents(bytes)
  if (!graph && scalars.length === 0 && histograms.length === 0)
    throw new GraphFileError(
      `${name} holds neither a graph nor scalars nor histograms; write them with graphEvent, scalarsEvent and histogramsEvent, or add_graph, add_scalar and add_histogram`,
    )
  return {
    name,
    nodes: graph ?? [],
    scalars: scalars.slice(0, mostCurves).map(scalarCurveOf),
    histograms: histograms.slice(0, mostCurves).map(histogramCurveOf),
    complete,
  }
}

/** All of them, or as many at even distances, the last among them. */
function histogramCurveOf(series: HistogramSeries): HistogramCurve {
  const { length } = series.steps
  const count = Math.min(length, mostHistograms)
  const kept = Array.from({ length: count }, (_, index) => Math.floor(((index + 1) * length) / count) - 1)
  return {
    tag: series.tag,
    steps: kept.map((at) => series.steps[at]!),
    histograms: kept.map((at) => {
      const { min, max, limits, counts } = series.at(at)
      return rebinned(min, max, limits, counts, histogramBins)
    }),
  }
}

/** All points, or of each stretch the least, the greatest and the last. */
function scalarCurveOf({ tag, steps, values }: ScalarSeries): ScalarCurve {
  const kept: number[] = []
  const stretches = Math.floor(mostPoints / 3)
  if (values.length <= mostPoints) kept.push(...values.keys())
  else
    for (let stretch = 0; stretch < stretches; stretch++) {
      const begin = Math.floor((stretch * values.length) / stretches)
      const end = Math.floor(((stretch + 1) * values.length) / stretches)
      let [least, greatest] = [begin, begin]
      for (let at = begin + 1; at < end; at++) {
        if (values[at]! < values[least]!) least = at
        if (values[at]! > values[greatest]!) greatest = at
      }
      kept.push(...[...new Set([least, greatest, end - 1])].sort((a, b) => a - b))
    }
  return { tag, steps: kept.map((at) => steps[at]!), values: kept.map((at) => values[at]!) }
}
