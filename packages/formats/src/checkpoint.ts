// Checkpoints of a training run as bytes: a safetensors file with the weights and what the optimizer keeps, and the rest
// as JSON in its text, under the SHA-256 of the whole file.
import { BackpropagationError, type Checkpoint, type NamedValues } from '@bp/core'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import * as v from 'valibot'
import { type Bytes, bytesOfFile } from './bytes.js'
import { finiteOrText, isTooLarge } from './json.js'
import {
  type readSafetensors,
  readSafetensorsWithText,
  SafetensorsError,
  writeSafetensors,
} from './safetensors.js'

/** Bytes that are no checkpoint, or one that is damaged; the message says what is wrong. */
export class CheckpointError extends BackpropagationError {
  override name = 'CheckpointError'
}

const version = '1'
/** Where the digest is in the file, which is hashed with zeros in its place. */
const digestKey = '"sha256":"'
const noDigest = '0'.repeat(64)

/**
 * A checkpoint, as `run.save()` and `checkpoint.save` of a run give it, as a safetensors file: tensors are called
 * `weights/…`, `best/…` and `slots/…` by the names of the parameters. `about` is text to be kept with it.
 */
export function writeCheckpoint(checkpoint: Checkpoint, about = ''): Uint8Array<ArrayBuffer> {
  const { weights, bestWeights, optimizer, ...run } = checkpoint
  const { parameters, ...rest } = optimizer
  const named = (prefix: string, arrays: Readonly<Record<string, Float32Array>>): NamedValues[] =>
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
  const text = { ...run, optimizer: { ...rest, counters }, best: bestWeights !== null }
  const file = writeSafetensors(
    [...named('weights', weights), ...named('best', bestWeights ?? {}), ...slots],
    { checkpoint: version, about, run: JSON.stringify(text, finiteOrText), sha256: noDigest },
  )
  const at = placeOfDigest(file)!
  file.set(new TextEncoder().encode(bytesToHex(sha256(file))), at)
  return file
}

/**
 * The checkpoint of a file that `writeCheckpoint` made, for `createRun` as `resume`, and the text that was kept with it.
 * @throws CheckpointError when a bit of the file is not as it was written.
 */
export function readCheckpoint(content: Bytes): { checkpoint: Checkpoint; about: string } {
  const refuse = (problem: string) => new CheckpointError(problem)
  const file = bytesOfFile('readCheckpoint', content, 'safetensors', refuse)
  const at = placeOfDigest(file)
  if (at === null) throw new CheckpointError('the file is no checkpoint, or it is cut off')
  const given = new TextDecoder().decode(file.subarray(at, at + 64))
  const zeros = new TextEncoder().encode(noDigest)
  const digest = sha256
    .create()
    .update(file.subarray(0, at))
    .update(zeros)
    .update(file.subarray(at + 64))
  if (bytesToHex(digest.digest()) !== given)
    throw new CheckpointError('the file is damaged: its SHA-256 is not the one that it was written with')
  const { tensors, text } = partsOf(file)
  const written = text.get('checkpoint')
  if (written !== version)
    throw new CheckpointError(`the file is of version ${written}; this program reads version ${version}`)
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
  // Latin-1 has a character for each byte.
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
  sums: numbers,
  optimizer: v.object({
    optimizer: v.string(),
    steps: count,
    learningRate: v.nullable(number),
    counters: v.record(v.string(), v.array(number)),
  }),
  best: v.boolean(),
})

/** A record of the history has about twenty. */
const mostValues = 2_000_000

function parsed(text: string): v.InferOutput<typeof runSchema> {
  try {
    if (isTooLarge(text, mostValues)) throw new CheckpointError(`it has more than ${mostValues} values`)
    return v.parse(runSchema, JSON.parse(text), { abortEarly: true })
  } catch (error) {
    throw new CheckpointError(`the file says nothing useful of its run: ${(error as Error).message}`)
  }
}

function assembled(
  { best, optimizer, ...run }: ReturnType<typeof parsed>,
  tensors: ReturnType<typeof readSafetensors>,
): Checkpoint {
  const under = (prefix: string) =>
    new Map(
      tensors.flatMap(({ name, values, shape }) => {
        if (!name.startsWith(`${prefix}/`)) return []
        if (!(values instanceof Float32Array)) throw new CheckpointError(`${name} is not of 32-bit numbers`)
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
  }
}
