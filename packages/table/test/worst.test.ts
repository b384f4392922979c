// Adversarial files: a table takes at most six times its file and ten bytes a cell, arrays that were outgrown included.
import { describe, expect, it } from 'vitest'
import { filled, size } from '../../formats/test/filled.js'
import { measure, settled, timed } from '../../formats/test/measure.js'
import { parseTable, TableError } from '../src/index.js'

/** Per test, in ms, most of which is spent creating the file. */
const patience = 60_000

const names = (count: number) => Array.from({ length: count }, (_, index) => `c${index.toString(36)}`).join()

const shapes: Readonly<Record<string, readonly [make: () => string | Uint8Array, outcome: 'read' | RegExp]>> =
  {
    commas: [() => filled('', ','), /more than 65536 columns/],
    'a row of commas': [() => filled('a,b\n1,2\n', ','), /line 3: has more than 65536 columns/],
    'a row of ones': [() => filled('a,b\n1,2\n', '1,'), /line 3: has more than 65536 columns/],
    'empty cells in two columns': [() => filled('a,b\n1,2\n', ',\n'), 'read'],
    'empty cells in a hundred columns': [() => filled(`${names(100)}\n`, `${','.repeat(99)}\n`), 'read'],
    'empty cells in the maximum number of columns': [
      () => filled(`${names(65_536)}\n`, `${','.repeat(65_535)}\n`),
      'read',
    ],
    'too many columns': [() => names(2_000_000), /more than 65536 columns/],
    'one digit a row': [() => filled('a\n', '1\n'), 'read'],
    'line ends': [() => filled('', '\n'), /the first rows are longer/],
    'line endings after a row': [() => filled('a,b\n1,2', '\r'), 'read'],
    'an empty line between rows': [() => filled('a\n', '1\n\r\n'), 'read'],
    'short rows': [() => filled('a,b,c,d\n1,2,3,4\n', '1\n'), 'read'],
    quotes: [() => filled('', '""'), /line 1: the first rows are longer than 4 MiB/],
    'quotes in one cell': [() => filled('a\n"', '""', '"'), /line 1: the first rows are longer than 4 MiB/],
    'a quote that is never closed': [
      () => filled('a\n1,"', '""'),
      /line 1: the first rows are longer than 4 MiB/,
    ],
    'a quote that is never closed, late': [
      () => filled('a,b\n1,2\n3,4\n1,"', '""'),
      /line 4: .*never closed/,
    ],
    'a long cell, late': [() => filled('a,b\n1,2\n3,4\n1,이', 'x'), 'read'],
    'quoted empty cells': [() => filled('a,b\n', '"",""\n'), 'read'],
    'text after the last quote': [() => filled('a,b\n', '"",""\n', '""x'), /text follows a closing quote/],
    'one name': [() => filled('x', 'x', '\n1\n'), /line 1: the first rows are longer than 4 MiB/],
    'one cell of two bytes per character': [
      () => filled('a\n이', 'x'),
      /line 1: the first rows are longer than 4 MiB/,
    ],
    comments: [() => filled('#\n', '#\n', 'a,b\n1,2\n'), /./],
    'a string': [() => Buffer.from(filled('a,b\n', '1,1\n')).toString(), 'read'],
    'invalid UTF-8 at its end': [
      () => filled('a,b\n', '이,1\n').fill(255, size - 10),
      /neither UTF-8 nor Latin-1/,
    ],
    'a NUL byte at its end': [() => filled('a,b\n', '1,1\n').fill(0, size - 10), /NUL byte/],
  }

describe('adversarial files are read, or refused, in the memory of their cells', () => {
  it.each(Object.entries(shapes))(
    '%s',
    async (shape, [make, outcome]) => {
      const file = make()
      const bytes = typeof file === 'string' ? Buffer.byteLength(file) : file.length
      await settled()
      let table: ReturnType<typeof parseTable> | null = null
      let error: unknown
      const { milliseconds, peak } = measure(() => {
        try {
          table = parseTable(file)
        } catch (thrown) {
          error = thrown
        }
      })
      if (outcome === 'read') expect(error === undefined ? '' : String(error)).toBe('')
      else {
        expect(table === null).toBe(true)
        expect(error).toBeInstanceOf(TableError)
        expect((error as Error).message).toMatch(outcome)
        expect((error as Error).message.length).toBeLessThan(1000)
      }
      const cells = table ? (table as { rows: number; columns: readonly unknown[] }) : null
      const count = cells ? cells.rows * cells.columns.length : 0
      expect(peak, `bytes allocated for ${shape}`).toBeLessThan(6 * bytes + 10 * count + 2 ** 25)
      if (timed) expect(milliseconds).toBeLessThan(1000)
    },
    patience,
  )
})
