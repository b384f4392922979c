// Addresses: what is written is what is read, whatever it holds, and what is damaged is refused by name.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { choiceField, LinkError, numberField, readAddress, writeAddress } from '../src/index.js'

const fields = fc.dictionary(
  fc.string({ minLength: 1 }).filter((name) => name !== 'v' && name !== 'z'),
  fc.string({ unit: 'grapheme' }),
  { noNullPrototype: true },
)

test('an address is read as it was written, readable or compressed', async () => {
  await fc.assert(
    fc.asyncProperty(fields, fc.integer({ min: 0, max: 2 }), async (fields, long) => {
      const given: Record<string, string> =
        long === 0 ? fields : { ...fields, long: 'ab1ü'.repeat(1000 * long) }
      const hash = await writeAddress('graph', given)
      const read = await readAddress(hash)
      expect(read?.place).toBe('graph')
      expect(Object.fromEntries(read!.fields)).toEqual(given)
    }),
    { numRuns: 200 },
  )
})

test('a short address can be read by people', async () => {
  expect(await writeAddress('graph', { e: 'f = w*x + b', w: '-2' })).toBe('#/graph?v=1&e=f+=+w*x+%2B+b&w=-2')
})

test('what names no place is no address', async () => {
  for (const hash of ['', '#', '#/', '#graph', '#//x', '#/Graph']) expect(await readAddress(hash)).toBeNull()
})

test.each([
  ['#/graph?v=2', /version 2 and this page reads up to 1/],
  ['#/graph?v=x', /version expects a number such as 1, got x/],
  ['#/graph?e=%', /not percent-encoded/],
  ['#/graph?v=1&z=!!', /damaged/],
  ['#/graph?v=1&z=AAAA', /damaged/],
  ['#/graph?v=1&z=', /damaged/],
])('%s is refused', async (hash, message) => {
  const refused = readAddress(hash)
  await expect(refused).rejects.toThrow(LinkError)
  await expect(refused).rejects.toThrow(message)
})

test('a link that grows without bounds is refused before it has grown', async () => {
  const hash = await writeAddress('graph', { e: 'x'.repeat(3_000_000) })
  await expect(readAddress(hash)).rejects.toThrow(/more than 1000000 characters/)
})

test('a link cut anywhere is read or refused, never anything else', async () => {
  const hash = await writeAddress('graph', { e: 'sin(x) '.repeat(500) })
  for (let end = 0; end < hash.length; end++) {
    try {
      await readAddress(hash.slice(0, end))
    } catch (error) {
      expect(error).toBeInstanceOf(LinkError)
    }
  }
})

test('fields are read as numbers in their range and words of their choice', () => {
  const fields = new Map([
    ['step', '3'],
    ['rate', 'fast'],
    ['mode', 'forward'],
    ['none', ''],
  ])
  expect(numberField(fields, 'step', 0)).toBe(3)
  expect(numberField(fields, 'absent', 7)).toBe(7)
  expect(() => numberField(fields, 'rate', 0)).toThrow("the link's field rate expects a number, got fast")
  expect(() => numberField(fields, 'none', 0)).toThrow(LinkError)
  expect(() => numberField(fields, 'step', 0, { low: 4, high: 9, integer: true })).toThrow(
    'expects an integer in [4, 9], got 3',
  )
  expect(choiceField(fields, 'mode', 'reverse', ['reverse', 'forward'])).toBe('forward')
  expect(() => choiceField(fields, 'mode', 'a', ['a', 'b'])).toThrow('expects a, b, got forward')
})
