// The square of inputs that the decision map shows.
import type { Run } from '@bp/core'
import { decisionGrid } from '@bp/lab'

/** Lowest and highest value of both inputs. */
export const range: readonly [number, number] = [-0.5, 1.5]

const cells = 56
const cell = (range[1] - range[0]) / cells

/** Points in a row of the grid: one per cell, and one beyond either border. */
export const gridWidth = cells + 2

const points = decisionGrid(gridWidth, range[0] - cell, range[1] + cell)

/** What the network predicts at the points of the grid, rows from the top down. */
export function predictGrid(run: Run): Float32Array {
  return run.predict(points)
}
