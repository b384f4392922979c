// The square of inputs that the decision map shows.
import type { Run } from '@bp/core'
import { decisionGrid } from '@bp/lab'

/** Lowest and highest value of both inputs. */
export const range: readonly [number, number] = [-0.5, 1.5]

const cells = 56
const cell = (range[1] - range[0]) / cells

/** Points in a row of the grid: one for each cell, and one more beyond either border. */
export const gridWidth = cells + 2

const points = decisionGrid(gridWidth, range[0] - cell, range[1] + cell)

/** What the network answers at the points of `decisionGrid`, rows from the top down. */
export function predictGrid(run: Run): Float32Array {
  return run.predict(points)
}
