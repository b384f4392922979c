// Digits: the data set, and what is drawn by hand made into the same.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  countsOf,
  createNetworkRun,
  initialNetwork,
  type NetworkDocument,
  networkData,
  networkView,
  provideDigits,
  readPixels,
  type Stroke,
  subSteps,
  trainingToTypeScript,
  verdict,
  writePixels,
} from '@bp/lab'
import { beforeAll, describe, expect, it } from 'vitest'

const csv = readFileSync(fileURLToPath(new URL('../../../data/digits.csv', import.meta.url)), 'utf8')
const table = csv
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(',').map(Number))

const digits = (own: Partial<NetworkDocument> = {}): NetworkDocument => {
  return {
    ...initialNetwork,
    data: { ...initialNetwork.data, kind: 'digits', rows: 1797, heldBack: 0.2 },
    layers: [{ units: 16, activation: 'relu' }],
    optimizer: { ...initialNetwork.optimizer, kind: 'adam', learningRate: 0.01 },
    batch: 32,
    until: { steps: 600, loss: 0, gradient: 0 },
    ...own,
  }
}

describe('digits', () => {
  it('that are not loaded say so', () => {
    expect(() => networkData(digits())).toThrow('digits: the data set is not loaded')
  })

  it('of another file are refused by line', () => {
    expect(() => provideDigits('p00,digit\n1,2')).toThrow('digits: line 2 is not a digit')
  })

  describe('of the data set', () => {
    beforeAll(() => provideDigits(csv))

    it('are 64 shares of black and one of ten classes', () => {
      const { training, heldBack, inputs, classes } = networkData(digits())
      expect([inputs, classes, training.rows + heldBack!.rows]).toEqual([64, 10, 1797])
      expect(Math.max(...training.inputs)).toBe(1)
    })

    it('are read by a trained network, those held back too', () => {
      const run = createNetworkRun(digits())
      run.step(600)
      const view = networkView(run)
      expect(view.sizes).toEqual([64, 16, 10])
      expect(view.heldBackAccuracy).toBeGreaterThan(0.93)
      expect(view.maps).toEqual([])
      expect(view.pictures).toHaveLength(24)
      expect(view.confusion.flat().reduce((sum, count) => sum + count)).toBe(view.rows.length)
      expect(() => verdict(run, view)).not.toThrow()
    })

    it('of the table are drawn again from its cells, and mostly read as the same', () => {
      const run = createNetworkRun(digits())
      run.step(600)
      // A pen that goes along the middle of what is dark, from cell to cell: an independent drawing of each digit.
      const sample = table.filter((_, row) => row % 30 === 0)
      const right = sample.filter((cells) => {
        const paper = networkView(run, 0, strokesOf(cells)).paper!
        return paper.indexOf(Math.max(...paper)) === cells[64]
      })
      expect(right.length / sample.length).toBeGreaterThan(0.75)
    })

    it('drawn by hand are added to the training rows alone', () => {
      const pixels = writePixels(table[0]!.slice(0, 64))
      const drawn = [{ pixels, label: 0 }]
      const { training, heldBack } = networkData(digits({ data: { ...digits().data, drawn } }))
      const without = networkData(digits())
      expect([training.rows, heldBack!.rows]).toEqual([without.training.rows + 1, without.heldBack!.rows])
      expect(Array.from(training.inputs.slice(-64), (share) => share * 16)).toEqual(table[0]!.slice(0, 64))
    })

    it('are taken apart, all 64 numbers', () => {
      const run = createNetworkRun(digits())
      const { inputs, layers, loss } = subSteps(run, 3)
      expect([inputs.length, layers[0]!.weightGradients.length]).toEqual([64, 64 * 16])
      expect(loss).toBeGreaterThan(0)
    })

    it('train in the program to the bits of the page', async () => {
      const drawn = [{ pixels: writePixels(table[5]!.slice(0, 64)), label: 5 }]
      const document = digits({
        data: { ...digits().data, rows: 300, drawn },
        until: { steps: 24, loss: 0, gradient: 0 },
      })
      const run = createNetworkRun(document)
      run.step(24)
      const body = trainingToTypeScript(document, run.data)
        .replace(/^import (\{.*\}) from '@bp\/core'/, 'const $1 = core')
        .replace(/^import .* from 'node:fs'$/m, '')
        .replace(/console\.log\(.*\)/, 'return run.weights()')
      const program = new Function('core', 'readFileSync', `return (async () => {${body}})()`)
      const weights = (await program(await import('@bp/core'), () => csv)) as Float32Array
      expect(weights).toEqual(run.weights())
    })
  })
})

/** Lines between neighbouring dark cells, on a paper of 64 × 64. */
function strokesOf(cells: readonly number[]): Stroke[] {
  const dark = (x: number, y: number) => x >= 0 && x < 8 && y >= 0 && y < 8 && cells[8 * y + x]! >= 9
  const strokes: Stroke[] = []
  const place = (x: number, y: number) => [8 * x + 4, 8 * y + 4] as const
  for (let y = 0; y < 8; y++)
    for (let x = 0; x < 8; x++)
      for (const [dx, dy] of [
        [1, 0],
        [0, 1],
        [1, 1],
        [-1, 1],
      ] as const)
        if (dark(x, y) && dark(x + dx, y + dy)) strokes.push([place(x, y), place(x + dx, y + dy)])
  return strokes
}

describe('a drawn digit', () => {
  it('is the same wherever and however large it is drawn', () => {
    const seven: Stroke = [
      [4, 4],
      [20, 4],
      [10, 30],
    ]
    const larger = seven.map(([x, y]) => [2 * x + 3, 2 * y + 1] as const)
    expect(countsOf([larger])).toEqual(countsOf([seven]))
  })

  it('fills the height, is centred, and has as much ink as those of the set', () => {
    const zero: Stroke = Array.from({ length: 33 }, (_, at) => {
      const angle = (2 * Math.PI * at) / 32
      return [Math.round(32 + 14 * Math.sin(angle)), Math.round(32 - 22 * Math.cos(angle))] as const
    })
    const counts = countsOf([zero])!
    const row = (y: number) => counts.slice(8 * y, 8 * y + 8).reduce((sum, count) => sum + count)
    const ink = counts.reduce((sum, count) => sum + count)
    expect(Math.min(row(0), row(7))).toBeGreaterThan(8)
    // Ink of the zeros of the set.
    const zeros = table
      .filter((cells) => cells[64] === 0)
      .map((cells) => cells.slice(0, 64).reduce((a, b) => a + b))
    expect(ink).toBeGreaterThan(Math.min(...zeros))
    expect(ink).toBeLessThan(Math.max(...zeros))
    const across = counts.reduce((sum, count, cell) => sum + count * ((cell % 8) + 0.5), 0) / ink
    expect(across).toBeCloseTo(3.9, 1)
  })

  it('is nothing on an empty paper, and its letters are its counts', () => {
    expect(countsOf([])).toBeNull()
    const counts = countsOf([[[3, 3]]])!
    expect(readPixels(writePixels(counts))).toEqual(counts)
    expect(readPixels('zz')).toBeUndefined()
  })
})
