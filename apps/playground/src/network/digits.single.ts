// The handwritten digits of the page that is one file are inside.
import { provideDigits } from '@bp/lab'
import text from '../../../../data/digits.csv?raw'

export async function loadDigits(): Promise<void> {
  provideDigits(text)
}
