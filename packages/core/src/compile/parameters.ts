// Where variables live in kernel memory, side by side.
import type { Block } from '@bp/kernel'
import { DtypeError } from '../checks/errors.js'
import { describeNode, type Variable } from '../graph/tensor.js'
import { paddedBytes } from './instruction.js'
import { allocate } from './memory.js'

interface Home {
  readonly block: Block
  readonly offset: number
}

const homes = new WeakMap<Variable, Home>()

/** Moves variables that are not there yet into kernel memory, next to one another. */
export function settle(variables: readonly Variable[]): void {
  const homeless = variables.filter((variable) => !homes.has(variable))
  if (homeless.length === 0) return
  for (const variable of homeless)
    if (variable.dtype !== 'f32')
      throw new DtypeError(
        `compile: ${describeNode(variable)} is f64, which does not run on the kernel; make it f32`,
      )
  const bytes = homeless.reduce((total, { size }) => total + paddedBytes(size), 0)
  const block = allocate(bytes, () => `the numbers of ${homeless.map(describeNode).join(', ')}`)
  let offset = 0
  for (const variable of homeless) {
    const home = { block, offset }
    homes.set(variable, home)
    variable.moveTo(() => block.floats(home.offset, variable.size))
    offset += paddedBytes(variable.size)
  }
}

/** Address of a settled variable. */
export function addressOf(variable: Variable): number {
  const { block, offset } = homes.get(variable)!
  return block.address + offset
}
