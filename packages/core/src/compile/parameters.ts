// Where variables are in kernel memory, contiguous where they can be.
import type { Block } from '@bp/kernel'
import { DtypeError } from '../checks/errors.js'
import { describeNode, type Variable } from '../graph/tensor.js'
import { paddedBytes } from './instruction.js'
import { allocate } from './memory.js'

interface Location {
  readonly block: Block
  readonly offset: number
}

const locations = new WeakMap<Variable, Location>()

/** Moves variables that are not there yet to kernel memory, one after another. */
export function moveToKernel(variables: readonly Variable[]): void {
  const missing = variables.filter((variable) => !locations.has(variable))
  if (missing.length === 0) return
  for (const variable of missing)
    if (variable.dtype !== 'f32')
      throw new DtypeError(
        `compile: ${describeNode(variable)} is f64, which does not run on the kernel; make it f32`,
      )
  const bytes = missing.reduce((total, { size }) => total + paddedBytes(size), 0)
  const block = allocate(bytes, () => `the numbers of ${missing.map(describeNode).join(', ')}`)
  let offset = 0
  for (const variable of missing) {
    const location = { block, offset }
    locations.set(variable, location)
    variable.moveTo(() => block.floats(location.offset, variable.size))
    offset += paddedBytes(variable.size)
  }
}

/** Address of a variable in kernel memory. */
export function addressOf(variable: Variable): number {
  const { block, offset } = locations.get(variable)!
  return block.address + offset
}
