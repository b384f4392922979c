// The bundled handwritten digits: 1,797 images of 8 × 8 pixels, standardised, a fifth of them for validation.
import { readFileSync } from 'node:fs'
import { type Dataset, dataset, oneHotEncoder, type Shape, split, standardizer } from '@bp/core'
import { parseTable } from '@bp/table'

/** `inputShape` is the shape given to a row of 64 pixels. */
export function digits(inputShape: Shape): { data: Dataset; validation: Dataset } {
  const { columns, rows } = parseTable(readFileSync(new URL('../../../data/digits.csv', import.meta.url)))
  const labels = [...columns.find(({ name }) => name === 'digit')!.cells]
  // All pixels, those that are always black too: an image has its shape.
  const pixels = columns.filter(({ name }) => name !== 'digit')
  const inputs = new Float32Array(rows * pixels.length)
  for (const [column, { cells }] of pixels.entries())
    for (let row = 0; row < rows; row++) inputs[row * pixels.length + column] = Number(cells.at(row))
  const { training, validation } = split(dataset(inputs, oneHotEncoder(labels).apply(labels), rows), {
    validationSplit: 0.2,
    seed: 7,
    stratified: true,
  })
  const { apply } = standardizer(training.inputs, pixels.length)
  return {
    data: { ...training, inputs: apply(training.inputs), inputShape },
    validation: { ...validation, inputs: apply(validation.inputs), inputShape },
  }
}
