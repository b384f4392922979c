// Files of every form give the same table, and damaged ones a TableError.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import papaparse from 'papaparse'
import { describe, expect, it } from 'vitest'
import { timed } from '../../formats/test/measure.js'
import { mutated, mutationCount, mutationTime } from '../../formats/test/mutations.js'
import { parseTable, type ReadOptions, readTable, type Table, TableError } from '../src/index.js'

const cellsOf = ({ columns }: Table) => columns.map(({ name, cells }) => [name, [...cells]])
const utf8 = (text: string) => new TextEncoder().encode(text)
const bundled = (name: string) => readFileSync(new URL(`../../../data/${name}.csv`, import.meta.url))

describe('reads', () => {
  it.each<[string, string | Uint8Array, Record<string, string[]>]>([
    ['plain cells', 'a,b\n1,x\n2,y\n', { a: ['1', '2'], b: ['x', 'y'] }],
    ['a last line without a newline', 'a,b\n1,x', { a: ['1'], b: ['x'] }],
    ['empty cells, quoted or not', 'a,b\n,x\n"",y\n1,\n', { a: ['', '', '1'], b: ['x', 'y', ''] }],
    ['CRLF', 'a,b\r\n1,x\r\n', { a: ['1'], b: ['x'] }],
    ['lone CR', 'a,b\r1,x\r', { a: ['1'], b: ['x'] }],
    ['mixed line endings', 'a,b\r\n1,x\n2,y\r3,z', { a: ['1', '2', '3'], b: ['x', 'y', 'z'] }],
    ['delimiters in quotes', 'a,b\n"1,5",x\n', { a: ['1,5'], b: ['x'] }],
    ['quotes after a space', 'a, b\n1, "x, y" \n', { a: ['1'], b: ['x, y'] }],
    ['doubled quotes', 'a,b\n"say ""hi""",x\n', { a: ['say "hi"'], b: ['x'] }],
    [
      'line breaks in quotes',
      'a,b\n"one\r\ntwo\rthree\n\nfour",x\n',
      { a: ['one\ntwo\nthree\n\nfour'], b: ['x'] },
    ],
    ['cells without the spaces around them', ' a , b \n 1 ,x y \n', { a: ['1'], b: ['x y'] }],
    ['past empty lines', '\na,b\n\n1,x\n\n  \n2,y\n\n', { a: ['1', '2'], b: ['x', 'y'] }],
    ['tabs', 'a\tb\n1\tx y\n', { a: ['1'], b: ['x y'] }],
    ['an empty first cell before a tab', 'a\tb\n\tx\n', { a: [''], b: ['x'] }],
    [
      'columns named like properties of objects',
      'constructor,__proto__\n1,x\n',
      Object.fromEntries([
        ['constructor', ['1']],
        ['__proto__', ['x']],
      ]),
    ],
    ['characters of four bytes', 'a,b\n😀,이름\n', { a: ['😀'], b: ['이름'] }],
  ])('%s', (_, file, expected) => {
    const table = parseTable(file)
    expect(cellsOf(table)).toEqual(Object.entries(expected))
    expect(table.rows).toBe(table.columns[0]!.cells.length)
  })

  it('the line on which each row begins', () => {
    const table = parseTable('a,b\n"1\n1\n1",x\n\n2,y\r\n3,"z\r\nz"\n4,w')
    expect([0, 1, 2, 3].map((row) => table.lineOf(row))).toEqual([2, 6, 7, 9])
  })

  // Rows and columns counted with wc and head.
  it.each([
    ['iris', 150, 5],
    ['penguins', 344, 7],
    ['digits', 1797, 65],
    ['wine', 178, 14],
    ['breast-cancer', 569, 31],
  ])('%s.csv: %i rows of %i cells', (name, rows, columns) => {
    const table = parseTable(bundled(name))
    expect([table.rows, table.columns.length]).toEqual([rows, columns])
    const lines = bundled(name)
      .toString()
      .trim()
      .split(/\r?\n/)
      .map((line) => line.split(','))
    expect(cellsOf(table)).toEqual(
      lines[0]!.map((name, at) => [name, lines.slice(1).map((line) => line[at])]),
    )
  })

  it('progress, and the same again', () => {
    const file = `a,b\n${'1,2\n'.repeat(1_000_000)}`
    const seen: number[] = []
    const table = parseTable(file, { onProgress: ({ rows }) => seen.push(rows) })
    expect(table.rows).toBe(1_000_000)
    expect(seen.length).toBeGreaterThan(2)
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(seen.at(-1)).toBe(1_000_000)
  })
})

/** One file with everything that a piece may be cut in. */
const text = '# ours\nname,"größe ""q""",n\r\n"a ""b""","line\r\nline 😀",1\r\nc,,"2"\r\n"",d,3\n\n'
const files: Readonly<Record<string, Uint8Array>> = {
  'UTF-8': utf8(text),
  'UTF-8 with a byte order mark': utf8(`\uFEFF${text}`),
  'UTF-16 LE': Uint8Array.from(Buffer.from(`\uFEFF${text}`, 'utf16le')),
  'UTF-16 BE': Uint8Array.from(Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()),
  gzip: gzipSync(utf8(text)),
}
const whole = cellsOf(parseTable(text))

it('the file of these tests has the cells that it should have', () => {
  expect(whole).toEqual([
    ['name', ['a "b"', 'c', '']],
    ['größe "q"', ['line\nline 😀', '', 'd']],
    ['n', ['1', '2', '3']],
  ])
})

describe.each(Object.entries(files))('%s', (name, file) => {
  const forms: Readonly<Record<string, () => { form: Uint8Array | ArrayBuffer; bytes: Uint8Array }>> = {
    'a Buffer in a pool': () => {
      const pool = Buffer.alloc(file.length + 40, 0xaa)
      pool.set(file, 13)
      return { form: pool.subarray(13, 13 + file.length), bytes: pool }
    },
    'a Uint8Array with an offset': () => {
      const all = new Uint8Array(file.length + 40).fill(0xaa)
      all.set(file, 7)
      return { form: new Uint8Array(all.buffer, 7, file.length), bytes: all }
    },
    'an ArrayBuffer': () => {
      const bytes = Uint8Array.from(file)
      return { form: bytes.buffer, bytes }
    },
  }
  it.each(Object.entries(forms))('in %s is read, twice, and not written into', async (_, make) => {
    const { form, bytes } = make()
    const before = Uint8Array.from(bytes)
    for (let time = 0; time < 2; time++) expect(cellsOf(await readTable(form))).toEqual(whole)
    if (name !== 'gzip') expect(cellsOf(parseTable(form))).toEqual(whole)
    expect(bytes.every((byte, at) => byte === before[at])).toBe(true)
  })

  it('is read in two pieces cut at any byte, and byte by byte', async () => {
    for (let cut = 0; cut <= file.length; cut++)
      expect(cellsOf(await readTable([file.subarray(0, cut), file.subarray(cut)])), `cut at ${cut}`).toEqual(
        whole,
      )
    expect(cellsOf(await readTable(Array.from(file, (byte) => Uint8Array.of(byte))))).toEqual(whole)
  })
})

it('cells do not depend on where a long file is cut', async () => {
  // Longer than the beginning in which the layout is found.
  const file = utf8(
    `a;größe\n${Array.from({ length: 60_000 }, (_, row) => `${row},5;"x ""${row}"" ü"\r\n`).join('')}`,
  )
  const expected = cellsOf(parseTable(file))
  for (const size of [1 << 16, 99_991, 300_007]) {
    const pieces = Array.from({ length: Math.ceil(file.length / size) }, (_, at) =>
      file.subarray(at * size, (at + 1) * size),
    )
    expect(cellsOf(await readTable(pieces))).toEqual(expected)
  }
})

it('a Latin-1 character late in a file is read as such', () => {
  const file = Buffer.from(`a,b\n${'1,x\n'.repeat(100_000)}2,süß\n`, 'latin1')
  const table = parseTable(file)
  expect(table.encoding).toBe('windows-1252')
  expect(table.columns[1]!.cells.at(100_000)).toBe('süß')
})

it('what never ends is refused while it is read: a row, a quote, a file that decompresses to very much', async () => {
  const mega = new Uint8Array(2 ** 20).fill(48)
  async function* endless(first: string) {
    yield utf8(first)
    for (;;) yield mega
  }
  await expect(readTable(endless('a,b\n1,2\n'))).rejects.toThrow('line 3: this row is longer than 16 MiB')
  await expect(readTable(endless('a,b\n1,2\n3,"'))).rejects.toThrow(
    'line 3: a quote is opened here and not closed within 16 MiB',
  )
  const rows = new Uint8Array(2 ** 24).fill(10)
  for (let at = 0; at < rows.length; at += 4) rows.set([49, 44, 50], at)
  const bomb = gzipSync(rows, { level: 9 })
  // Members of a gzip file follow each other.
  await expect(readTable(Array.from({ length: 6 }, () => bomb))).rejects.toThrow(
    'it becomes over 200 times its size when decompressed',
  )
})

it('a damaged gzip file is refused', async () => {
  const file = gzipSync(utf8(text.repeat(50)))
  for (const damaged of [
    file.subarray(0, file.length - 9),
    Buffer.concat([file.subarray(0, 30), Buffer.alloc(60, 1)]),
  ])
    await expect(readTable(damaged)).rejects.toThrow(/damaged: it cannot be decompressed/)
})

it.each<[string, Uint8Array | string, RegExp]>([
  [
    'a spreadsheet',
    Uint8Array.of(0x50, 0x4b, 3, 4, ...new Uint8Array(22), 19, 0, 0, 0, ...utf8('[Content_Types].xml')),
    /Office document; export the table as CSV/,
  ],
  ['Parquet', utf8('PAR1....PAR1'), /Parquet/],
  ['a page', '<!DOCTYPE html><html></html>', /HTML page; check the URL/],
])('%s is recognized', async (_, file, message) => {
  await expect(readTable(file)).rejects.toThrow(message)
  if (typeof file !== 'string') await expect(readTable([file])).rejects.toThrow(message)
})

it.each([[undefined], [null], [7], [Promise.resolve('')]])('%s is refused by name', (file) => {
  expect(() => parseTable(file as never)).toThrow(TableError)
  expect(() => parseTable(file as never)).toThrow(/parseTable expects/)
})

describe('what is written is read', () => {
  const cell = fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) =>
    text
      .replace(/\r\n?/g, '\n')
      .replaceAll('\0', '')
      .replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, ''),
  )
  const table = fc
    .record({ rows: fc.integer({ min: 1, max: 6 }), columns: fc.integer({ min: 2, max: 4 }) })
    .chain(({ rows, columns }) =>
      fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), {
        minLength: rows,
        maxLength: rows,
      }),
    )
  it.each([',', ';', '\t', '|'] as const)('with the delimiter %j, cut anywhere', async (delimiter) => {
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.nat(200),
        async (rows, lineEnd, cut) => {
          const written = rows
            .map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(delimiter) + lineEnd)
            .join('')
          const options: ReadOptions = { delimiter, header: false }
          const file = utf8(written)
          const read = await readTable([file.subarray(0, cut), file.subarray(cut)], options)
          expect(read.columns.map(({ cells }) => [...cells])).toEqual(
            rows[0]!.map((_, column) => rows.map((row) => row[column])),
          )
        },
      ),
      { numRuns: 200, seed: 1 },
    )
  })
})

it('damaged files that are read match Papa Parse', () => {
  const quoted = utf8('name,"text, more",n\r\n"a ""b""","line\r\nline",1\r\nc,,"2"\r\n"",d,3\r\n'.repeat(4))
  const special = Array.from(Buffer.from('",\n\r ', 'latin1'), (byte) => Uint8Array.of(byte))
  const trimmed = (text: string) => text.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, '')
  let read = 0
  for (let seed = 0; seed < 2000; seed++) {
    const file = mutated(quoted, seed, special)
    const text = new TextDecoder().decode(file).replace(/\r\n?/g, '\n')
    // Papa Parse takes spaces before a quote for text.
    if (/[,\n] +"/.test(text) || text.startsWith(' ') || text.includes('\uFFFD')) continue
    let table: Table
    try {
      table = parseTable(file, { delimiter: ',', header: false })
    } catch {
      continue
    }
    read++
    const { data } = papaparse.parse<string[]>(text, { delimiter: ',', newline: '\n' })
    const rows = data.filter((row) => row.length > 1 || trimmed(row[0]!) !== '' || text.includes('""'))
    const cells = table.columns.map(({ cells }) => [...cells])
    const blank = (row: string[]) => row.every((cell) => trimmed(cell) === '')
    expect(
      rows.filter((row) => !blank(row)).map((row) => cells.map((_, column) => trimmed(row[column] ?? ''))),
    ).toEqual(
      Array.from({ length: table.rows }, (_, row) => cells.map((column) => column[row]!)).filter(
        (row) => !blank(row),
      ),
    )
  }
  expect(read).toBeGreaterThan(300)
})

it(
  `${mutationCount} damaged files are refused with a TableError, or read as regular tables`,
  async () => {
    const first = (name: string) => Buffer.from(bundled(name).toString().split('\n').slice(0, 25).join('\n'))
    const sources = [first('iris'), first('penguins'), ...Object.values(files).slice(0, 4)]
    const special = Array.from(Buffer.from('",\n\r;\t\0\u00ff#|', 'latin1'), (byte) => Uint8Array.of(byte))
    const counts = { read: 0, refused: 0 }
    for (let seed = 0; seed < mutationCount; seed++) {
      const file = mutated(sources[seed % sources.length]!, seed, [
        ...special,
        Uint8Array.of(0xef, 0xbb, 0xbf),
      ])
      const begin = process.cpuUsage()
      try {
        const table = parseTable(file)
        counts.read++
        for (const { cells } of table.columns) expect([...cells]).toHaveLength(table.rows)
        expect(table.lineOf(table.rows - 1)).toBeGreaterThan(0)
        // In pieces it is the same.
        const cut = (seed * 31) % file.length
        expect(cellsOf(await readTable([file.subarray(0, cut), file.subarray(cut)]))).toEqual(cellsOf(table))
      } catch (error) {
        if (!(error instanceof TableError)) throw new Error(`seed ${seed}: ${error}`, { cause: error })
        counts.refused++
      }
      if (timed) expect(process.cpuUsage(begin).user, `time for seed ${seed}`).toBeLessThan(1e6)
    }
    expect(Math.min(counts.read, counts.refused) / mutationCount, JSON.stringify(counts)).toBeGreaterThan(
      0.02,
    )
  },
  mutationTime,
)
