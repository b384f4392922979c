// The promise of the same bits everywhere: what `npm run check:engines` expects of every engine, wanted of this one.
import { expect, test } from 'vitest'
import { fingerprintOf, partNames } from './engines/parts.js'

// `npm run fingerprints` writes them anew, after a change of arithmetic or drawing that is meant.
test('what is drawn, computed and trained from one seed has the SHA-256 that is written down', async () => {
  const found: Record<string, unknown> = {}
  for (const part of partNames) found[part] = await fingerprintOf(part)
  await expect(`${JSON.stringify(found, null, 2)}\n`).toMatchFileSnapshot('engines/fingerprints.json')
})
