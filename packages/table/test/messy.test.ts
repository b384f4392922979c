// Tables as people have them: each trains, or is refused with the option that cures it.
import { createRun, layers, sequential, sgd } from '@bp/core'
import { describe, expect, it } from 'vitest'
import {
  describeTable,
  encodeInputs,
  type InspectOptions,
  inputNames,
  inspectTable,
  parseTable,
  prepareTable,
  type ReadOptions,
  readOptionsFor,
  TableError,
} from '../src/index.js'

const rows = (count: number, row: (index: number) => string, end = '\n') =>
  Array.from({ length: count }, (_, index) => row(index) + end).join('')
const pick = <T>(list: readonly T[], index: number) => list[index % list.length]!
const y = (index: number) => (index % 3 === 0 ? 'low' : 'high')
const utf16 = (text: string, mark = true) => {
  const bytes = Buffer.from((mark ? '\uFEFF' : '') + text, 'utf16le')
  return Uint8Array.from(bytes)
}

/** A row that is held back, with the seed and the targets of these tests. */
const heldRow = Number(
  prepareTable(inspectTable(parseTable(`a,y\n${rows(40, (i) => `${i},${y(i)}`)}`), { target: 'y' }), {
    heldBack: 0.2,
    seed: 1,
  }).rows.heldBack[0],
)

interface Messy {
  readonly file: string | Uint8Array
  readonly options?: InspectOptions & ReadOptions
  /** The inputs that the columns become. */
  readonly inputs: readonly string[]
  /** What the report says, in some line. */
  readonly says?: readonly (string | RegExp)[]
  /** Inputs of the first rows, before they are standardized, where that is the point. */
  readonly reads?: Readonly<Record<string, readonly (number | null)[]>>
}

const messy: Readonly<Record<string, Messy>> = {
  'decimal commas, separated by semicolons': {
    file: `a;b;y\r\n${rows(40, (i) => `${i},5;"1.234,${i % 10}0";${y(i)}`, '\r\n')}`,
    inputs: ['a', 'b'],
    reads: { a: [0.5, 1.5], b: [1234, 1234.1] },
    says: ['read as 1234'],
  },
  'decimal commas in quotes': {
    file: `a,y\n${rows(40, (i) => `"${i},${i % 9}",${y(i)}`)}`,
    inputs: ['a'],
    reads: { a: [0, 1.1, 2.2] },
  },
  'per cent, money, accounting negatives and a typographic minus': {
    file: `p,m,n,t,y\n${rows(40, (i) => `${i}.5%,"$${1 + (i % 3)},${204 + i}","${i % 2 ? `(${i}.2)` : `${i}.2`}",−${i},${y(i)}`)}`,
    inputs: ['p', 'm', 'n', 't'],
    reads: { p: [0.5, 1.5], m: [1204, 2205], n: [0.2, -1.2], t: [-0, -1] },
    says: ['number as "$1,204"', 'read as 1204'],
  },
  'money whose sign may be either, beside decimal commas': {
    file: `a;m;e;y\n${rows(40, (i) => `${i},5;$1,${204 + i};2.${204 + i} €;${y(i)}`)}`,
    inputs: ['a', 'm', 'e'],
    reads: { a: [0.5, 1.5], m: [1204, 1205], e: [2204, 2205] },
  },
  'a sign that may be either': {
    file: `m;y\n${rows(40, (i) => `1,${204 + i};${y(i)}`)}`,
    inputs: ['m'],
    reads: { m: [1204, 1205] },
    says: ['read as 1204; --decimal comma reads it otherwise'],
  },
  'units, with and without a space': {
    file: `size,weight,y\n${rows(40, (i) => `${i} cm,${i / 2}kg,${y(i)}`)}`,
    inputs: ['size', 'weight'],
    reads: { size: [0, 1], weight: [0, 0.5] },
  },
  'different units': {
    file: `size,x,y\n${rows(40, (i) => `${i} ${pick(['cm', 'm'], i)},${i},${y(i)}`)}`,
    inputs: ['x'],
    says: ['numbers in different units, cm, m; left out; --use size takes its 30 commonest'],
  },
  times: {
    file: `start,lap,y\n${rows(40, (i) => `${i % 24}:${String((i * 7) % 60).padStart(2, '0')},0:01:${String(i % 60).padStart(2, '0')}.5,${y(i)}`)}`,
    inputs: ['start', 'lap'],
    reads: { start: [0, 67, 134], lap: [60.5, 61.5] },
    says: ['time as "0:00"', 'read as 0 minutes'],
  },
  'dates of all kinds': {
    file: `iso,us,de,words,stamp,y\n${rows(60, (i) => `20${10 + (i % 9)}-0${1 + (i % 9)}-1${i % 10},${1 + (i % 12)}/${1 + (i % 28)}/201${i % 10},${1 + (i % 28)}.${1 + (i % 12)}.201${i % 10},"${pick(['Jan', 'Feb', 'March'], i)} ${1 + (i % 28)}, 2015",201${i % 10}/01/0${1 + (i % 9)} ${i % 24}:30,${y(i)}`)}`,
    inputs: [
      ...['year', 'month', 'day', 'day of week'].map((part) => `iso: ${part}`),
      ...['year', 'month', 'day', 'day of week'].map((part) => `us: ${part}`),
      ...['year', 'month', 'day', 'day of week'].map((part) => `de: ${part}`),
      ...['month', 'day', 'day of week'].map((part) => `words: ${part}`),
      ...['year', 'day', 'day of week', 'hour'].map((part) => `stamp: ${part}`),
    ],
    says: ['→ year, month, day, day of week', 'month first', 'day first'],
  },
  'dates that may be read either way': {
    file: `d,y\n${rows(40, (i) => `0${1 + (i % 9)}/0${1 + ((i * 5) % 9)}/20${10 + (i % 20)},${y(i)}`)}`,
    inputs: ['d: year', 'd: month', 'd: day', 'd: day of week'],
    says: ['month first; --type d=dmy if not'],
  },
  'missing markers in few cells': {
    file: `a,b,y\n${rows(60, (i) => `${i % 20 === 3 ? pick(['NA', '?', 'null', '-', 'nan', 'N/A', 'None', '.', '#N/A', ''], i) : i},${i},${y(i)}`)}`,
    inputs: ['a', 'a is missing', 'b'],
    says: ['→ median, and an input that says so'],
  },
  'missing markers in many cells': {
    file: `a,b,y\n${rows(60, (i) => `${i % 3 > 0 ? pick(['NA', '?', 'null', '-', 'nan', 'N/A', 'None', '.', '#N/A', ''], i) : i},${i},${y(i)}`)}`,
    inputs: ['a', 'a is missing', 'b'],
    says: ['66.7 % empty'],
  },
  'a marker of its own': {
    file: `a,y\n${rows(60, (i) => `${i % 3 === 0 ? 'unknown' : i},${y(i)}`)}`,
    inputs: ['a', 'a is missing'],
    says: ['not a number, taken as empty: "unknown" in 20 rows; --type a=category'],
  },
  'a number for what is missing': {
    file: `a,y\n${rows(60, (i) => `${i % 3 === 0 ? '-999' : i},${y(i)}`)}`,
    options: { missing: ['-999'] },
    inputs: ['a', 'a is missing'],
    reads: { a: [null, 1, 2, null] },
  },
  'NA in a target of words': {
    file: `a,y\n${rows(60, (i) => `${i},${i % 10 === 0 ? 'NA' : y(i)}`)}`,
    inputs: ['a'],
    says: ['6 rows without it left out', 'a class of 2'],
  },
  'None as a word': {
    file: `a,y\n${rows(60, (i) => `${i},${i % 10 === 0 ? 'None' : y(i)}`)}`,
    inputs: ['a'],
    says: ['a class of 3'],
  },
  'codes with leading zeros as classes': {
    file: `a,y\n${rows(60, (i) => `${i},${pick(['007', '7', '07'], i)}`)}`,
    inputs: ['a'],
    says: ['a class of 3', 'leading zeros, as in codes'],
  },
  'ages, which are not classes': {
    file: `a,y\n${rows(60, (i) => `${i},${20 + (i % 18)}`)}`,
    inputs: ['a'],
    says: ['what to learn: a number', '--class learns classes'],
  },
  'digits, which are classes': {
    file: `a,y\n${rows(60, (i) => `${i},${i % 10}`)}`,
    inputs: ['a'],
    says: ['a class of 10', '--number learns the number'],
  },
  'ids and hashes': {
    file: `id,customer_id,hash,a,y\n${rows(60, (i) => `${i + 1000},${(i * 37) % 40},${(i * 2654435761).toString(16).padStart(20, '0')},${i},${y(i)}`)}`,
    inputs: ['a'],
    says: [
      '--use id takes it',
      '--use customer_id takes it',
      'all are different; left out; --use hash takes it',
    ],
  },
  'the index of pandas': {
    file: `,a,y\n${rows(60, (i) => `${i},${(i * 7) % 13},${y(i)}`)}`,
    inputs: ['a'],
    says: ["it counts the rows; left out; --use 'column 1' takes it"],
  },
  'row names of R': {
    file: `"a" "y"\n`.replaceAll(' ', ',') + rows(30, (i) => `"row ${i}",${i},"${y(i)}"`),
    inputs: ['a'],
    says: [/text, 30 different/],
  },
  'text with many values': {
    file: `airport,note,a,y\n${rows(600, (i) => `${i < 540 ? `A${i % 30}` : `B${i % 10}`},note ${i},${i},${y(i)}`)}`,
    inputs: [...Array.from({ length: 30 }, (_, i) => `airport = A${i}`).sort(), 'airport is another', 'a'],
    says: ['→ 30 inputs for the commonest, one for all others', '--use note takes its 30 commonest'],
  },
  'answers of two': {
    file: `smokes,ok,y\n${rows(40, (i) => `${pick(['Yes', 'No'], i)},${pick(['T', 'F', '', 'F'], i)},${y(i + (i >> 2))}`)}`,
    inputs: ['smokes', 'ok', 'ok is missing'],
    says: ['"Yes" or "No"'],
  },
  'no header': {
    file: rows(40, (i) => `${i},${i * 2}.5,${y(i)}`),
    options: { target: 'column 3' },
    inputs: ['column 1', 'column 2'],
  },
  'years as names': {
    file: `country,1990,1991,1992,1993,y\n${rows(40, (i) => `${pick(['A', 'B'], i)},${i},${i},${i},${i},${y(i)}`)}`,
    inputs: ['country = A', 'country = B', '1990', '1991', '1992', '1993'],
  },
  'unnamed, empty, constant and duplicate columns, and a blank last line': {
    file: `a,,b,a,c,y,\n${rows(40, (i) => `${i},${i % 7},,${i * 2},same,${y(i)},`)}\n\n   \n`,
    inputs: ['a', 'column 2', 'a (2)'],
    says: ['the same in every row; left out', 'left out'],
  },
  'Latin-1': {
    file: Uint8Array.from(
      Buffer.from(`größe,y\n${rows(40, (i) => `${i},${pick(['süß', 'bitter'], i)}`)}`, 'latin1'),
    ),
    inputs: ['größe'],
    says: ['süß 50 %'],
  },
  'UTF-16 with tabs, from Excel': {
    file: utf16(`größe\ty\r\n${rows(40, (i) => `${i},5\t${y(i)}`, '\r\n')}`),
    inputs: ['größe'],
    reads: { größe: [0.5, 1.5] },
  },
  'UTF-16 without a mark': {
    file: utf16(`a|y\r\n${rows(40, (i) => `${i}|${y(i)}`, '\r\n')}`, false),
    inputs: ['a'],
  },
  'a line sep=; and a byte order mark': {
    file: `\uFEFFsep=;\r\na;y\r\n${rows(40, (i) => `${i},25;${y(i)}`, '\r\n')}`,
    inputs: ['a'],
    reads: { a: [0.25, 1.25] },
  },
  'comments, before and within': {
    file: `# a table\n# of "ours, really\na,y\n${rows(20, (i) => `${i},${y(i)}`)}# half\n${rows(20, (i) => `${i},${y(i)}`)}`,
    inputs: ['a'],
  },
  'a header in a comment': {
    file: `# written by numpy\n# a,b,y\n${rows(40, (i) => `${i},${i * i},${y(i)}`)}`,
    inputs: ['a', 'b'],
  },
  'a column named #': {
    file: `#,name,hp,y\n${rows(40, (i) => `${i + 1},n${i},${i % 17},${y(i)}`)}`,
    inputs: ['hp'],
    says: ["--use '#' takes it"],
  },
  'quotes, CRLF and delimiters in cells': {
    file: `a,note,y\r\n${rows(40, (i) => `${i},"say ""${pick(['hi', 'ho'], i)}"",\r\nthen; go",${y(i)}`, '\r\n')}`,
    inputs: ['a', 'note = say "hi",\nthen; go', 'note = say "ho",\nthen; go'],
  },
  'rows that end early': {
    file: `a,b,y,c\n${rows(40, (i) => `${i},${i % 5},${y(i)}${i % 4 ? `,${i % 3}` : ''}`)}`,
    inputs: ['a', 'b', 'c', 'c is missing'],
  },
  'what differs in held-back rows alone, and a date whose year never does': {
    file: `a,d,y\n${rows(40, (i) => `${i === heldRow ? 2 : 1},2015-0${1 + (i % 9)}-0${1 + (i % 7)},${y(i)}`)}`,
    inputs: ['d: month', 'd: day', 'd: day of week'],
    says: ['a number the same, or empty, in all training rows; left out', '→ month, day, day of week'],
  },
  'the smallest numbers': {
    file: `a,y\n${rows(40, (i) => `${i}e-320,${y(i)}`)}`,
    inputs: ['a'],
    reads: { a: [0, 1e-320, 2e-320] },
  },
  'the largest numbers': {
    file: `a,y\n${rows(40, (i) => `${i % 2 ? '-' : ''}1.${10 + i}e308,${y(i)}`)}`,
    inputs: ['a'],
  },
  'integers of many digits': {
    file: `card,a,y\n${rows(60, (i) => `90071992547409${String(100 + i).padStart(5, '0')},${i},${y(i)}`)}`,
    inputs: ['a'],
    says: ['integers of more than 15 digits'],
  },
}

describe('trains on', () => {
  it.each(Object.entries(messy))('%s', (_, { file, options = {}, inputs, says = [], reads = {} }) => {
    const table = parseTable(file, options)
    const inspection = inspectTable(table, { target: 'y', ...options })
    const prepared = prepareTable(inspection, { heldBack: 0.2, seed: 1 })
    const { description, training } = prepared
    expect(description.inputs.flatMap(inputNames)).toEqual(inputs)
    const report = describeTable(inspection, description)
    expect(describeTable(inspection).map(({ column }) => column)).toEqual(report.map(({ column }) => column))
    // No column vanishes unsaid.
    for (const { column, role, becomes } of report)
      if (description.leftOut.includes(column))
        expect([role, becomes]).toEqual(['left out', expect.stringMatching('left out')])
    expect(report.map(({ column }) => column).sort()).toEqual(table.columns.map(({ name }) => name).sort())
    const lines = report.map(({ column, kind, becomes }) => `${column} ${kind} ${becomes}`).join('\n')
    for (const said of says) expect(lines).toMatch(said)

    // What the description says is what is computed, also after a passage through JSON, from the file read again.
    const saved = JSON.parse(JSON.stringify(description))
    expect(saved).toEqual(description)
    const again = encodeInputs(parseTable(file, readOptionsFor(saved)), saved)
    expect(again.rows).toBe(table.rows)
    const width = again.inputShape[0]!
    const { rows: split } = prepared
    for (const [index, row] of Array.from(split.training).entries())
      expect(again.inputs.subarray(row * width, (row + 1) * width)).toEqual(
        training.inputs.subarray(index * width, (index + 1) * width),
      )
    for (const [name, values] of Object.entries(reads)) {
      const at = inputs.indexOf(name)
      const { encoding } = description.inputs.find(({ reading }) => reading.name === name)!
      if (encoding.as !== 'number') throw new Error(`${name} is not a number`)
      for (const [row, value] of values.entries()) {
        const expected = ((value ?? encoding.median) - encoding.mean) / encoding.standardDeviation
        expect(again.inputs[row * width + at]).toBeCloseTo(expected, 5)
      }
    }

    const classes = training.targetShape[0]!
    const run = createRun({
      model: sequential([layers.dense({ units: classes })], { inputShape: training.inputShape, seed: 1 }),
      loss: description.target.task === 'classification' ? 'softmaxCrossEntropy' : 'meanSquaredError',
      optimizer: sgd({ learningRate: 0.01 }),
      data: training,
      validation: prepared.heldBack!,
      epochs: 2,
      seed: 1,
    })
    const { status, loss } = run.step(2)
    expect(status).toBe('done')
    expect(loss).toBeLessThan(100)
  })
})

describe('refuses, with what cures it,', () => {
  it.each<[string, string | Uint8Array, InspectOptions & ReadOptions, RegExp]>([
    ['nothing', '', {}, /the file is empty/],
    ['a header alone', 'a,y\n', {}, /no rows below the header.*--header no/],
    ['one column', 'y\n1\n2\n', {}, /the only column.*--delimiter/],
    [
      'a target that is not there',
      'a,why\n1,2\n',
      { target: 'wy' },
      /no column "wy" among "a", "why"; did you mean "why"/,
    ],
    ['an ignored target', 'a,y\n1,2\n', { ignore: ['y'] }, /leave it out of --ignore/],
    [
      '80 classes in 80 rows',
      `a,y\n${rows(80, (i) => `${i},name ${i}`)}`,
      {},
      /80 different values in 80 rows; as a class, each needs at least two rows/,
    ],
    [
      '80 classes of numbers',
      `a,y\n${rows(80, (i) => `${i},${i * 3}`)}`,
      { task: 'classification' },
      /--number/,
    ],
    [
      'words as a number',
      `a,y\n${rows(80, (i) => `${i},${y(i)}`)}`,
      { task: 'regression' },
      /leave --number out/,
    ],
    ['a target that never changes', `a,y\n${rows(80, (i) => `${i},1`)}`, {}, /is "1" in every row/],
    ['an empty target', `a,y\n${rows(80, (i) => `${i},`)}`, {}, /empty in all rows; choose another --target/],
    ['nothing but ids', `id,y\n${rows(80, (i) => `${i + 100},${y(i)}`)}`, {}, /no column is left.*--use id/],
    ['too few rows', 'a,y\n1,2\n2,5\n', {}, /too few to hold back 0.2.*--held-back 0/],
    ['too many cells', `a,y\n1,2\n1,2,3\n`, {}, /line 3: 3 cells where there are 2 columns; .*--delimiter/],
    [
      'a quote that is never closed',
      `a,y\n1,2\n1,"2\n3,4\n`,
      {},
      /line 3: a quote is opened here and never closed/,
    ],
    ['a binary file', Uint8Array.of(97, 44, 98, 10, 49, 0, 50), {}, /NUL byte/],
    [
      'neither UTF-8 nor Latin-1',
      Uint8Array.from([...Buffer.from('ä,y\nü,1\n'), 0xff, 44, 49]),
      {},
      /neither UTF-8 nor Latin-1/,
    ],
    [
      'answers that are none',
      `a,y\n${rows(80, (i) => `${pick(['a', 'b', 'c'], i)},${y(i)}`)}`,
      { kinds: { a: 'yes-no' } },
      /expects two answers/,
    ],
    [
      'using what is constant',
      `a,b,y\n${rows(80, (i) => `1,${i},${y(i)}`)}`,
      { use: ['a'] },
      /the same in all rows/,
    ],
  ])('%s', (_, file, options, message) => {
    const attempt = () =>
      prepareTable(inspectTable(parseTable(file, options), { target: 'y', ...options }), {
        heldBack: 0.2,
        seed: 1,
      })
    expect(attempt).toThrow(TableError)
    expect(attempt).toThrow(message)
  })
})
