// The bundled handwritten digits: 1,797 images of 8 × 8 pixels, standardised, a fifth of them for validation.
import { readFileSync } from 'node:fs'
import { type Dataset, prepare, type Shape } from '@bp/core'
import { parseCsv } from '@bp/formats/csv'

/** `inputShape` is the shape given to a row of 64 pixels. */
export function digits(inputShape: Shape): { data: Dataset; validation: Dataset } {
  const table = parseCsv(readFileSync(new URL('../../../data/digits.csv', import.meta.url)))
  const { training, validation } = prepare(table, { target: 'digit', validationSplit: 0.2, seed: 7 })
  return { data: { ...training, inputShape }, validation: { ...validation!, inputShape } }
}
