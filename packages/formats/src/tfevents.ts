// TensorBoard event files: a run's scores, histograms of its weights, its graph. They are TFRecords of protocol buffers;
// field numbers are those of event.proto, summary.proto and tensor.proto (github.com/tensorflow/tensorboard).
import {
  BackpropagationError,
  type CompileOptions,
  check,
  isRecord,
  type RunRecord,
  type Weights,
} from '@bp/core/lean'
import { PbfWriter } from 'pbf'
import { type Bytes, bytesOfFile } from './bytes.js'
import { crc32c } from './checksums.js'
import { type GraphNode, graphDefBytes, graphNodesOf } from './graph-def.js'
import { type Field, fieldsOf, floatOf, type Message, textOf } from './protobuf.js'
import { checkRecord, numbersIn } from './record-numbers.js'

/** Bytes that are not an event file; the message says in which record, and what is wrong. */
export class EventsError extends BackpropagationError {
  override name = 'EventsError'
}

/** The scalars under one tag, in the order of the file. */
export interface ScalarSeries {
  readonly tag: string
  readonly steps: Float64Array
  readonly values: Float32Array
}

/** How often values occurred in each part of a range. */
export interface EventHistogram {
  readonly min: number
  readonly max: number
  /** The upper end of each bucket, rising; the first begins at `min`, and what lies beyond `max` is empty. */
  readonly limits: Float64Array
  readonly counts: Float64Array
}

/** The histograms under one tag, in the order of the file. */
export interface HistogramSeries {
  readonly tag: string
  readonly steps: Float64Array
  /** The one at `steps[index]`, read from the bytes of the file. */
  at(index: number): EventHistogram
}

/** What a file of events says of a run. */
export interface Events {
  /** The last one, if there is any. */
  readonly graph: readonly GraphNode[] | null
  /** In the order in which their tags first occur. */
  readonly scalars: readonly ScalarSeries[]
  /** In the order in which their tags first occur. */
  readonly histograms: readonly HistogramSeries[]
  /** False if the file ends inside a record, as it does while a run goes on or when it was killed. */
  readonly complete: boolean
}

/** Tags of a file, and bytes of one of them. */
const mostTags = 10_000
const longestTag = 4096

/**
 * Graph, scalars and histograms of an event file, of this library, PyTorch or TensorFlow; images, histograms that
 * TensorFlow 2 writes as tensors and other records are passed over. Every checksum is checked.
 * @throws EventsError
 */
export function readEvents(content: Bytes): Events {
  const file = bytesOfFile('readEvents', content, 'events', (problem) => new EventsError(problem))
  // Counted first, so that the arrays are as large as they must be.
  const counts = new Map<string, number>()
  const histogramCounts = new Map<string, number>()
  let graph: Message | null = null
  let complete = true
  for (const record of recordsOf(file)) {
    if (!record) {
      complete = false
      break
    }
    for (const field of fieldsOf(record)) if (field.number === 4 && field.varint === null) graph = field
    for (const { tag, scalar, histogram } of valuesOf(record)) {
      if (scalar !== null) counts.set(tag, (counts.get(tag) ?? 0) + 1)
      if (histogram && histogramOf(histogram).counts.length > 0)
        histogramCounts.set(tag, (histogramCounts.get(tag) ?? 0) + 1)
      if (counts.size > mostTags || histogramCounts.size > mostTags)
        throw record.refuse(record.begin, `more than ${mostTags} tags`)
    }
  }
  const series = new Map<string, { tag: string; steps: Float64Array; values: Float32Array; at: number }>()
  for (const [tag, count] of counts)
    series.set(tag, { tag, steps: new Float64Array(count), values: new Float32Array(count), at: 0 })
  const places = new Map<string, HistogramPlaces>()
  for (const [tag, count] of histogramCounts)
    places.set(tag, {
      steps: new Float64Array(count),
      begins: new Float64Array(count),
      ends: new Float64Array(count),
      at: 0,
    })
  for (const record of recordsOf(file, false)) {
    if (!record) break
    for (const { tag, step, scalar, histogram } of valuesOf(record)) {
      if (scalar !== null) {
        const own = series.get(tag)!
        own.steps[own.at] = step
        own.values[own.at++] = scalar
      }
      if (histogram && histogramOf(histogram).counts.length > 0) {
        const own = places.get(tag)!
        own.steps[own.at] = step
        own.begins[own.at] = histogram.begin
        own.ends[own.at++] = histogram.end
      }
    }
  }
  return {
    graph: graph && graphNodesOf(graph),
    scalars: Array.from(series.values(), ({ tag, steps, values }) => ({ tag, steps, values })),
    histograms: Array.from(places, ([tag, { steps, begins, ends }]) => ({
      tag,
      steps,
      at: (index) => histogramOf({ file, begin: begins[index]!, end: ends[index]!, refuse: changed }),
    })),
    complete,
  }
}

/** Where the histograms under one tag are in the file. */
interface HistogramPlaces {
  readonly steps: Float64Array
  readonly begins: Float64Array
  readonly ends: Float64Array
  at: number
}

/** What was read once without fault was changed since. */
const changed = (offset: number, problem: string) => new EventsError(`at byte ${offset}: ${problem}`)

/** The data of each record; `null` for a last one that is cut off. */
function* recordsOf(file: Uint8Array, checked = true): Generator<Message | null> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  let count = 0
  for (let at = 0; at < file.length; count++) {
    const wrong = (problem: string) => new EventsError(`record ${count + 1}, at byte ${at}: ${problem}`)
    const left = file.length - at
    if (left < 12) {
      if (count === 0) throw wrong('the file ends inside it')
      yield null
      return
    }
    if (checked && masked(crc32c(file.subarray(at, at + 8))) !== view.getUint32(at + 8, true))
      throw wrong('the checksum of its length is wrong; the file is damaged, or no event file')
    const length = Number(view.getBigUint64(at, true))
    if (length > left - 16) {
      if (count === 0) throw wrong(`${length} bytes where ${left - 16} are left; the file is truncated`)
      yield null
      return
    }
    const begin = at + 12
    const end = begin + length
    if (checked && masked(crc32c(file.subarray(begin, end))) !== view.getUint32(end, true))
      throw wrong('the checksum of its data is wrong; the file is damaged')
    yield {
      file,
      begin,
      end,
      refuse: (offset, problem) => new EventsError(`record ${count + 1}, at byte ${offset}: ${problem}`),
    }
    at = end + 4
  }
}

interface Value {
  readonly tag: string
  readonly step: number
  readonly scalar: number | null
  readonly histogram: Message | null
}

/** The scalars and histograms in an event. */
function* valuesOf(event: Message): Generator<Value> {
  let step = 0
  // The step may stand behind the summary.
  for (const { number, varint } of fieldsOf(event)) if (number === 2 && varint !== null) step = varint
  for (const summary of fieldsOf(event)) {
    if (summary.number !== 5 || summary.varint !== null) continue
    for (const value of fieldsOf(summary)) {
      if (value.number !== 1 || value.varint !== null) continue
      let tag = ''
      let scalar: number | null = null
      let histogram: Message | null = null
      for (const field of fieldsOf(value))
        if (field.number === 1) tag = textOf(field, longestTag)
        else if (field.number === 2) scalar = floatOf(field)
        else if (field.number === 5 && field.varint === null) histogram = field
        else if (field.number === 8 && field.varint === null) scalar = scalarOfTensor(field)
      if (scalar !== null || histogram) yield { tag, step, scalar, histogram }
    }
  }
}

/** @throws EventsError if it is none, as TensorBoard could not draw it either. */
function histogramOf(message: Message): EventHistogram {
  let [min, max] = [0, 0]
  const parts: [limits: Field[], counts: Field[]] = [[], []]
  for (const field of fieldsOf(message)) {
    if (field.number === 1) min = floatOf(field)
    else if (field.number === 2) max = floatOf(field)
    else if (field.number === 6 || field.number === 7) parts[field.number - 6]!.push(field)
  }
  const [limits, counts] = parts.map(doublesOf) as [Float64Array, Float64Array]
  const wrong = (problem: string) => message.refuse(message.begin, `a histogram has ${problem}`)
  if (limits.length !== counts.length)
    throw wrong(`${limits.length} limits for ${counts.length} counts; expected as many`)
  if (!(min <= max) || !Number.isFinite(max - min)) throw wrong(`values from ${min} to ${max}`)
  for (const [index, count] of counts.entries()) {
    if (!(count >= 0 && count < Number.POSITIVE_INFINITY))
      throw wrong(`a count of ${count}; expected a finite number from 0 on`)
    if (!(index === 0 ? Number.isFinite(limits[0]!) : limits[index]! >= limits[index - 1]!))
      throw wrong(`limits that do not rise, ${limits[index - 1]} before ${limits[index]}`)
  }
  return { min, max, limits, counts }
}

/** The doubles of a repeated field, packed or one by one. */
function doublesOf(fields: readonly Field[]): Float64Array {
  const size = fields.reduce((sum, { begin, end }) => sum + (end - begin), 0)
  const values = new Float64Array(Math.floor(size / 8))
  let at = 0
  for (const { file, begin, end, varint, refuse, number } of fields) {
    if (varint !== null || (end - begin) % 8 !== 0)
      throw refuse(begin, `field ${number} expects numbers of 8 bytes`)
    const view = new DataView(file.buffer, file.byteOffset + begin, end - begin)
    for (let offset = 0; offset < end - begin; offset += 8) values[at++] = view.getFloat64(offset, true)
  }
  return values
}

/** The number in a tensor without dimensions, as TensorFlow 2 writes scalars; `null` for any other tensor. */
function scalarOfTensor(tensor: Field): number | null {
  let type = 0
  let isScalar = true
  let value: number | null = null
  for (const field of fieldsOf(tensor)) {
    if (field.number === 1 && field.varint !== null) type = field.varint
    else if (field.number === 2 && field.end > field.begin) isScalar = false
    // Its bytes, or one float or double, packed or not.
    else if (field.varint === null && [4, 5, 6].includes(field.number))
      value = [4, 8].includes(field.end - field.begin) ? floatOf(field) : null
  }
  return isScalar && (type === 1 || type === 2) ? value : null
}

/**
 * The first record of an event file. TensorBoard reads files with `tfevents` in their names, and treats each folder of
 * them as a run. Times are in seconds since 1970, default now.
 *
 * ```ts
 * const file = 'logs/first/events.out.tfevents'
 * writeFileSync(file, versionEvent())
 * createRun({ …, callbacks: { onRecord: (record) => appendFileSync(file, scalarsEvent(record)) } })
 * ```
 */
export function versionEvent(wallTime: number = now()): Uint8Array<ArrayBuffer> {
  return event('versionEvent', wallTime, (pbf) => pbf.writeStringField(3, 'brain.Event:2'))
}

/**
 * The scores of a record, at its step, under tags `loss`, `accuracy`, `metrics/f1`, `validation/loss`, rounded to
 * float32.
 */
export function scalarsEvent(record: RunRecord, wallTime: number = now()): Uint8Array<ArrayBuffer> {
  const { epoch: _, step, ...scores } = checkRecord('scalarsEvent', 'record', record)
  return summaryEvent('scalarsEvent', wallTime, step, (pbf) => {
    for (const [path, value] of numbersIn(scores))
      if (value !== null) writeValue(pbf, path.join('/'), (to) => to.writeFloatField(2, value))
  })
}

/**
 * A histogram of each array, tagged with its name: `histogramsEvent(model.getWeights(), record.step)`. Non-finite values
 * are not counted, and an array without finite ones has no histogram.
 */
export function histogramsEvent(
  arrays: Weights,
  step: number,
  wallTime: number = now(),
): Uint8Array<ArrayBuffer> {
  checkArrays('histogramsEvent', 'arrays', arrays)
  return summaryEvent('histogramsEvent', wallTime, step, (pbf) => {
    for (const [tag, values] of Object.entries(arrays)) {
      const finite = values.filter(Number.isFinite)
      if (finite.length > 0) writeValue(pbf, tag, (to) => to.writeMessage(5, writeHistogram, finite))
    }
  })
}

/** A graph as in `graphDefText`, for TensorBoard to show under "Graphs". */
export function graphEvent(
  graph: CompileOptions | readonly GraphNode[],
  wallTime: number = now(),
): Uint8Array<ArrayBuffer> {
  return event('graphEvent', wallTime, (pbf) => pbf.writeBytesField(4, graphDefBytes(graph)))
}

const checkTime = check<number>('a finite number of seconds', Number.isFinite)
const checkStep = check<number>(
  'an integer in [0, 2^53)',
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
)
const checkArrays = check<Weights>(
  'an object of Float32Arrays by name',
  (value) => isRecord(value) && Object.values(value).every((array) => array instanceof Float32Array),
)

const now = () => Date.now() / 1000

type Write = (pbf: PbfWriter) => void

const writeInto = (write: Write, pbf: PbfWriter) => write(pbf)

function summaryEvent(caller: string, wallTime: number, step: number, write: Write): Uint8Array<ArrayBuffer> {
  checkStep(caller, 'step', step)
  return event(caller, wallTime, (pbf) => {
    pbf.writeVarintField(2, step)
    pbf.writeMessage(5, writeInto, write)
  })
}

function event(caller: string, wallTime: number, write: Write): Uint8Array<ArrayBuffer> {
  checkTime(caller, 'wallTime', wallTime)
  const pbf = new PbfWriter()
  pbf.writeDoubleField(1, wallTime)
  write(pbf)
  return tfRecord(pbf.finish())
}

function writeValue(pbf: PbfWriter, tag: string, write: Write): void {
  const writeTagged = (to: PbfWriter) => {
    to.writeStringField(1, tag)
    write(to)
  }
  pbf.writeMessage(1, writeInto, writeTagged)
}

/** As in TensorBoard's own writer. */
const maxBuckets = 30

/** Buckets of equal width from the smallest to the largest value; a single one if they are equal. */
function writeHistogram(values: Float32Array, pbf: PbfWriter): void {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  let sum = 0
  let squares = 0
  for (const value of values) {
    min = Math.min(min, value)
    max = Math.max(max, value)
    sum += value
    squares += value * value
  }
  const buckets = min < max ? maxBuckets : 1
  const width = (max - min) / buckets
  const counts = new Array<number>(buckets).fill(0)
  for (const value of values) counts[Math.min(Math.floor((value - min) / width) || 0, buckets - 1)]! += 1
  const limits = counts.map((_, index) => (index === buckets - 1 ? max : min + (index + 1) * width))
  for (const [index, statistic] of [min, max, values.length, sum, squares].entries())
    pbf.writeDoubleField(index + 1, statistic)
  pbf.writePackedDouble(6, limits)
  pbf.writePackedDouble(7, counts)
}

/**
 * A TFRecord: its length in 8 bytes, little-endian, then the data, each followed by a checksum.
 */
function tfRecord(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(8 + 4 + data.length + 4)
  const view = new DataView(record.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, masked(crc32c(record.subarray(0, 8))), true)
  record.set(data, 12)
  view.setUint32(12 + data.length, masked(crc32c(data)), true)
  return record
}

/** A CRC of data that contains CRCs is weak, so TensorFlow rotates them and adds a constant. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
