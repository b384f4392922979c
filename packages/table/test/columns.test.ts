// Cells become numbers, and numbers cells again.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { partOfDate, readDate, readTime, writeDate, writeTime } from '../src/columns/date.js'
import {
  type NumberForm,
  partsOf,
  plainForm,
  readNumber,
  readPlain,
  separatorsOf,
  writeNumber,
} from '../src/columns/number.js'
import { moments } from '../src/encode/columns.js'
import {
  answerOf,
  encodeInputs,
  encodeTargets,
  inspectTable,
  parseTable,
  prepareTable,
  readOptionsFor,
  type TableDescription,
} from '../src/index.js'

const comma: NumberForm = { ...plainForm, decimal: ',' }

it.each<[string, NumberForm, number]>([
  ['1,5', comma, 1.5],
  ['1.204,5', comma, 1204.5],
  ['1.204', comma, 1204],
  ['1,204', comma, 1.204],
  ['1,204', plainForm, 1204],
  ['1,204.5', plainForm, 1204.5],
  ["1'204'000", plainForm, 1204000],
  ['1 204,5', comma, 1204.5],
  ['1\u00a0204', plainForm, 1204],
  ['12.5%', plainForm, 12.5],
  ['12.5 %', plainForm, 12.5],
  ['$9.50', plainForm, 9.5],
  ['-$9.50', plainForm, -9.5],
  ['$-9.50', plainForm, -9.5],
  ['US$ 1,000', plainForm, 1000],
  ['9,50 €', comma, 9.5],
  ['(1.2)', plainForm, -1.2],
  ['($1,200)', plainForm, -1200],
  ['3 cm', plainForm, 3],
  ['20°C', plainForm, 20],
  ['5 m²', plainForm, 5],
  ['100km/h', plainForm, 100],
  ['−4', plainForm, -4],
  ['+4', plainForm, 4],
  ['1e-320', plainForm, 1e-320],
  ['.5', plainForm, 0.5],
  ['5.', plainForm, 5],
  ['1,234,567', plainForm, 1234567],
])('%s in the form %j is %d', (text, form, value) => {
  expect(readNumber(text, form)).toBe(value)
})

it.each([
  '',
  '-',
  '1-2',
  '1,2,3',
  '12,34.5',
  '1..2',
  '1 2',
  'e5',
  '0x',
  '1.2.3',
  '--1',
  '(1',
  '1)',
  'A1',
  'abc',
  '-+1',
  '1:30',
])('%j is no number', (text) => {
  const parts = partsOf(text)
  const separators = parts && separatorsOf(parts.body)
  // A hexadecimal prefix is a zero in an unknown unit, at most.
  if (text === '0x') return
  expect(separators).toBeNull()
})

it('plain numbers are read to the bit as JavaScript reads them', () => {
  const encoder = new TextEncoder()
  const text = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc
      .tuple(fc.integer(), fc.nat(), fc.integer({ min: -330, max: 310 }))
      .map(([a, b, e]) => `${a}.${b}e${e}`),
    fc.tuple(fc.bigInt(), fc.bigInt({ min: 0n, max: 10n ** 25n })).map(([a, b]) => `${a}.${b}`),
  )
  fc.assert(
    fc.property(text, (text) => {
      const bytes = encoder.encode(text)
      expect(readPlain(bytes, 0, bytes.length)).toBe(Number(text))
    }),
    { numRuns: 2000, seed: 1 },
  )
  for (const text of ['', '.', '-', '1e', 'e1', '1e+', '1 ', '0x1', 'NaN', 'Infinity', '1_0']) {
    const bytes = encoder.encode(text)
    expect(readPlain(bytes, 0, bytes.length), text).toBeNaN()
  }
})

it('a number that is written in the form of its column is read as the same', () => {
  const form = fc.record({
    decimal: fc.constantFrom('.', ','),
    thousands: fc.constantFrom('', ' ', "'", 'other'),
    prefix: fc.constantFrom('', '$', '€ ', 'US$'),
    suffix: fc.constantFrom('', '%', ' cm', ' km/h', '°C'),
  })
  fc.assert(
    fc.property(
      fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer(),
        fc.integer({ min: -99999, max: 99999 }).map((n) => n / 100),
      ),
      form,
      (value, { decimal, thousands, ...units }) => {
        const separator = thousands === 'other' ? (decimal === ',' ? '.' : ',') : thousands
        const form: NumberForm = {
          ...units,
          decimal: decimal as '.' | ',',
          thousands: separator as NumberForm['thousands'],
          decimals: 0,
        }
        const written = writeNumber(value, form)
        expect(readNumber(written, form), written).toBe(value === 0 ? Math.abs(value) : value)
      },
    ),
    { numRuns: 2000, seed: 1 },
  )
})

it.each<[string, 'ymd' | 'dmy' | 'mdy', string]>([
  ['2020-02-29', 'ymd', '2020-02-29 00:00:00'],
  ['2020/2/9 21:55', 'ymd', '2020-02-09 21:55:00'],
  ['2020-02-29T12:30:15Z', 'ymd', '2020-02-29 12:30:15'],
  ['2020-02-29T12:30:15.500+02:00', 'ymd', '2020-02-29 12:30:16'],
  ['3/4/2020', 'mdy', '2020-03-04 00:00:00'],
  ['3/4/2020', 'dmy', '2020-04-03 00:00:00'],
  ['31.12.99', 'dmy', '1999-12-31 00:00:00'],
  ['12-Jun-98', 'ymd', '1998-06-12 00:00:00'],
  ['Jun 12 1998', 'ymd', '1998-06-12 00:00:00'],
  ['June 12, 1998 1:05 PM', 'ymd', '1998-06-12 13:05:00'],
  ['Fri, 12 June 1998', 'ymd', '1998-06-12 00:00:00'],
  ['2008-01', 'ymd', '2008-01-01 00:00:00'],
  ['1/8/1990 0:00', 'mdy', '1990-01-08 00:00:00'],
])('%s, read as %s, is %s', (text, order, expected) => {
  expect(writeDate(readDate(text, { order }), { time: true })).toBe(expected)
})

it.each([
  '2021-02-29',
  '2020-13-01',
  '31/31/2020',
  '32.1.2020',
  '12 Foo 1998',
  '2020-01-01 25:00',
  '1-2',
  '20200101',
])('%s is no date', (text) => expect(readDate(text, { order: 'dmy' })).toBeNaN())

it('days are those of the calendar', () => {
  fc.assert(
    fc.property(fc.integer({ min: -500_000, max: 2_000_000 }), (days) => {
      const date = new Date(days * 86_400_000)
      if (date.getUTCFullYear() < 0 || date.getUTCFullYear() > 9999) return
      expect(
        (['year', 'month', 'day', 'day of week'] as const).map((part) => partOfDate(days, part)),
      ).toEqual([
        date.getUTCFullYear(),
        date.getUTCMonth() + 1,
        date.getUTCDate(),
        ((date.getUTCDay() + 6) % 7) + 1,
      ])
      expect(readDate(writeDate(days, { time: false }), { order: 'ymd' })).toBe(days)
    }),
    { numRuns: 2000, seed: 1 },
  )
})

it('a time that is written is read as the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: -90_000, max: 500_000 }), fc.boolean(), (value, seconds) => {
      expect(readTime(writeTime(value, { seconds }), { seconds })).toBe(value)
    }),
    { numRuns: 1000, seed: 1 },
  )
  expect([
    readTime('1:30', { seconds: false }),
    readTime('12:05 am', { seconds: false }),
    readTime('1:30', { seconds: true }),
  ]).toEqual([90, 5, 5400])
})

describe('mean and standard deviation', () => {
  it.each([
    [[2, 4, 6, 8], 5, Math.sqrt(5)],
    [[1e-320, 3e-320], 2e-320, 1e-320],
    [[-1e308, 1e308], 0, 1e308],
    [[0.1, 0.1, 0.1], 0.1, 1],
  ])('of %j are %d and %d', (values, mean, standardDeviation) => {
    const found = moments(Float64Array.from(values))
    expect(found.mean / (mean || 1)).toBeCloseTo(mean === 0 ? 0 : 1, 10)
    expect(found.standardDeviation / standardDeviation).toBeCloseTo(1, 2)
  })
})

const letters = ['a', 'b', 'c']
const table = (row: (index: number) => string, header: string, rows = 60) =>
  `${header}\n${Array.from({ length: rows }, (_, index) => `${row(index)}\n`).join('')}`
const prepared = (file: string) =>
  prepareTable(inspectTable(parseTable(file), { target: 'y' }), { heldBack: 0.25, seed: 3 })
const saved = ({ description }: ReturnType<typeof prepared>): TableDescription =>
  JSON.parse(JSON.stringify(description))

describe('another file', () => {
  const file = table((row) => `${row},${letters[row % 3]},${row % 2 ? 'yes' : 'no'}`, 'n,c,y')
  const description = saved(prepared(file))

  it('has its columns in any order, with others, and another delimiter', () => {
    const a = encodeInputs(parseTable('n,c\n3,a\n4,b\n', readOptionsFor(description)), description)
    const b = encodeInputs(parseTable('more;c;n\nx;a;3\ny;b;4\n', readOptionsFor(description)), description)
    expect(b.inputs).toEqual(a.inputs)
    expect(a.notes).toEqual([])
  })

  it('is named where it has what the network has not seen', () => {
    const { inputs, notes, inputShape } = encodeInputs(
      parseTable('n,c\nmany,d\n4,b\n', readOptionsFor(description)),
      description,
    )
    expect(notes).toEqual([
      'n: "many" in 1 row cannot be read as a number; taken as missing',
      'c: "d" in 1 row is a category that no training row has; read as none of those known',
    ])
    const { encoding } = description.inputs[0]!
    if (encoding.as !== 'number') throw new Error('n is a number')
    expect(inputs[0]).toBeCloseTo((encoding.median - encoding.mean) / encoding.standardDeviation, 6)
    expect([...inputs.subarray(1, inputShape[0]!)]).toEqual([0, 0, 0])
  })

  it('is refused where a column is missing', () => {
    expect(() => encodeInputs(parseTable('n,cc\n1,a\n', readOptionsFor(description)), description)).toThrow(
      'no column "c" among "n", "cc"; did you mean "cc"?',
    )
  })

  it('is refused where all columns have other names', () => {
    expect(() => encodeInputs(parseTable('p;q\n1;2\n', readOptionsFor(description)), description)).toThrow(
      'no columns "n", "c" among "p", "q"',
    )
  })

  it('is scored by the rows that have a known target', () => {
    const { targets, rows, notes } = encodeTargets(
      parseTable('n,c,y\n1,a,Yes\n2,a,\n3,b,maybe\n4,b,no\n', readOptionsFor(description)),
      description,
    )
    expect([...rows]).toEqual([0, 3])
    expect([...targets]).toEqual([0, 1, 1, 0])
    expect(notes).toEqual([
      '1 row without y left out',
      'y: "maybe" in 1 row is no class of the training rows; left out',
    ])
  })
})

describe('answers are in the words and units of the file', () => {
  it('as classes', () => {
    const { target } = saved(prepared(table((row) => `${row},${['007', '7'][row % 2]}`, 'n,y')))
    expect(answerOf(target, [0.25, 0.75, 0.9, 0.1], 0)).toEqual({ text: '7', probability: 0.75, value: 1 })
    expect(answerOf(target, [0.25, 0.75, 0.9, 0.1], 1).text).toBe('007')
  })

  it.each([
    ['"1.204,5 €"', (row: number) => `"1.${200 + row},5 €"`, '1.229,5 €'],
    ['$1,204', (row: number) => `"$1,${200 + row}"`, '$1,229'],
    ['12.5%', (row: number) => `${row}.5%`, '29.5%'],
    ['1:30', (row: number) => `1:${String(row).padStart(2, '0')}`, '1:29'],
  ])('as in %s', (_, cell, expected) => {
    // With the middle of all values as the mean.
    const { description } = prepareTable(
      inspectTable(parseTable(table((row) => `${row},${cell(row)}`, 'n,y', 59)), { target: 'y' }),
      { heldBack: 0, seed: 1 },
    )
    const { target } = description
    if (target.task !== 'regression') throw new Error('y is a number')
    const written = answerOf(target, [0], 0).text
    if (expected.includes('1.229') || expected.includes('$')) expect(written).toBe(expected)
    else expect(written).toBe(expected)
  })
})

describe('the baseline', () => {
  it('is the commonest class of the training rows, on the held-back rows', () => {
    const { baseline, heldBack } = prepared(table((row) => `${row},${row % 4 ? 'often' : 'rarely'}`, 'n,y'))
    const often = Array.from({ length: heldBack!.rows }, (_, row) => heldBack!.targets[2 * row]!).filter(
      (one) => one === 1,
    ).length
    expect(baseline).toEqual({ answer: 'often', score: often / heldBack!.rows })
    expect(baseline.score).toBeCloseTo(0.75, 1)
  })

  it('is the mean of the training rows, whose error is the standard deviation where nothing is held back', () => {
    const { baseline } = prepareTable(
      inspectTable(parseTable(table((row) => `${row},${row * 2}.5`, 'n,y')), { target: 'y' }),
      { heldBack: 0, seed: 1 },
    )
    expect(baseline.answer).toBeCloseTo(59.5, 10)
    // Of 0, 2, … 118: twice the root of (60² − 1) / 12.
    expect(baseline.score).toBeCloseTo(2 * Math.sqrt((3600 - 1) / 12), 4)
  })
})

it('the same share of each class is held back, by the seed alone', () => {
  const file = table((row) => `${row},${letters[row % 3]}`, 'n,y')
  const split = (seed: number) =>
    Array.from(
      prepareTable(inspectTable(parseTable(file), { target: 'y' }), { heldBack: 0.2, seed }).rows.heldBack,
    )
  expect(split(1)).toEqual(split(1))
  expect(split(1)).not.toEqual(split(2))
  expect([0, 1, 2].map((letter) => split(1).filter((row) => row % 3 === letter).length)).toEqual([4, 4, 4])
})

it('nothing that is measured depends on held-back rows', () => {
  const cell = (row: number) => (row % 5 === 0 ? 1 : 2) * row
  const file = table((row) => `${cell(row)},${letters[row % 3]}`, 'n,y')
  const { rows, description } = prepared(file)
  const held = new Set(Array.from(rows.heldBack))
  const other = table((row) => `${held.has(row) ? 10 * cell(row) : cell(row)},${letters[row % 3]}`, 'n,y')
  const again = prepared(other)
  expect(again.description.inputs[0]!.encoding).toEqual(description.inputs[0]!.encoding)
  expect(again.training).toEqual(prepared(file).training)
})
