// How the tests find their browser.
import { afterEach, expect, test, vi } from 'vitest'
import { ensureBrowser, findBrowser } from '../../../scripts/browser.mjs'

afterEach(() => vi.unstubAllEnvs())

test.each([
  ['chromium', 'CHROME_PATH'],
  ['firefox', 'FIREFOX_PATH'],
] as const)('of %s, %s comes first', (name, variable) => {
  vi.stubEnv(variable, process.execPath)
  expect(findBrowser(name)).toBe(process.execPath)
})

test.each([findBrowser, ensureBrowser])('%o says so when there is no program at CHROME_PATH', (find) => {
  vi.stubEnv('CHROME_PATH', '/nowhere/chrome')
  expect(find).toThrow('CHROME_PATH is /nowhere/chrome, which is not an executable')
})
