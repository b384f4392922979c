// The history of a run, written to a file and read back.
import { adam, createRun, layers, metrics, type RunRecord, sequential, xor } from '@bp/core'
import papaparse from 'papaparse'
import { expect, test } from 'vitest'
import { csvHeader, csvLine, jsonLine } from '../src/run-log.js'

const finished = async (callback: (record: RunRecord, history: readonly RunRecord[]) => void) => {
  const data = xor()
  const run = createRun({
    model: sequential([layers.dense({ units: 3, activation: 'tanh' }), layers.dense({ units: 1 })], {
      inputShape: [2],
      seed: 1,
    }),
    loss: 'sigmoidCrossEntropy',
    optimizer: adam({ learningRate: 0.03 }),
    metrics: { 'absolute, mean': metrics.meanAbsoluteError() },
    data,
    validation: data,
    epochs: 20,
    seed: 3,
    callbacks: { onRecord: (record, { history }) => callback(record, history) },
  })
  return (await run.start()).history
}

test('a run writes a CSV file with each of its numbers, to the last bit', async () => {
  let file = ''
  const history = await finished((record, { length }) => {
    file += (length === 1 ? csvHeader(record) : '') + csvLine(record)
  })
  const [names, ...rows] = papaparse.parse<string[]>(file.trimEnd()).data
  const read = Object.fromEntries(names!.map((name, at) => [name, rows.map((row) => Number(row[at]))]))
  const metric = 'absolute, mean'
  expect(history).toHaveLength(20)
  expect(read).toEqual({
    epoch: history.map(({ epoch }) => epoch),
    step: history.map(({ step }) => step),
    loss: history.map(({ loss }) => loss),
    accuracy: history.map(({ accuracy }) => accuracy),
    'metrics.absolute, mean': history.map(({ metrics }) => metrics![metric]),
    'validation.loss': history.map(({ validation }) => validation!.loss),
    'validation.accuracy': history.map(({ validation }) => validation!.accuracy),
    'validation.metrics.absolute, mean': history.map(({ validation }) => validation!.metrics![metric]),
  })
  expect(names!.slice(0, 3)).toEqual(['epoch', 'step', 'loss'])
})

test('a run writes its records as JSON Lines', async () => {
  let file = ''
  const history = await finished((record) => {
    file += jsonLine(record)
  })
  expect(
    file
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(history)
})

const sparse: RunRecord = {
  epoch: 2,
  step: 10,
  loss: 1e-7,
  accuracy: null,
  metrics: { auc: Number.NaN, 'a "b"': Number.NEGATIVE_INFINITY },
  validation: null,
}

test('a missing number is an empty cell, and a non-finite one is written as such', () => {
  expect(csvHeader(sparse)).toBe('epoch,step,loss,accuracy,metrics.auc,"metrics.a ""b"""\n')
  expect(csvLine(sparse)).toBe('2,10,1e-7,,NaN,-Infinity\n')
  expect(JSON.parse(jsonLine(sparse))).toEqual({ ...sparse, metrics: { auc: 'NaN', 'a "b"': '-Infinity' } })
})
