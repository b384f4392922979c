import { describe, expect, it } from 'vitest'
import { DotCanvas } from '../src/dot-canvas.js'
import type { Piece } from '../src/text.js'
import { type ChartOptions, drawChart } from '../src/train/chart.js'

const textOf = (rows: readonly (readonly Piece[])[]) =>
  rows.map((pieces) => pieces.map(({ text }) => text).join(''))

describe('DotCanvas', () => {
  it('sets the eight dots of a character', () => {
    const patterns = Array.from({ length: 8 }, (_, dot) => {
      const canvas = new DotCanvas(1, 1)
      canvas.dot(dot % 2, Math.floor(dot / 2))
      return textOf(canvas.pieces())[0]
    })
    expect(patterns).toEqual(['⠁', '⠈', '⠂', '⠐', '⠄', '⠠', '⡀', '⢀'])
  })

  it('ignores dots outside', () => {
    const canvas = new DotCanvas(2, 1)
    for (const [x, y] of [
      [-1, 0],
      [4, 0],
      [0, -1],
      [0, 4],
      [Number.NaN, 0],
    ] as const)
      canvas.dot(x, y)
    expect(textOf(canvas.pieces())).toEqual(['  '])
  })

  it('draws a line without gaps', () => {
    const canvas = new DotCanvas(4, 1)
    canvas.line(0, 3, 7, 0)
    expect(textOf(canvas.pieces())).toEqual(['⣀⠤⠒⠉'])
  })
})

describe('drawChart', () => {
  const options = (more: Partial<ChartOptions> = {}): ChartOptions => ({
    series: [
      {
        points: [
          { x: 0, y: 1 },
          { x: 100, y: 0 },
        ],
        colour: 'blue',
        dotted: false,
      },
    ],
    xEnd: 100,
    columns: 30,
    rows: 8,
    logarithmic: false,
    ...more,
  })

  it('draws a falling line between axes with round numbers', () => {
    expect(textOf(drawChart(options()))).toMatchInlineSnapshot(`
      [
        "  1 ┤⠤⢄⡀                      ",
        "    │  ⠈⠉⠒⠤⢄⡀                 ",
        "    │       ⠈⠉⠒⠤⢄⡀            ",
        "0.5 ┤            ⠈⠑⠒⠤⣀⡀       ",
        "    │                 ⠈⠑⠒⠤⣀⡀  ",
        "  0 ┤                      ⠈⠑⠢",
        "    └┬───────────┬───────────┬",
        "     0          50         100",
      ]
    `)
  })

  it('puts a mark for each power of ten on a logarithmic axis', () => {
    const points = [1, 2, 3, 4].map((power) => ({ x: power * 25, y: 10 ** -power }))
    const rows = textOf(
      drawChart(options({ logarithmic: true, series: [{ points, colour: 'blue', dotted: false }] })),
    )
    expect(rows.map((row) => row.slice(0, 6).trim()).filter((label) => label !== '')).toEqual([
      '0.1',
      '0.01',
      '0.001',
      '0.0001',
    ])
  })

  it.each([
    ['no points', []],
    ['one point', [{ x: 0, y: 0.5 }]],
    [
      'zeros',
      [
        { x: 0, y: 0 },
        { x: 100, y: 0 },
      ],
    ],
    [
      'gaps',
      [
        { x: 0, y: 1 },
        { x: 50, y: Number.NaN },
        { x: 100, y: Number.POSITIVE_INFINITY },
      ],
    ],
    [
      'huge numbers',
      [
        { x: 0, y: 1e30 },
        { x: 100, y: 1 },
      ],
    ],
    [
      'tiny numbers',
      [
        { x: 0, y: 1e-30 },
        { x: 100, y: 1e-31 },
      ],
    ],
  ])('keeps its size with %s', (_, points) => {
    for (const logarithmic of [false, true])
      for (const [columns, rows] of [
        [30, 8],
        [24, 4],
        [100, 30],
      ] as const) {
        const drawn = textOf(
          drawChart(
            options({ series: [{ points, colour: 'blue', dotted: false }], columns, rows, logarithmic }),
          ),
        )
        expect(drawn).toHaveLength(rows)
        for (const row of drawn) expect(row.length).toBeLessThanOrEqual(columns)
      }
  })
})
