// Which bytes of a bundle count.
import { expect, test } from 'vitest'
import { bundleBytes } from '../src/bundle.js'

test('dynamic imports do not count, static ones do', async () => {
  const whole = await bundleBytes(`export * from '@bp/core'`)
  expect(whole).toBeGreaterThan(10_000)
  expect(await bundleBytes(`export const load = () => import('@bp/core')`)).toBeLessThan(500)
  const shared = `export * from '@bp/core'; export const load = () => import('@bp/kernel')`
  expect(await bundleBytes(shared)).toBeGreaterThan(0.9 * whole)
})

test('files that are fetched count', async () => {
  const nothing = await bundleBytes('')
  expect(await bundleBytes('', ['esbuild/package.json'])).toBeGreaterThan(nothing + 100)
})
