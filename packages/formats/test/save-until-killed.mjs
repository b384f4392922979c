// Trains from a folder's last checkpoint, or from scratch, saves after every step, and prints each saved step.
import { writeSync } from 'node:fs'
import { adam, createRun, layers, sequential, spiral } from '@bp/core'
import { loadCheckpoint, saveCheckpoint } from '@bp/formats/checkpoint-folder'

const [, , folder, fromScratch] = process.argv
const data = spiral({ rows: 100, seed: 1 })
const before = fromScratch ? null : loadCheckpoint(folder)
const run = createRun({
  // Large enough that most of the time is spent writing.
  model: sequential(
    [
      layers.dense({ units: 512, activation: 'relu' }),
      layers.dense({ units: 512 }),
      layers.dense({ units: data.targetShape[0] }),
    ],
    {
      inputShape: [2],
      seed: 1,
    },
  ),
  loss: 'sigmoidCrossEntropy',
  optimizer: adam({ learningRate: 0.001 }),
  data,
  epochs: 1_000_000,
  seed: 1,
  ...(before && { resume: before.checkpoint }),
})
for (;;) {
  run.step()
  saveCheckpoint(folder, run.save())
  writeSync(1, `${run.getState().step}\n`)
}
