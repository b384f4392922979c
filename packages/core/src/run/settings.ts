// The settings that decide the bits of a run, besides its state: resuming with others is refused by name.

import { ValueError } from '../checks/errors.js'
import type { Columns, Dataset } from '../data/dataset.js'
import type { Symbolic } from '../layers/model.js'
import { listed, type Named } from '../layers/named.js'
import type { Loss } from '../training/losses.js'
import type { RunOptions } from './run.js'

/** Options as plain data by name, as far as they can be compared. */
export type Settings = Readonly<Record<string, string | number>>

type Data = Dataset<Columns, Columns> | null

export function settingsOf(options: RunOptions<Symbolic, Symbolic>, sets: readonly Data[]): Settings {
  const { loss, optimizer, monitor = 'loss', mode = '', lossWeights = {}, plateau } = options
  const { name, learningRate, settings, weightDecay, clip, accumulate, ema, groups } = optimizer
  const losses = listed<string | Loss>(loss as Named<string | Loss>)
  return {
    data: sets.map(checksum).join(' '),
    loss: losses.map(([output, one]) => `${output} ${typeof one === 'string' ? one : 'own'}`.trim()).join(),
    lossWeights: JSON.stringify(lossWeights),
    optimizer: name,
    learningRate: typeof learningRate === 'function' ? 'a schedule' : learningRate,
    'settings of the optimizer': settings.join(),
    weightDecay,
    clip: JSON.stringify(clip),
    accumulate,
    ema: ema ?? 'none',
    groups: JSON.stringify(
      groups.map(({ parameters, ...own }) => [
        parameters instanceof RegExp ? String(parameters) : parameters.map((one) => one.name),
        own,
      ]),
    ),
    monitor,
    mode,
    plateau: JSON.stringify(plateau ?? null),
  }
}

/** @throws ValueError naming the first that differs; settings that one of them lacks are not compared. */
export function checkSettings(saved: Settings, own: Settings): void {
  for (const [name, value] of Object.entries(own))
    if (saved[name] !== undefined && saved[name] !== value)
      throw new ValueError(
        `createRun: the run to resume has ${name} ${saved[name]}, this one ${value}; they must be the same${name === 'learningRate' ? '. To continue with another rate, set learningRate of the resumed run' : ''}`,
      )
}

/** Two 32-bit hashes of all values, FNV-1a over 32-bit words. */
function checksum(data: Data): string {
  if (!data) return 'none'
  let [a, b] = [0x811c9dc5, 0x9747b28c]
  for (const columns of [data.inputs, data.targets])
    for (const [, { buffer, byteOffset, length }] of listed<Float32Array>(columns))
      for (const word of new Int32Array(buffer, byteOffset, length)) {
        a = Math.imul(a ^ word, 0x01000193)
        b = Math.imul(b ^ word, 0x85ebca6b)
      }
  return `${(a >>> 0).toString(16)}${(b >>> 0).toString(16)}`
}
