import { readFileSync } from 'node:fs'
import { prepare } from '@bp/core'
import papaparse from 'papaparse'
import { describe, expect, it } from 'vitest'
import { CsvError, parseCsv } from '../src/csv.js'
import { expectToBearDamage, mutated, mutationCount, mutationTime } from './mutations.js'

const bundled = (name: string) => readFileSync(new URL(`../../../data/${name}.csv`, import.meta.url))
const bytes = (...values: number[]) => Uint8Array.from(values)

describe('parseCsv reads', () => {
  it.each<[string, string | Uint8Array, Record<string, (string | null)[]>]>([
    ['plain cells as text', 'a,b\n1,x\n2,y\n', { a: ['1', '2'], b: ['x', 'y'] }],
    ['a last line without a newline', 'a,b\n1,x', { a: ['1'], b: ['x'] }],
    ['empty cells as null, quoted or not', 'a,b\n,x\n"",y\n', { a: [null, null], b: ['x', 'y'] }],
    ['CRLF', 'a,b\r\n1,x\r\n', { a: ['1'], b: ['x'] }],
    ['lone CR', 'a,b\r1,x\r', { a: ['1'], b: ['x'] }],
    ['mixed line endings', 'a,b\r\n1,x\n2,y\r3,z', { a: ['1', '2', '3'], b: ['x', 'y', 'z'] }],
    ['commas in quotes', 'a,b\n"1,5",x\n', { a: ['1,5'], b: ['x'] }],
    ['doubled quotes', 'a,b\n"say ""hi""",x\n', { a: ['say "hi"'], b: ['x'] }],
    ['line breaks in quotes', 'a,b\n"one\r\ntwo",x\n', { a: ['one\ntwo'], b: ['x'] }],
    ['a byte order mark', bytes(0xef, 0xbb, 0xbf, ...Buffer.from('a,b\n1,x\n')), { a: ['1'], b: ['x'] }],
    ['a byte order mark in a string', '\uFEFFa,b\n1,x\n', { a: ['1'], b: ['x'] }],
    ['UTF-8', Buffer.from('größe,이름\n1,ü\n'), { größe: ['1'], 이름: ['ü'] }],
    ['names trimmed, and cells with their spaces', ' a , b\n 1 ,x\n', { a: [' 1 '], b: ['x'] }],
    ['past empty lines', '\na,b\n\n1,x\n\n\n2,y\n\n', { a: ['1', '2'], b: ['x', 'y'] }],
    [
      'columns named like properties of objects',
      'constructor,toString\n1,x\n',
      { constructor: ['1'], toString: ['x'] },
    ],
  ])('%s', (_, file, expected) => {
    const { columns } = parseCsv(file)
    expect(columns.map(({ name, cells }) => [name, [...cells]])).toEqual(Object.entries(expected))
  })

  it('cells in any order, and nothing past the last row', () => {
    const { columns } = parseCsv('a,b,c\n1,2,3\n"4\n",5,6\n\n7,"8",9')
    const [a, b, c] = columns.map(({ cells }) => cells)
    const read = [c!.at(2), a!.at(0), b!.at(1), a!.at(1), b!.at(2), c!.at(0), a!.at(3), a!.at(-1)]
    expect(read).toEqual(['9', '1', '5', '4\n', '8', '3', undefined, undefined])
  })

  it('the line number of each row, across line breaks in cells and empty lines', () => {
    const { lines } = parseCsv('a,b\n"1\n1\n1",x\n\n2,y\r\n3,"z\r\nz"\n4,w')
    expect([0, 1, 2, 3].map((row) => lines!.at(row))).toEqual([2, 6, 7, 9])
  })

  // Rows and columns counted with wc and head; empty cells with grep.
  it.each([
    ['iris', 150, 5, 0],
    ['penguins', 344, 7, 19],
    ['digits', 1797, 65, 0],
    ['wine', 178, 14, 0],
    ['breast-cancer', 569, 31, 0],
  ])('%s.csv: %i rows of %i cells, %i of them empty', (name, rows, columns, empty) => {
    const table = parseCsv(bundled(name))
    expect(table.columns).toHaveLength(columns)
    expect(new Set(table.columns.map(({ cells }) => cells.length))).toEqual(new Set([rows]))
    expect(table.columns.flatMap(({ cells }) => [...cells]).filter((cell) => cell === null)).toHaveLength(
      empty,
    )
  })

  it('real data that can be trained on', () => {
    const { columns, training, target } = prepare(parseCsv(bundled('penguins')), {
      target: 'species',
      validationSplit: 0.2,
      seed: 1,
    })
    expect(target).toEqual({
      task: 'classification',
      name: 'species',
      classes: ['Adelie', 'Chinstrap', 'Gentoo'],
    })
    expect(columns.map(({ kind, missing }) => [kind, missing])).toEqual([
      ['numbers', 2],
      ['numbers', 2],
      ['numbers', 2],
      ['numbers', 2],
      ['categories', 0],
      ['categories', 11],
    ])
    expect(training.inputShape).toEqual([4 + 3 + 2])
    expect(training.inputs.every(Number.isFinite)).toBe(true)
  })
})

describe('parseCsv refuses', () => {
  it.each<[string, string | Uint8Array, number, string]>([
    ['an empty file', '', 1, 'the file is empty; the first line must name the columns'],
    ['an empty file with a byte order mark', bytes(0xef, 0xbb, 0xbf), 1, 'the file is empty'],
    ['only empty lines', '\n\n\n', 1, 'the file is empty'],
    ['only a header', 'a,b\n', 1, 'there are no rows below the header'],
    [
      'a short row',
      'a,b,c\n1,2,3\n4,5\n',
      3,
      '2 cells where the first line names 3 columns; add or remove commas',
    ],
    ['a long row', 'a,b\n"1\n",2\n1,2,3\n', 4, '3 cells where the first line names 2 columns'],
    ['a row of one cell', 'a,b\n1,2\n3\n', 3, '1 cell where the first line names 2 columns'],
    [
      'two columns with the same name',
      'a,b, a\n1,2,3\n',
      1,
      'duplicate column name "a"; names must be unique',
    ],
    ['a column without a name', 'a,,c\n1,2,3\n', 1, 'column 2 has no name; name it, or remove the column'],
    ['a quote that is never closed', 'a,b\n1,2\n"3,4\n5,6\n', 3, 'a quote is opened here and never closed'],
    ['text after a closing quote', 'a,b\n1,2\n"3"3,4\n', 3, 'text follows a closing quote'],
    [
      'data without a header',
      '5.1,3.5,setosa\n4.9,3,setosa\n',
      1,
      'contains numbers, but the first line must name the columns',
    ],
    ['semicolons', 'a;b\n1;2\n', 1, 'cells seem to be separated by ";"; separate them with commas'],
    ['tabs', 'a\tb\n1\t2\n', 1, 'cells seem to be separated by tabs; separate them with commas'],
    ['UTF-16', bytes(0xff, 0xfe, 0x61, 0, 0x2c, 0), 1, 'the file is UTF-16 text; save it as UTF-8'],
    ['Latin-1', bytes(...Buffer.from('a,b\n1,'), 0xfc, 10), 2, 'is not UTF-8 text; save the file as UTF-8'],
    [
      'zero bytes',
      bytes(...Buffer.from('a,b\n1,2\n'), 0, 0, 10),
      3,
      'contains a NUL byte; this is not a text file',
    ],
  ])('%s, and names the line', (_, file, line, message) => {
    const attempt = () => parseCsv(file)
    expect(attempt).toThrow(CsvError)
    expect(attempt).toThrow(`line ${line}: ${message}`)
  })
})

const quoted = Buffer.from(
  'name,"text, more",n\r\n"a ""b""","line\r\nline",1\r\nc,,"2"\r\n"",d,3\r\n'.repeat(4),
)

it('damaged files that are read match Papa Parse', () => {
  const special = Array.from(Buffer.from('",\n\r " ', 'latin1'), (byte) => bytes(byte))
  let read = 0
  for (let seed = 0; seed < 2000; seed++) {
    const file = mutated(quoted, seed, special)
    let table: ReturnType<typeof parseCsv>
    try {
      table = parseCsv(file)
    } catch {
      continue
    }
    read++
    const text = new TextDecoder().decode(file).replace(/\r\n?/g, '\n')
    const { data, errors } = papaparse.parse<string[]>(text, { delimiter: ',', newline: '\n' })
    const [names, ...rows] = data.filter((row) => row.length > 1 || row[0] !== '')
    expect(errors).toEqual([])
    expect(table.columns.map(({ name }) => name)).toEqual(names!.map((name) => name.trim()))
    const cells = table.columns.map(({ cells }) => [...cells])
    expect(rows).toEqual(rows.map((_, row) => cells.map((column) => column[row] ?? '')))
    expect(table.columns[0]!.cells).toHaveLength(rows.length)
  }
  expect(read).toBeGreaterThan(300)
})

it(
  `${mutationCount} damaged files are refused with a CsvError, or read as regular tables`,
  () => {
    const firstLines = (file: Buffer, lines: number) =>
      Buffer.from(file.toString().split('\n').slice(0, lines).join('\n'))
    const sources = [firstLines(bundled('iris'), 25), firstLines(bundled('penguins'), 25), quoted]
    const special = Array.from(Buffer.from('",\n\r;\t\0\u00ff', 'latin1'), (byte) => bytes(byte))
    expectToBearDamage({
      parser: 'CSV',
      make: (seed) => mutated(sources[seed % sources.length]!, seed, [...special, bytes(0xef, 0xbb, 0xbf)]),
      read: (file) => {
        const { columns, lines } = parseCsv(file)
        for (const { cells } of columns) expect([...cells]).toHaveLength(columns[0]!.cells.length)
        expect(lines!.at(columns[0]!.cells.length - 1)).toBeGreaterThan(1)
      },
      ownError: CsvError,
      check: (error) => expect((error as CsvError).line).toBeGreaterThan(0),
    })
  },
  mutationTime,
)
