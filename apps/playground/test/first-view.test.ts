// The bytes of the first view: the page, and what it names for the browser to load at once.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const dist = new URL('../dist/', import.meta.url)
const bytes = (file: string) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length
const html = readFileSync(new URL('index.html', dist), 'utf8')
const named = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g)].map(([, file]) => file!)

test('names each file once', () => expect(named).toEqual([...new Set(named)]))

test('the first view is at most 188 kB, gzipped', () => {
  const total = ['index.html', ...named].reduce((sum, file) => sum + bytes(file), 0)
  expect(named.length).toBeGreaterThan(5)
  expect(total / 1000).toBeLessThan(188)
})

test('the planner and the kernel are not in it', () => {
  const text = named.map((file) => readFileSync(new URL(file, dist), 'utf8')).join('\n')
  expect(text).not.toMatch(/WebAssembly\.Module\b|SigmoidCrossEntropyMean/)
})
