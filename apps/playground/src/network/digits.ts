// Loads the handwritten digits, a file of 265 kB, once they are asked for.
import { BackpropagationError } from '@bp/core/lean'
import { provideDigits } from '@bp/lab'
import address from '../../../../data/digits.csv?url'

let loading: Promise<void> | null = null

/** @throws BackpropagationError where they cannot be fetched; the next call tries again. */
export function loadDigits(): Promise<void> {
  loading ??= fetch(address)
    .then((response) => response.text())
    .then(provideDigits)
    .catch((error: Error) => {
      loading = null
      throw new BackpropagationError(
        `the digits could not be loaded (${error.message}); check the connection, and choose them again`,
      )
    })
  return loading
}
