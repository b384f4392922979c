// TensorBoard event files: a run's scores, histograms of its weights, its graph. They are TFRecords of protocol buffers;
// field numbers are those of event.proto and summary.proto (github.com/tensorflow/tensorboard).
import { type CompileOptions, check, isRecord, type RunRecord, type Weights } from '@bp/core'
import { PbfWriter } from 'pbf'
import { crc32c } from './checksums.js'
import { graphDefBytes } from './graph-def.js'
import { checkRecord, numbersIn } from './record-numbers.js'

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
export function graphEvent(graph: CompileOptions, wallTime: number = now()): Uint8Array<ArrayBuffer> {
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
