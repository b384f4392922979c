import { describe, expect, it } from 'vitest'
import { type Cell, DataError, type PrepareOptions, prepare, type Table, xor } from '../src/index.js'

const table = (columns: Record<string, readonly Cell[]>, lines?: number[]): Table => ({
  columns: Object.entries(columns).map(([name, cells]) => ({ name, cells })),
  ...(lines && { lines }),
})
const options = (more: Partial<PrepareOptions> = {}): PrepareOptions => ({
  target: 'y',
  validationSplit: 0,
  seed: 1,
  ...more,
})
const repeat = <T>(times: number, make: (index: number) => T) =>
  Array.from({ length: times }, (_, index) => make(index))
const rowsOf = (numbers: Float32Array, width: number) =>
  repeat(numbers.length / width, (row) => [...numbers.subarray(row * width, (row + 1) * width)])

describe('prepare: inputs', () => {
  it('standardizes numbers to mean 0 and variance 1', () => {
    // Mean 5, variance ((−3)² + (−1)² + 1² + 3²) / 4 = 5.
    const { training, columns } = prepare(table({ x: [2, 4, 6, 8], y: ['a', 'b', 'a', 'b'] }), options())
    expect(columns).toEqual([
      { name: 'x', kind: 'numbers', mean: 5, standardDeviation: Math.sqrt(5), missing: 0 },
    ])
    expect(training.inputShape).toEqual([1])
    for (const [row, expected] of [-3, -1, 1, 3].entries())
      expect(training.inputs[row]).toBeCloseTo(expected / Math.sqrt(5), 6)
  })

  it('reads text that spells a number as the number', () => {
    const spelled = prepare(table({ x: ['2', ' 4.0 ', '+6', '.8e1'], y: ['a', 'b', 'a', 'b'] }), options())
    const numbers = prepare(table({ x: [2, 4, 6, 8], y: ['a', 'b', 'a', 'b'] }), options())
    expect(spelled.training.inputs).toEqual(numbers.training.inputs)
  })

  it('encodes each category as an input of 0 or 1, in alphabetical order', () => {
    const { training, columns } = prepare(
      table({ x: ['red', 'blue', 'red', 'green'], y: [1, 0, 1, 0] }),
      options(),
    )
    expect(columns).toEqual([
      {
        name: 'x',
        kind: 'categories',
        categories: ['blue', 'green', 'red'],
        mostFrequent: 'red',
        missing: 0,
      },
    ])
    expect(rowsOf(training.inputs, 3)).toEqual([
      [0, 0, 1],
      [1, 0, 0],
      [0, 0, 1],
      [0, 1, 0],
    ])
  })

  it('fills empty numbers with the mean and empty categories with the most frequent', () => {
    const { training, columns } = prepare(
      table({ n: [1, null, '', 3], c: ['u', 'v', ' ', 'v'], y: ['a', 'b', 'a', 'b'] }),
      options(),
    )
    expect(columns.map(({ missing }) => missing)).toEqual([2, 1])
    expect(rowsOf(training.inputs, 3)).toEqual([
      [-1, 1, 0],
      [0, 0, 1],
      [0, 0, 1],
      [1, 0, 1],
    ])
  })

  it('turns a constant column into zeros', () => {
    // The rounded mean of ten times 0.1 is not 0.1.
    const { training } = prepare(
      table({ x: repeat(10, () => 0.1), y: repeat(10, (row) => row % 2) }),
      options(),
    )
    expect([...training.inputs]).toEqual(repeat(10, () => 0))
  })

  it('takes means, categories and replacements from the training rows only', () => {
    const base = repeat(40, (row) => row)
    const y = base.map((row) => (row % 2 ? 'odd' : 'even'))
    const before = prepare(
      table({ x: base, c: base.map(() => 'same'), id: base, y }),
      options({ validationSplit: 0.25 }),
    )
    // The held-back rows are known by their ids; changing only them must not change what is trained on.
    const { mean, standardDeviation } = before.columns[2] as { mean: number; standardDeviation: number }
    const held = new Set(
      rowsOf(before.validation!.inputs, 3).map(([, , id]) => Math.round(id! * standardDeviation + mean)),
    )
    expect(held.size).toBe(10)
    const changed = base.map((row) => (held.has(row) ? row + 1000 : row))
    const after = prepare(
      table({ x: changed, c: base.map((row) => (held.has(row) ? 'other' : 'same')), id: base, y }),
      options({ validationSplit: 0.25 }),
    )
    expect(after.training).toEqual(before.training)
    expect(after.columns).toEqual(before.columns)
    expect(after.validation).not.toEqual(before.validation)
    // A category that no training row has is no category at all.
    expect(rowsOf(after.validation!.inputs, 3).map((row) => row[1])).toEqual(repeat(10, () => 0))
  })
})

describe('prepare: target', () => {
  it.each<[string, readonly Cell[], string[]]>([
    ['text', ['b', 'a', 'c', 'a'], ['a', 'b', 'c']],
    ['integers that repeat', [10, 9, 9, 10], ['9', '10']],
    ['integers written as text', ['1', '0', '1', '0'], ['0', '1']],
  ])('classifies %s', (_, y, classes) => {
    const { target, training } = prepare(table({ x: [1, 2, 3, 4], y }), options())
    expect(target).toEqual({ task: 'classification', name: 'y', classes })
    expect(training.targetShape).toEqual([classes.length])
    expect(rowsOf(training.targets, classes.length)).toEqual(
      y.map((cell) => classes.map((name) => Number(name === String(cell)))),
    )
  })

  it.each<[string, readonly number[]]>([
    ['broken numbers', repeat(40, (row) => (row % 2) + 0.5)],
    ['more than 20 integers', repeat(63, (row) => row % 21)],
    ['integers that hardly repeat', repeat(10, (row) => row)],
  ])('treats %s as regression, standardized', (_, y) => {
    const { target, training } = prepare(table({ x: y.map((_, row) => row), y }), options())
    if (target.task !== 'regression') throw new Error('classified')
    for (const [row, value] of y.entries())
      expect(target.mean + target.standardDeviation * training.targets[row]!).toBeCloseTo(value, 4)
    expect(training.targets.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 4)
    expect(training.targets.reduce((sum, value) => sum + value ** 2, 0) / y.length).toBeCloseTo(1, 5)
  })

  it('leaves out rows without a target, and counts them', () => {
    const { training, withoutTarget } = prepare(
      table({ x: [1, 100, 3, 100], y: ['a', null, 'b', '  '] }),
      options(),
    )
    expect(withoutTarget).toBe(2)
    expect([...training.inputs]).toEqual([-1, 1])
  })
})

describe('prepare: validation rows', () => {
  const y = repeat(150, (row) => (row < 90 ? 'a' : row < 140 ? 'b' : 'c'))
  const data = table({ x: repeat(150, (row) => row), y })

  it('are a fraction of each class', () => {
    const { validation, training } = prepare(data, options({ validationSplit: 0.2 }))
    const perClass = (targets: Float32Array) =>
      rowsOf(targets, 3).reduce((sum, row) => sum.map((n, i) => n + row[i]!))
    expect(perClass(validation!.targets)).toEqual([18, 10, 2])
    expect(perClass(training.targets)).toEqual([72, 40, 8])
  })

  it('are the same for the same seed, and differ for another', () => {
    const inputs = (seed: number) => prepare(data, options({ validationSplit: 0.2, seed })).validation!.inputs
    expect(inputs(1)).toEqual(inputs(1))
    expect(inputs(1)).not.toEqual(inputs(2))
  })

  it('share no row with the training rows and together are all', () => {
    const { training, validation, columns } = prepare(data, options({ validationSplit: 0.3 }))
    const { mean, standardDeviation } = columns[0] as { mean: number; standardDeviation: number }
    const ids = [...training.inputs, ...validation!.inputs].map(
      (id) => Math.round(id * standardDeviation + mean) + 0,
    )
    expect(ids.sort((a, b) => a - b)).toEqual(repeat(150, (row) => row))
  })

  it('are null without a validationSplit', () => {
    expect(prepare(data, options()).validation).toBeNull()
  })

  it('leave every class a training row', () => {
    const rare = table({ x: repeat(11, (row) => row), y: repeat(11, (row) => (row < 10 ? 'a' : 'rare')) })
    for (let seed = 0; seed < 20; seed++) {
      const { training } = prepare(rare, options({ validationSplit: 0.9, seed }))
      expect(rowsOf(training.targets, 2).map((row) => row[1])).toContain(1)
    }
  })
})

describe('prepare: data from which nothing can be learned', () => {
  const y = ['a', 'b', 'a', 'b']
  const twenty = repeat(20, (row) => row)
  const ab = twenty.map((row) => (row % 2 ? 'b' : 'a'))
  it.each<[string, Table, Partial<PrepareOptions>, string]>([
    [
      'an unknown target',
      table({ sepal: [1], species: ['a'] }),
      { target: 'specis' },
      'no column "specis" among "sepal", "species"; did you mean "species"?',
    ],
    [
      'text in a column of numbers, by line',
      table(
        { mass: [...twenty.slice(0, 19), 'heavy'], y: ab },
        twenty.map((row) => row + 2),
      ),
      {},
      'column "mass", line 21: "heavy" is not a number, but 19 of 20 cells of the column are; correct it, or leave the cell empty',
    ],
    [
      'text in a column of numbers, by row',
      table({ mass: ['heavy', ...twenty.slice(1)], y: ab }),
      {},
      'column "mass", row 1: "heavy" is not a number',
    ],
    ['a NaN', table({ x: [1, 'NaN', 3, 4], y }), {}, 'column "x", row 2: "NaN" is not a finite number'],
    [
      'a NaN as a number',
      table({ x: [1, 2, Number.NaN, 4], y }),
      {},
      'column "x", row 3: "NaN" is not a finite number',
    ],
    [
      'an infinity',
      table({ x: [1, 2, 3, '-inf'], y }),
      {},
      'column "x", row 4: "-inf" is not a finite number',
    ],
    [
      'an overflow',
      table({ x: [1, 2, 3, '1e999'], y }),
      {},
      'column "x", row 4: "1e999" is not a finite number',
    ],
    [
      'a number beyond squaring',
      table({ x: [1, 2, 3, 1e200], y }),
      {},
      'column "x", row 4: "1e+200" is too large',
    ],
    [
      'a NaN in the target',
      table({ x: [1, 2, 3, 4], y: [0.5, 1, 'nan', 2] }),
      {},
      'column "y", row 3: "nan" is not',
    ],
    ['no rows', table({ x: [], y: [] }), {}, 'the table has no rows'],
    ['no columns', table({}), {}, 'the table has no rows'],
    [
      'one class',
      table({ x: [1, 2], y: ['a', 'a'] }),
      {},
      'column "y" is "a" in every row; the target must have different values',
    ],
    [
      'too few rows',
      table({ x: [1, 2], y: ['a', 'b'] }),
      { validationSplit: 0.2 },
      '2 rows with a target are too few to hold out 0.2 of them; provide more rows, or hold out none',
    ],
    [
      'a cell, where rows are too few as well',
      table({ x: [1, 'NaN', 3], y: ['a', 'b', 'a'] }),
      { validationSplit: 0.2 },
      'column "x", row 2: "NaN" is not a finite number',
    ],
    [
      'duplicate column names',
      {
        columns: [
          { name: 'x', cells: [1] },
          { name: 'x', cells: [1] },
          { name: 'y', cells: [1] },
        ],
      },
      {},
      'duplicate column name "x"; names must be unique',
    ],
    [
      'columns of unequal length',
      table({ x: [1, 2], y: [1] }),
      {},
      'columns must have the same length; "x" has 2 cells, "y" has 1',
    ],
    [
      'an empty column',
      table({ x: [null, '', ' ', null], z: [1, 2, 3, 4], y }),
      {},
      'column "x" is empty in all rows',
    ],
    [
      'a column of names',
      table({ name: repeat(101, (row) => `n${row}`), y: repeat(101, (row) => row % 2) }),
      {},
      'column "name" holds more than 100 distinct texts, the limit for categories; remove the column, or group its texts',
    ],
    [
      'nothing but the target',
      table({ y }),
      {},
      '"y" is the only column; there is nothing to predict it from',
    ],
  ])('says what is wrong with %s', (_, data, more, message) => {
    const attempt = () => prepare(data, options(more))
    expect(attempt).toThrow(DataError)
    expect(attempt).toThrow(message)
  })

  it('refuses a column with values in validation rows only', () => {
    const data = (value: number) => table({ x: twenty.map((row) => (row === value ? 1 : null)), y: ab })
    const messages = twenty.map((row) => {
      try {
        prepare(data(row), options({ validationSplit: 0.2 }))
        return 'trained'
      } catch (error) {
        return (error as Error).message
      }
    })
    expect(messages.filter((message) => message === 'trained')).toHaveLength(16)
    expect(messages).toContain('column "x" is empty in all 16 training rows; remove it, or use another seed')
  })

  it.each([-0.1, 1, Number.NaN])('refuses a validationSplit of %d', (validationSplit) => {
    expect(() => prepare(table({ x: [1, 2], y: [0, 1] }), options({ validationSplit }))).toThrow(
      `validationSplit must be a number in [0, 1), got ${validationSplit}`,
    )
  })

  it('shows control characters of the data as spaces', () => {
    const cells = [...twenty.slice(1), '\u001b[31mred\nline']
    expect(() => prepare(table({ x: cells, y: ab }), options())).toThrow('" [31mred line" is not a number')
  })
})

describe('xor', () => {
  it('is true where exactly one input is', () => {
    const { inputs, targets, rows } = xor()
    expect(rows).toBe(4)
    expect([...targets]).toEqual(rowsOf(inputs, 2).map(([a, b]) => a! ^ b!))
  })
})
