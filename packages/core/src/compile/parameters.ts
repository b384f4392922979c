// Where variables live in kernel memory, side by side, and what optimizers keep for them.
import { type Block, getKernel } from '@bp/kernel'
import { DtypeError } from '../errors.js'
import type { Optimizer } from '../optimizers.js'
import { describeNode, type Variable } from '../tensor.js'
import { paddedBytes } from './plan.js'

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
  const block = getKernel().allocate(homeless.reduce((bytes, { size }) => bytes + paddedBytes(size), 0))
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

/** Variables that lie side by side, so that one instruction updates them all. */
interface Run {
  readonly variables: readonly Variable[]
  readonly address: number
  readonly bytes: number
  /** Byte offsets in the state's block. */
  readonly gradients: number
  readonly slots: readonly number[]
  readonly settings: number
}

/** What an optimizer keeps for its parameters; several programs may share it. */
export class OptimizerState {
  readonly optimizer: Optimizer
  readonly runs: readonly Run[]
  readonly #block: Block

  constructor(optimizer: Optimizer, parameters: readonly Variable[]) {
    settle(parameters)
    this.optimizer = optimizer
    const groups: Variable[][] = []
    for (const variable of [...parameters].sort((a, b) => addressOf(a) - addressOf(b))) {
      const last = groups[groups.length - 1]?.at(-1)
      if (last && addressOf(last) + paddedBytes(last.size) === addressOf(variable))
        groups[groups.length - 1]!.push(variable)
      else groups.push([variable])
    }
    let end = 0
    const reserve = (bytes: number) => {
      const offset = end
      end += Math.ceil(bytes / 16) * 16
      return offset
    }
    this.runs = groups.map((variables) => {
      const bytes = variables.reduce((total, { size }) => total + paddedBytes(size), 0)
      return {
        variables,
        address: addressOf(variables[0]!),
        bytes,
        gradients: reserve(bytes),
        slots: optimizer.slots.map(() => reserve(bytes)),
        settings: reserve(optimizer.settings.length * 8),
      }
    })
    this.#block = getKernel().allocate(end)
    for (const run of this.runs) this.settings(run).set(optimizer.settings)
  }

  get address(): number {
    return this.#block.address
  }

  get learningRate(): number {
    return this.runs[0] ? this.settings(this.runs[0])[0]! : this.optimizer.settings[0]!
  }

  set learningRate(value: number) {
    for (const run of this.runs) this.settings(run)[0] = value
  }

  /** A copy of everything that training changes: parameters, slots and settings. */
  save(): Snapshot {
    return this.runs.map((run) => ({
      parameters: run.variables.map(({ values }) => Float32Array.from(values)),
      slots: run.slots.map((offset) => this.#block.floats(offset, run.bytes / 4).slice()),
      settings: this.settings(run).slice(),
    }))
  }

  restore(snapshot: Snapshot): void {
    for (const [index, run] of this.runs.entries()) {
      const { parameters, slots, settings } = snapshot[index]!
      for (const [at, variable] of run.variables.entries()) variable.values.set(parameters[at]!)
      for (const [at, offset] of run.slots.entries())
        this.#block.floats(offset, run.bytes / 4).set(slots[at]!)
      this.settings(run).set(settings)
    }
  }

  private settings(run: Run): Float64Array {
    return this.#block.doubles(run.settings, this.optimizer.settings.length)
  }
}

export type Snapshot = readonly {
  readonly parameters: readonly Float32Array[]
  readonly slots: readonly Float32Array[]
  readonly settings: Float64Array
}[]
