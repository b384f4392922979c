// The state of an optimizer between steps: slots, accumulated gradients, averages, counters, the learning rate.
import { type Block, getKernel } from '@bp/kernel'
import { checkNotNegative, checkPositive, describeValue, isRecord } from '../checks/check-options.js'
import { ShapeError, ValueError } from '../checks/errors.js'
import { paddedBytes } from '../compile/instruction.js'
import { allocate } from '../compile/memory.js'
import { addressOf, moveToKernel } from '../compile/parameters.js'
import { describeShape, type Shape, sameShape } from '../graph/shape.js'
import { describeNode, type Variable } from '../graph/tensor.js'
import { findNonFinite } from '../numbers/finite.js'
import type { Optimizer } from './optimizers.js'
import type { Schedule } from './schedules.js'

/** Steps that a program can run before JavaScript must read their losses and supply new learning rates. */
export const longestRun = 8192

/** The state of one parameter. */
export interface ParameterState {
  readonly variable: Variable
  /** The name in a record: that of the variable, or its index if it has none. */
  readonly name: string
  readonly learningRateFactor: number
  readonly weightDecay: number
  /** Offsets of the gradient and of each array. Parameters adjacent in memory are adjacent in all of them. */
  readonly block: Block
  readonly offsets: ReadonlyMap<string, number>
  /** The counters of the rule, while no `section` holds them. */
  counters: readonly number[]
  /** The section of a program that updates it and holds its settings in memory. */
  section: Section | null
  /** Whether the average has started from the parameter. */
  averageStarted: boolean
}

/** Adjacent parameters with the same settings, which one instruction updates. */
export interface Section {
  readonly states: readonly ParameterState[]
  readonly bytes: number
  readonly block: Block
  /** Byte offsets in the block. */
  readonly settings: number
  readonly factor: number
  readonly cursor: number
}

/** Everything that training changes, as plain data by parameter name. */
export interface OptimizerRecord {
  /** Name of the optimizer. */
  readonly optimizer: string
  /** Training steps done. */
  readonly steps: number
  /** Total weight of the batches accumulated so far; by default 1 each. */
  readonly accumulatedWeight?: number
  /** `null` where a schedule sets it. */
  readonly learningRate: number | null
  readonly parameters: Readonly<Record<string, ParameterRecord>>
}

/** Everything that training changes about one parameter. */
export interface ParameterRecord {
  readonly shape: Shape
  readonly values: Float32Array
  /** The slots of the optimizer by name; `accumulated` and `average` where it has them. */
  readonly slots: Readonly<Record<string, Float32Array>>
  /** Values that the rule itself advances, such as powers of its decay rates. */
  readonly counters: readonly number[]
}

/**
 * The state of an optimizer. Several steps may share it, concurrently or in turn: a parameter that is frozen for a
 * while keeps its state.
 */
export class OptimizerState {
  readonly optimizer: Optimizer
  /** @internal Accumulation, clipping limit, decay of averages, and the next learning rates. */
  readonly shared: { block: Block; group: number; limit: number; decay: number; rates: number }
  /** @internal Steps per epoch; accumulated gradients are applied at its end. */
  period = Number.POSITIVE_INFINITY
  /** @internal Divisor of the mean of a full batch, relative to which smaller ones are weighted. */
  wholeWeight: number | null = null
  readonly #states = new Map<Variable, ParameterState>()
  #learningRate: number | Schedule
  #steps = 0
  #averagesInUse = false

  /** @internal Created by `compileStep`. */
  constructor(optimizer: Optimizer) {
    const { learningRate, clip, ema } = optimizer
    this.optimizer = optimizer
    this.#learningRate = learningRate
    const rates = typeof learningRate === 'function' ? longestRun * 8 : 0
    const block = getKernel().allocate(32 + rates)
    this.shared = { block, group: 0, limit: 16, decay: 24, rates: 32 }
    block.doubles(this.shared.limit, 2).set([clip ? Object.values(clip)[0]! : 0, ema ?? 0])
  }

  /** Training steps done; with `accumulate`, an update follows after that many, and at the end of an epoch of a run. */
  get steps(): number {
    return this.#steps
  }

  /** Updates done; the argument of schedules. */
  get updates(): number {
    const { accumulate } = this.optimizer
    const epochs = Math.floor(this.#steps / this.period)
    // Without a length of epochs none has ended.
    const before = epochs > 0 ? epochs * Math.ceil(this.period / accumulate) : 0
    return before + Math.floor((this.#steps % this.period) / accumulate)
  }

  /** The number of batches accumulated after a number of steps. */
  #accumulatedAfter(steps: number): number {
    return (steps % this.period) % this.optimizer.accumulate
  }

  /**
   * @internal Writes how many batches are accumulated and the size of the current group; returns the number of steps
   * until the group size changes.
   */
  beginGroup(): number {
    const { accumulate } = this.optimizer
    const before = this.#accumulatedAfter(this.#steps)
    const left = this.period - (this.#steps % this.period)
    const size = Math.min(accumulate, before + left)
    this.shared.block.words(this.shared.group, 2).set([before, size])
    // The last group of an epoch may be smaller.
    const rest = this.period % accumulate
    if (!(rest > 0)) return Number.POSITIVE_INFINITY
    return size < accumulate ? left : left - rest
  }

  /** The learning rate of the next update. Setting it ends a schedule; nothing is recompiled. */
  get learningRate(): number {
    return this.#rateOf(this.updates)
  }

  set learningRate(value: number) {
    this.#learningRate = checkPositive(this.optimizer.name, 'learningRate', value)
    for (const { section } of this.#states.values()) if (section) this.#writeRate(section)
  }

  /** Whether parameters currently hold their averages. */
  get averagesInUse(): boolean {
    return this.#averagesInUse
  }

  /**
   * Swaps parameters with their averages: to evaluate with the averages, and again to resume training.
   * @throws ValueError unless the optimizer has `ema`.
   */
  swapAverages(): void {
    if (this.optimizer.ema === null)
      throw new ValueError(`swapAverages: ${this.optimizer.name} keeps no averages; set ema, e.g. 0.999`)
    for (const state of this.#states.values()) {
      this.#startAverage(state)
      const average = this.#array(state, 'average')
      const values = state.variable.values.slice()
      state.variable.values.set(average)
      average.set(values)
    }
    this.#averagesInUse = !this.#averagesInUse
  }

  /**
   * A copy of everything that training changes; variables that were copied already are reused.
   * @throws ValueError when parameter names are not unique, or while averages are in use.
   */
  save(copies?: ReadonlyMap<Variable, Float32Array>): OptimizerRecord {
    this.#checkNames('save')
    const parameters = [...this.#states.values()].map((state): [string, ParameterRecord] => {
      this.#startAverage(state)
      const slots = this.#kept().map((slot) => [slot, this.#array(state, slot).slice()] as const)
      const { shape, values } = state.variable
      return [
        state.name,
        {
          shape,
          values: copies?.get(state.variable) ?? Float32Array.from(values),
          slots: Object.fromEntries(slots),
          counters: this.#counters(state),
        },
      ]
    })
    return {
      optimizer: this.optimizer.name,
      steps: this.#steps,
      accumulatedWeight: this.#accumulatedWeight[0]!,
      learningRate: typeof this.#learningRate === 'function' ? null : this.#learningRate,
      parameters: Object.fromEntries(parameters),
    }
  }

  /**
   * Restores what `save` returned, by parameter name.
   * @throws ValueError for another optimizer, for missing or unknown parameters or slots, and while averages are in
   * use; ShapeError for another shape. Nothing is changed then.
   */
  restore(record: OptimizerRecord): void {
    this.#checkNames('restore')
    const { name } = this.optimizer
    if (!isRecord(record?.parameters))
      throw new ValueError(`restore: the record must be what save() returned, got ${describeValue(record)}`)
    if (record.optimizer !== name)
      throw new ValueError(`restore: the record is of ${record.optimizer}, this step uses ${name}`)
    const { parameters, steps, learningRate } = record
    if (!Number.isSafeInteger(steps) || steps < 0)
      throw new ValueError(`restore: steps must be a non-negative integer, got ${steps}`)
    const { accumulatedWeight = this.#accumulatedAfter(steps) } = record
    checkNotNegative('restore', 'accumulatedWeight', accumulatedWeight)
    if (learningRate !== null) checkPositive(name, 'learningRate', learningRate)
    else if (typeof this.#learningRate !== 'function')
      throw new ValueError(`restore: the record follows a schedule; pass ${name} the same schedule`)
    const states = [...this.#states.values()]
    checkSame(
      'parameter',
      Object.keys(parameters),
      states.map(({ name }) => name),
    )
    for (const { name, variable } of states) {
      const { shape, values, slots, counters } = parameters[name]!
      checkSame(`slot of "${name}"`, Object.keys(slots), this.#kept())
      for (const numbers of [values, ...Object.values(slots)])
        if (!sameShape(shape, variable.shape) || numbers.length !== variable.size)
          throw new ShapeError(
            `restore: "${name}" is ${describeShape(variable.shape)}, but the record has ${describeShape(shape)} and ${numbers.length} numbers`,
          )
      if (counters.length !== this.optimizer.counters.length)
        throw new ValueError(
          `restore: "${name}" has ${counters.length} counters, ${this.optimizer.name} expects ${this.optimizer.counters.length}`,
        )
    }
    for (const state of states) {
      const { values, slots, counters } = parameters[state.name]!
      state.variable.values.set(values)
      for (const [slot, numbers] of Object.entries(slots)) this.#array(state, slot).set(numbers)
      // Each program reloads the settings before its next step.
      state.section = null
      state.counters = [...counters]
      state.averageStarted = true
    }
    this.#steps = steps
    this.#accumulatedWeight[0] = accumulatedWeight
    if (learningRate !== null) this.#learningRate = learningRate
  }

  /** @internal Whether the state of all parameters is finite. */
  isFinite(): boolean {
    const slots = this.#kept()
    return [...this.#states.values()].every((state) =>
      slots.every((slot) => findNonFinite(this.#array(state, slot)) < 0),
    )
  }

  /** @internal Allocates the state of parameters that are new. */
  include(variables: readonly Variable[]): void {
    moveToKernel(variables)
    const fresh = variables
      .filter((variable) => !this.#states.has(variable))
      .sort((a, b) => addressOf(a) - addressOf(b))
    const { optimizer } = this
    const bytes = fresh.reduce((total, { size }) => total + paddedBytes(size), 0)
    const arrays = ['gradient', ...this.#kept()]
    const block = allocate(
      bytes * arrays.length,
      () => `${arrays.join(', ')} of ${fresh.map(describeNode).join(', ')}`,
    )
    let offset = 0
    for (const variable of fresh) {
      const group = optimizer.groups.find(({ parameters }) =>
        parameters instanceof RegExp ? variable.name.search(parameters) >= 0 : parameters.includes(variable),
      )
      const from = offset
      this.#states.set(variable, {
        variable,
        name: variable.name || `parameter ${this.#states.size + 1}`,
        learningRateFactor: group?.learningRateFactor ?? 1,
        weightDecay: group?.weightDecay ?? optimizer.weightDecay,
        block,
        offsets: new Map(arrays.map((array, index) => [array, index * bytes + from])),
        counters: optimizer.counters,
        section: null,
        averageStarted: false,
      })
      offset += paddedBytes(variable.size)
    }
  }

  /** @internal Sections of parameters in address order, each with settings in its own block. */
  sections(variables: readonly Variable[]): Section[] {
    const states = variables.map((variable) => this.#states.get(variable)!)
    const groups: ParameterState[][] = []
    for (const state of states.sort((a, b) => addressOf(a.variable) - addressOf(b.variable))) {
      const last = groups.at(-1)?.at(-1)
      if (last && this.#belongTogether(last, state)) groups.at(-1)!.push(state)
      else groups.push([state])
    }
    const { settings, counters } = this.optimizer
    return groups.map((states) => {
      const settingsBytes = 8 * (2 + settings.length + counters.length)
      const block = getKernel().allocate(settingsBytes + 16)
      const { learningRateFactor, weightDecay } = states[0]!
      block.doubles(8, 1 + settings.length).set([weightDecay, ...settings])
      block.doubles(settingsBytes, 1)[0] = learningRateFactor
      return {
        states,
        bytes: states.reduce((total, { variable }) => total + paddedBytes(variable.size), 0),
        block,
        settings: 0,
        factor: settingsBytes,
        cursor: settingsBytes + 8,
      }
    })
  }

  /**
   * @internal Loads the settings of the parameters into the sections that are about to run. Returns false when those
   * within a section have diverged, so that sections must be rebuilt.
   */
  takeUp(sections: readonly Section[]): boolean {
    for (const section of sections) {
      const { states, block } = section
      if (states.every((state) => state.section === section)) continue
      const counters = this.#counters(states[0]!)
      if (!states.every((state) => sameNumbers(this.#counters(state), counters))) return false
      block.doubles(this.#countersOffset, counters.length).set(counters)
      for (const state of states) {
        state.section = section
        this.#startAverage(state)
      }
      this.#writeRate(section)
    }
    return true
  }

  /** @internal Writes the learning rates of the next steps, which programs look up. */
  fillRates(sections: readonly Section[], steps: number): void {
    if (typeof this.optimizer.learningRate !== 'function') return
    const rates = this.shared.block.doubles(this.shared.rates, longestRun)
    const first = this.updates
    const count = Math.ceil(steps / this.optimizer.accumulate) + 1
    for (let index = 0; index < Math.min(count, longestRun); index++)
      rates[index] = this.#rateOf(first + index)
    for (const { block, cursor } of sections) block.words(cursor, 1)[0] = 0
  }

  /** @internal Records that steps were done. */
  advance(steps: number): void {
    this.#steps += steps
  }

  /** @internal Address of a parameter, its gradient, or one of its state arrays. */
  addressOf(variable: Variable, array: string): number {
    if (array === 'parameters') return addressOf(variable)
    const { block, offsets } = this.#states.get(variable)!
    return block.address + offsets.get(array)!
  }

  /** Names of the state arrays of each parameter. */
  #kept(): string[] {
    const { slots, accumulate, ema } = this.optimizer
    return [
      ...slots.filter((slot) => slot !== null),
      ...(accumulate > 1 ? ['accumulated'] : []),
      ...(ema !== null ? ['average'] : []),
    ]
  }

  #array({ block, offsets, variable }: ParameterState, array: string): Float32Array {
    return block.floats(offsets.get(array)!, variable.size)
  }

  get #accumulatedWeight(): Float64Array {
    return this.shared.block.doubles(this.shared.group + 8, 1)
  }

  get #countersOffset(): number {
    return 8 * (2 + this.optimizer.settings.length)
  }

  #counters({ section, counters }: ParameterState): readonly number[] {
    if (!section) return counters
    return [...section.block.doubles(this.#countersOffset, this.optimizer.counters.length)]
  }

  /** Averages start from the parameters before the first step. */
  #startAverage(state: ParameterState): void {
    if (!state.averageStarted && this.optimizer.ema !== null)
      this.#array(state, 'average').set(state.variable.values)
    state.averageStarted = true
  }

  #rateOf(update: number): number {
    if (typeof this.#learningRate !== 'function') return this.#learningRate
    const rate = this.#learningRate(update)
    if (!(rate >= 0 && Number.isFinite(rate)))
      throw new ValueError(
        `${this.optimizer.name}: the schedule returned ${rate} for step ${update}; it must return non-negative finite numbers`,
      )
    return rate
  }

  #writeRate({ block, settings, states }: Section): void {
    if (typeof this.optimizer.learningRate !== 'function')
      block.doubles(settings, 1)[0] = this.learningRate * states[0]!.learningRateFactor
  }

  #belongTogether(a: ParameterState, b: ParameterState): boolean {
    return (
      addressOf(a.variable) + paddedBytes(a.variable.size) === addressOf(b.variable) &&
      a.block === b.block &&
      a.offsets.get('gradient')! + paddedBytes(a.variable.size) === b.offsets.get('gradient') &&
      a.learningRateFactor === b.learningRateFactor &&
      a.weightDecay === b.weightDecay &&
      sameNumbers(this.#counters(a), this.#counters(b))
    )
  }

  #checkNames(caller: string): void {
    if (this.#averagesInUse)
      throw new ValueError(`${caller}: parameters hold their averages; call swapAverages() first`)
    const names = [...this.#states.values()].map(({ name }) => name)
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined)
      throw new ValueError(`${caller}: duplicate parameter name "${twice}"; names must be unique`)
  }
}

function checkSame(what: string, given: readonly string[], wanted: readonly string[]): void {
  const missing = wanted.filter((name) => !given.includes(name))
  const extra = given.filter((name) => !wanted.includes(name))
  if (missing.length > 0 || extra.length > 0)
    throw new ValueError(
      `restore: the record must hold each ${what} by name; missing: ${missing.join(', ') || 'none'}; unknown: ${extra.join(', ') || 'none'}`,
    )
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.every((value, index) => value === b[index])
}
