// The event file of a network at a step: its graph, the losses up to there, and the weights as histograms.
import { graphEvent, histogramsEvent, scalarsEvent, versionEvent } from '@bp/formats/tfevents'
import type { NetworkOperations } from './of-network.js'
import { nodesOf } from './operations.js'

/** `wallTime` is in seconds since 1970. */
export function writeEvents({ graph, run }: NetworkOperations, wallTime: number): Uint8Array<ArrayBuffer> {
  const { step, history } = run.getState()
  const events = [
    versionEvent(wallTime),
    graphEvent(nodesOf(graph.operations), wallTime),
    ...history.filter((record) => record.step <= step).map((record) => scalarsEvent(record, wallTime)),
    histogramsEvent(weightsByName(run), step, wallTime),
  ]
  const file = new Uint8Array(events.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const event of events) {
    file.set(event, at)
    at += event.length
  }
  return file
}

const weightsByName = ({ model }: NetworkOperations['run']) =>
  Object.fromEntries(model.parameters.map(({ name, values }) => [name, Float32Array.from(values)]))
