// The layout of a checkpoint file: safetensors with the weights and optimizer state, and the rest as JSON in its
// metadata, under the SHA-256 of the whole file. The caller supplies the hash function.
import { BackpropagationError, type Checkpoint } from '@bp/core/lean'
import * as v from 'valibot'
import { type Bytes, bytesOfFile } from './bytes.js'
import type { NamedArray } from './elements.js'
import { finiteOrText, isTooLarge } from './json.js'
import {
  type readSafetensors,
  readSafetensorsWithText,
  SafetensorsError,
  safetensorsParts,
} from './safetensors.js'

/** Bytes that are not a checkpoint, a damaged one, or a folder that cannot hold one; the message says what is wrong. */
export class CheckpointError extends BackpropagationError {
  override name = 'CheckpointError'
}

/** The SHA-256 of the concatenation of `parts`, in hexadecimal digits. */
export type Sha256 = (parts: Iterable<Uint8Array>) => string

const version = '1'
/** What precedes the digest in the file, which is hashed with zeros in the digest's place. */
const digestKey = '"sha256":"'
const noDigest = '0'.repeat(64)

/** A checkpoint's file in parts; all but the first are the checkpoint's own arrays, not copies. */
export function checkpointParts(
  checkpoint: Checkpoint,
  about: string,
  sha256: Sha256,
): readonly Uint8Array[] {
  if (typeof about !== 'string')
    throw new CheckpointError(`about must be a string, got ${typeof about}; pass JSON.stringify(about)`)
  const { weights, bestWeights, lastWeights, optimizer, ...run } = checkpoint
  const { parameters, ...rest } = optimizer
  const named = (prefix: string, arrays: Readonly<Record<string, Float32Array>>): NamedArray[] =>
    Object.entries(arrays).map(([name, values]) => ({
      name: `${prefix}/${name}`,
      shape: parameters[name]?.shape ?? [values.length],
      values,
    }))
  const slots = Object.entries(parameters).flatMap(([name, { shape, slots }]) =>
    Object.entries(slots).map(([slot, values]) => ({ name: `slots/${slot}/${name}`, shape, values })),
  )
  const counters = Object.fromEntries(
    Object.entries(parameters).map(([name, { counters }]) => [name, counters]),
  )
  const text = {
    ...run,
    optimizer: { ...rest, counters },
    best: bestWeights !== null,
    last: lastWeights !== null,
  }
  const { header, arrays } = safetensorsParts(
    [
      ...named('weights', weights),
      ...named('best', bestWeights ?? {}),
      ...named('last', lastWeights ?? {}),
      ...slots,
    ],
    { checkpoint: version, about, run: JSON.stringify(text, finiteOrText), sha256: noDigest },
  )
  const parts = [header, ...arrays]
  header.set(new TextEncoder().encode(sha256(parts)), placeOfDigest(header)!)
  return parts
}

/** @throws CheckpointError for anything but a run's checkpoint. */
export function checkCheckpoint(caller: string, checkpoint: Checkpoint): void {
  const step = checkpoint?.state?.step
  if (!Number.isSafeInteger(step) || step < 0 || !checkpoint.weights || !checkpoint.optimizer?.parameters)
    throw new CheckpointError(
      `${caller} expects a checkpoint, as returned by run.save(); got ${checkpoint === null ? 'null' : typeof checkpoint}`,
    )
}

/**
 * The checkpoint in a file.
 * @throws CheckpointError if a single bit of the file has changed.
 */
export function parseCheckpoint(
  caller: string,
  content: Bytes,
  sha256: Sha256,
): { checkpoint: Checkpoint; about: string } {
  const refuse = (problem: string) => new CheckpointError(problem)
  const file = bytesOfFile(caller, content, 'safetensors', refuse)
  const at = placeOfDigest(file)
  if (at === null) throw new CheckpointError('the file is not a checkpoint, or is truncated')
  const given = new TextDecoder().decode(file.subarray(at, at + 64))
  const zeros = new TextEncoder().encode(noDigest)
  if (sha256([file.subarray(0, at), zeros, file.subarray(at + 64)]) !== given)
    throw new CheckpointError('the file is damaged: its SHA-256 does not match')
  const { tensors, text } = partsOf(file)
  const written = text.get('checkpoint')
  if (written !== version)
    throw new CheckpointError(`the file has version ${written}; this program reads version ${version}`)
  return { checkpoint: assembled(parsed(text.get('run') ?? ''), tensors), about: text.get('about') ?? '' }
}

function partsOf(file: Uint8Array) {
  try {
    return readSafetensorsWithText(file, ['checkpoint', 'about', 'run'])
  } catch (error) {
    if (error instanceof SafetensorsError) throw new CheckpointError(error.message)
    throw error
  }
}

function headerOf(file: Uint8Array): Uint8Array {
  if (file.length < 8) return file.subarray(0, 0)
  return file.subarray(8, 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true)))
}

function placeOfDigest(file: Uint8Array): number | null {
  // In Latin-1, each byte is one character.
  const at = new TextDecoder('latin1').decode(headerOf(file)).indexOf(digestKey)
  return at < 0 ? null : 8 + at + digestKey.length
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const number = v.union([
  v.number(),
  v.pipe(v.picklist(['NaN', 'Infinity', '-Infinity']), v.transform(Number)),
])
const numbers = v.record(v.string(), number)
const score = { loss: number, accuracy: v.nullable(number), metrics: v.exactOptional(numbers) }
const validation = v.nullable(v.object(score))
const record = v.object({ ...score, epoch: count, step: count, validation })
const runSchema = v.object({
  seed: count,
  rows: count,
  batchSize: count,
  state: v.object({
    status: v.picklist(['idle', 'running', 'paused', 'done', 'diverged', 'cancelled']),
    epoch: count,
    epochs: count,
    step: count,
    steps: count,
    loss: v.nullable(number),
    accuracy: v.nullable(number),
    validation,
    history: v.array(record),
    best: v.nullable(record),
  }),
  // Absent in files older than the option.
  settings: v.optional(v.record(v.string(), v.union([v.string(), number])), {}),
  plateau: v.optional(
    v.nullable(v.object({ learningRate: number, best: v.nullable(number), waited: count, cooling: count })),
    null,
  ),
  sums: numbers,
  optimizer: v.object({
    optimizer: v.string(),
    steps: count,
    accumulatedWeight: v.exactOptional(number),
    learningRate: v.nullable(number),
    counters: v.record(v.string(), v.array(number)),
  }),
  best: v.boolean(),
  last: v.optional(v.boolean(), false),
})

/** A history record has about twenty. */
const maxValues = 2_000_000

function parsed(text: string): v.InferOutput<typeof runSchema> {
  try {
    if (isTooLarge(text, maxValues)) throw new CheckpointError(`more than ${maxValues} values`)
    return v.parse(runSchema, JSON.parse(text), { abortEarly: true })
  } catch (error) {
    throw new CheckpointError(`the file does not describe its run: ${(error as Error).message}`)
  }
}

function assembled(
  { best, last, optimizer, ...run }: ReturnType<typeof parsed>,
  tensors: ReturnType<typeof readSafetensors>,
): Checkpoint {
  const under = (prefix: string) =>
    new Map(
      tensors.flatMap(({ name, values, shape }) => {
        if (!name.startsWith(`${prefix}/`)) return []
        if (!(values instanceof Float32Array)) throw new CheckpointError(`${name} is not float32`)
        return [[name.slice(prefix.length + 1), { values, shape }] as const]
      }),
    )
  const arraysOf = (named: ReturnType<typeof under>) =>
    Object.fromEntries([...named].map(([name, { values }]) => [name, values]))
  const weights = under('weights')
  const slots = new Map<string, Record<string, Float32Array>>()
  for (const [name, { values }] of under('slots')) {
    const [slot, ...rest] = name.split('/')
    const parameter = rest.join('/')
    slots.set(parameter, { ...slots.get(parameter), [slot!]: values })
  }
  const { counters, ...rest } = optimizer
  const parameters = Object.entries(counters).map(([name, counters]) => {
    const tensor = weights.get(name)
    if (!tensor) throw new CheckpointError(`the weights of ${name} are missing`)
    const { values, shape } = tensor
    return [name, { shape, values, slots: slots.get(name) ?? {}, counters }] as const
  })
  return {
    ...run,
    optimizer: { ...rest, parameters: Object.fromEntries(parameters) },
    weights: arraysOf(weights),
    bestWeights: best ? arraysOf(under('best')) : null,
    // Files older than `settings` summed steps differently.
    sums: Object.keys(run.settings).length > 0 ? run.sums : {},
    lastWeights: last ? arraysOf(under('last')) : null,
  }
}
