// Opens what TensorBoard opens: an event file, or a graph alone, in bytes or as text.
import { BackpropagationError } from '@bp/core/lean'
import { readGraphDefBytes, readGraphDefText } from '@bp/formats/graph-def'
import { readEvents, type ScalarSeries } from '@bp/formats/tfevents'
import type { GraphFile, ScalarCurve } from './document.js'

/** A file that has nothing to show; the message says what to do. */
export class GraphFileError extends BackpropagationError {
  override name = 'GraphFileError'
}

/** The first byte of a node in a GraphDef: field 1, with a length. */
const nodeField = 0x0a

/** Points that are kept of a curve: more than a chart shows. */
const mostPoints = 500
const mostCurves = 40

/**
 * Graph and scalars of an event file (`…tfevents…`), or the graph in `….pb` or `….pbtxt`, told apart by their content.
 * @throws EventsError or GraphDefError, which say where the file is damaged, and GraphFileError.
 */
export function openGraphFile(name: string, bytes: Uint8Array): GraphFile & { readonly complete: boolean } {
  const start = bytes.subarray(0, 64)
  const alone = { name, scalars: [], complete: true }
  // A graph in bytes begins with the field of its first node; its lengths and fields are no letters.
  const isText = start.every((byte) => byte >= 32 || byte === 9 || byte === 10 || byte === 13)
  if (isText) return { ...alone, nodes: readGraphDefText(bytes) }
  // An event file begins with the length of a record in 8 bytes.
  const isGraph = start[0] === nodeField && start.subarray(4, 8).some((byte) => byte !== 0)
  if (isGraph) return { ...alone, nodes: readGraphDefBytes(bytes) }
  const { graph, scalars, complete } = readEvents(bytes)
  if (!graph && scalars.length === 0)
    throw new GraphFileError(
      `${name} holds neither a graph nor scalars; write them with graphEvent and scalarsEvent, or add_graph and add_scalar`,
    )
  return { name, nodes: graph ?? [], scalars: scalars.slice(0, mostCurves).map(scalarCurveOf), complete }
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
