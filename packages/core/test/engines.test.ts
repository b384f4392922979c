// The same bits everywhere: the check of `npm run check:engines`, for this engine.
import { expect, test } from 'vitest'
import { fingerprintOf, partNames } from './engines/parts.js'

// `npm run fingerprints` rewrites them after an intended change of arithmetic or sampling.
test('draws, computations and training from one seed have the recorded SHA-256', async () => {
  const found: Record<string, unknown> = {}
  for (const part of partNames) found[part] = await fingerprintOf(part)
  await expect(`${JSON.stringify(found, null, 2)}\n`).toMatchFileSnapshot('engines/fingerprints.json')
})
