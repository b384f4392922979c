// Training steps: forward, backward and update of a graph, compiled to one program.

import { type Check, type Checks, check, checkOptions, listOf, optional } from '../checks/check-options.js'
import { blamingCaller, DivergedError, DtypeError, GradientError, ValueError } from '../checks/errors.js'
import { type DescribeOptions, describePlan, linesOf, type ProgramLine } from '../compile/describe.js'
import { checkedValues, checkInputs, checkRecord, type Inputs, placeVariables } from '../compile/function.js'
import { type Buffer, type Instruction, instruction, paddedBytes } from '../compile/instruction.js'
import { contiguousCopy } from '../compile/lowering.js'
import { addressOf, moveToKernel } from '../compile/parameters.js'
import { plan } from '../compile/plan.js'
import { type Profile, profileProgram } from '../compile/profile.js'
import { Program } from '../compile/program.js'
import { gradients } from '../graph/gradients.js'
import { describeShape } from '../graph/shape.js'
import { checkTensor, constant, describeNode, type Input, type Tensor, Variable } from '../graph/tensor.js'
import { topological } from '../graph/traverse.js'
import type { Values } from '../graph/values.js'
import { StepContext } from '../layers/training-context.js'
import { reshape } from '../ops/index.js'
import { describeFirstNonFinite } from './diagnose.js'
import { meanWeightOf } from './loss-origin.js'
import { longestRun, OptimizerState, type Section } from './optimizer-state.js'
import { checkOptimizer, type Optimizer } from './optimizers.js'
import { batchOf, Rows } from './rows.js'
import { type BatchWeight, type Update, updateOf } from './update.js'

/** Options of `compileStep`. */
export interface StepOptions<I extends Inputs> {
  inputs: I
  /** The scalar to minimize. */
  loss: Tensor
  optimizer: Optimizer
  /** The variables to train; by default every trainable one that the loss depends on. */
  parameters?: readonly Variable[]
  /** The source of batches; the first dimension of each input is the batch. */
  rows?: Rows
  /** The optimizer state of another step, to share it. */
  state?: OptimizerState
  /** The context that was passed to the layers: the key of their random operations, and their assignments. */
  context?: StepContext
  /** Scalars to record along with the loss, by name, e.g. the number of correct rows of the batch. */
  watch?: Readonly<Record<string, Tensor>>
}

/** One call returns the losses of all steps in one array. */
const checkSteps = check<number>(
  'an integer in [0, 2^30]',
  (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 2 ** 30,
)

const stepChecks = {
  inputs: checkRecord,
  loss: checkTensor,
  optimizer: checkOptimizer,
  parameters: optional(listOf(check<Variable>('a variable', (value) => value instanceof Variable))),
  rows: optional(check('rows, e.g. new Rows(…)', (value) => value instanceof Rows)),
  state: optional(check('the state of a step', (value) => value instanceof OptimizerState)),
  context: optional(check('a StepContext', (value) => value instanceof StepContext)),
  watch: optional(checkRecord, {}),
}

/** A compiled training step. `run` does many steps in one call into the kernel, without allocation. */
export class TrainingStep<I extends Inputs = Inputs> {
  /** The state of the optimizer; pass it to another step that trains the same parameters. */
  readonly state: OptimizerState
  /** The watched scalars by name: a number for each step of the last `run`. */
  watched: Readonly<Record<string, Float32Array>> = {}
  readonly #inputs: I
  readonly #loss: Tensor
  readonly #trained: readonly Variable[]
  /** Variables of the loss that were not trainable when the step was compiled. */
  readonly #frozen: readonly Variable[]
  /** All but the update. */
  readonly #body: readonly Instruction[]
  readonly #placed: ReadonlyMap<Buffer, number>
  readonly #kept: readonly Buffer[]
  #program: Program
  #sections: readonly Section[] = []
  #update: Update
  readonly #buffers: ReadonlyMap<Tensor, Buffer>
  readonly #history: Buffer = { size: longestRun }
  /** Histories of the watched scalars. */
  readonly #watches: ReadonlyMap<string, Buffer>
  readonly #status: Buffer = { size: 1 }
  readonly #order: Buffer | null = null
  /** Position in the order, and its length. */
  readonly #cursor: Buffer = { size: 2 }
  #batch = 0
  readonly #rows: Rows | undefined
  /** What the body computes. */
  readonly #outputs: readonly Tensor[]
  readonly #gradients: readonly Tensor[]
  /** The values assigned to variables that are not trained. */
  readonly #assigned: readonly Tensor[]
  readonly #key: Input | undefined
  /** Where gradients are accumulated. */
  readonly #weight: BatchWeight | null = null

  /** @internal Created by `compileStep`. */
  constructor(options: StepOptions<I>) {
    const { inputs, loss, optimizer, parameters, rows, state, context, watch } = checkOptions(
      'compileStep',
      options,
      stepChecks as Checks<StepOptions<I>> & { watch: Check<Readonly<Record<string, Tensor>>> },
    )
    const assigned = [...(context?.assignments ?? [])]
    const values = assigned.map(([, value]) => value)
    const watched = Object.values(watch)
    checkInputs('compileStep', context ? { ...inputs, key: context.key } : inputs, [
      loss,
      ...values,
      ...watched,
    ])
    const trained = parameters ?? variablesOf(loss).filter((variable) => variable.trainable)
    checkTrainable(loss, trained)
    this.#frozen = parameters ? [] : variablesOf(loss).filter((variable) => !variable.trainable)
    this.#inputs = inputs
    this.#loss = loss
    this.#rows = rows
    checkGroups(loss, optimizer)
    this.state = state ?? new OptimizerState(optimizer)
    this.state.include(trained)
    this.#trained = trained
    this.#gradients = gradients(loss, trained)
    this.#assigned = values
    moveToKernel(assigned.map(([variable]) => variable))
    const batch = rows && batchOf(inputs, rows)
    const weight = optimizer.accumulate > 1 ? this.#batchWeight(batch ?? 1) : null
    this.#outputs = [
      loss,
      ...this.#gradients,
      ...values,
      ...(weight ? [weight.tensor] : []),
      ...watched.map((scalar) => reshape(scalar, [])),
    ]
    const { instructions, outputs, leaves } = plan(this.#outputs)
    const [lossBuffer, ...others] = outputs
    const placed = placeVariables(leaves)
    const watchBuffers = others.splice(others.length - watched.length)
    this.#watches = new Map(Object.keys(watch).map((name) => [name, { size: longestRun }]))
    const watches = [...this.#watches.values()].map((history, index) =>
      instruction('Watch', { value: watchBuffers[index]!, history, status: this.#status }, [watched[index]!]),
    )
    const before: Instruction[] = []
    const { arrays, pieces } = this.#gradientPlaces()
    const arrayTable: Buffer = { size: arrays.length }
    const after: Instruction[] = [
      ...watches,
      ...this.#placeGradients(others.slice(0, trained.length), leaves, placed),
      instruction('Record', {
        value: lossBuffer!,
        history: this.#history,
        status: this.#status,
        arrays: arrayTable,
        pieces: pieces.length / 2,
        layout: pieces,
      }),
    ]
    const kept: Buffer[] = [this.#history, this.#status, arrayTable, ...this.#watches.values()]
    if (rows && batch) {
      const names = Object.keys(inputs).filter((name) => leaves.has(inputs[name]!))
      if (batch === rows.count)
        for (const name of names) placed.set(leaves.get(inputs[name]!)!, rows.address(name))
      else {
        this.#batch = batch
        this.#order = { size: rows.count - (rows.count % batch) }
        kept.push(this.#order, this.#cursor)
        for (const name of names) {
          const table: Buffer = { size: rows.count * rows.size(name) }
          placed.set(table, rows.address(name))
          const out = leaves.get(inputs[name]!)!
          const picked = { order: this.#order, cursor: this.#cursor, rows: batch, columns: rows.size(name) }
          before.push(instruction('GatherRows', { out, table, ...picked }, [inputs[name]!]))
        }
        after.push(instruction('NextBatch', { cursor: this.#cursor, rows: batch }))
      }
    }
    const assignedBuffers = others.slice(trained.length, trained.length + values.length)
    after.push(...assignments(assigned, assignedBuffers, leaves, placed))
    if (weight) this.#weight = { buffer: others.at(-1)!, mean: weight.mean }
    const keyBuffer = context && leaves.get(context.key)
    if (keyBuffer) {
      this.#key = context.key
      after.push(instruction('NextKey', { key: keyBuffer }, [context.key]))
    }
    this.#body = [...before, ...instructions, ...after]
    this.#buffers = leaves
    this.#placed = placed
    this.#kept = kept
    this.#update = this.#planUpdate()
    this.#program = this.#assemble()
    this.#program.words(arrayTable).set(arrays)
    if (this.#order) this.setOrder(Int32Array.from({ length: this.#order.size }, (_, row) => row))
  }

  /**
   * The weight of the gradients of a batch when they are accumulated; full batches of a fixed number of rows weigh 1.
   */
  #batchWeight(rows: number): { tensor: Tensor; mean: boolean } {
    const weight = meanWeightOf(this.#loss, rows)
    if (weight === 'sum') return { tensor: constant(1), mean: false }
    if (typeof weight !== 'number') return { tensor: reshape(weight, []), mean: true }
    this.state.wholeWeight ??= weight
    return { tensor: constant(weight / this.state.wholeWeight), mean: true }
  }

  /** Assigns every gradient its address; returns the copies of those that are computed elsewhere. */
  #placeGradients(
    gradientBuffers: readonly Buffer[],
    leaves: ReadonlyMap<Tensor, Buffer>,
    placed: Map<Buffer, number>,
  ): Instruction[] {
    const fixed = new Set<Buffer>(leaves.values())
    return this.#trained.flatMap((variable, index) => {
      const gradient = gradientBuffers[index]!
      const address = this.state.addressOf(variable, 'gradient')
      if (!fixed.has(gradient) && !placed.has(gradient)) {
        placed.set(gradient, address)
        return []
      }
      // A gradient that is a leaf, or that two parameters share, must be copied there.
      const copy: Buffer = { size: variable.size }
      placed.set(copy, address)
      return [instruction('Copy', contiguousCopy(copy, gradient), [variable])]
    })
  }

  /** Where the gradients are, as `Record` expects it. */
  #gradientPlaces(): { arrays: number[]; pieces: number[] } {
    const places = this.#trained
      .map((variable) => ({ address: this.state.addressOf(variable, 'gradient'), size: variable.size }))
      .sort((a, b) => a.address - b.address)
    const pieces: number[] = []
    for (const { address, size } of places) {
      // Most are adjacent to the one before.
      if (pieces[pieces.length - 1] === address) pieces.pop()
      else pieces.push(address)
      pieces.push(address + paddedBytes(size))
    }
    return { arrays: [places.length, ...places.flatMap(({ address, size }) => [address, size])], pieces }
  }

  #planUpdate(): Update {
    this.#sections = this.state.sections(this.#trained)
    return updateOf(this.state, this.#sections, this.#weight)
  }

  #assemble(): Program {
    return new Program({
      instructions: this.#instructions,
      placed: new Map([...this.#placed, ...this.#update.placed]),
      leaves: this.#buffers,
      kept: this.#kept,
    })
  }

  /** Loads the state of the parameters; sections in which it has diverged are split. */
  #takeUpState(): void {
    if (this.state.averagesInUse)
      throw new ValueError(
        'run: parameters hold their averages; call state.swapAverages() before training again',
      )
    if (this.state.takeUp(this.#sections)) return
    const before = this.#program
    this.#update = this.#planUpdate()
    this.#program = this.#assemble()
    this.#program.take(before)
    this.state.takeUp(this.#sections)
  }

  /**
   * Does `steps` training steps and returns the loss of each, as it was before its update. `values` are those of the
   * inputs, for a step without rows.
   * @throws DivergedError at a non-finite loss or gradient; the parameters are then as they were before that step. An
   * update that itself overflows shows at the next step; `createRun` goes back to the step that caused it.
   */
  run(steps: number, values?: { readonly [K in keyof I]: Values }): Float32Array {
    checkSteps('run', 'the number of steps', steps)
    if (values)
      for (const [tensor, numbers] of checkedValues('run', this.#inputs, values)) {
        const buffer = this.#buffers.get(tensor)
        if (this.#rows) throw new ValueError('run: this step takes its values from its rows; pass none')
        if (buffer) this.#program.floats(buffer).set(numbers)
      }
    this.#checkTrained()
    this.#takeUpState()
    const losses = new Float32Array(steps)
    const records = new Map([[this.#history, losses]])
    for (const history of this.#watches.values()) records.set(history, new Float32Array(steps))
    this.watched = Object.fromEntries(
      [...this.#watches].map(([name, history]) => [name, records.get(history)!]),
    )
    const { state } = this
    if (this.#key) this.#program.floats(this.#buffers.get(this.#key)!).set(keyOf(state.steps))
    for (let done = 0; done < steps; ) {
      const wanted = Math.min(longestRun, steps - done, state.beginGroup())
      this.#program.words(this.#status)[0] = 0
      state.fillRates(this.#sections, wanted)
      const finite = this.#runProgram(wanted)
      const ran = this.#program.words(this.#status)[0]!
      for (const [history, record] of records)
        record.set(this.#program.floats(history).subarray(0, ran), done)
      done += ran
      state.advance(finite ? ran : ran - 1)
      if (finite) continue
      const loss = losses[done - 1]!
      throw this.diverged(
        Number.isFinite(loss) ? 'a gradient became NaN or infinite' : `the loss became ${loss}`,
      )
    }
    return losses
  }

  /** Whether it ran to completion; steps before one that throws are done. */
  #runProgram(steps: number): boolean {
    try {
      return this.#program.run(steps)
    } catch (error) {
      this.state.advance(this.#program.words(this.#status)[0]!)
      throw error
    }
  }

  /** The trained variables are fixed when the step is compiled. */
  #checkTrained(): void {
    const changed =
      this.#trained.find(({ trainable }) => !trainable) ?? this.#frozen.find(({ trainable }) => trainable)
    if (changed)
      throw new ValueError(
        `run: trainable of ${describeNode(changed)} was set to ${changed.trainable} after the step was compiled; compile a new step, or create a new run, after setting it`,
      )
  }

  /**
   * The rows that the next steps take, in order, from position `begin` on and cyclically: a multiple of the batch size.
   * @throws ValueError for rows that do not exist, and where each step takes all rows.
   */
  setOrder(rows: Int32Array, begin = 0): void {
    if (!this.#order || !this.#rows) throw new ValueError('setOrder: this step does not take batches of rows')
    const most = this.#order.size
    if (rows.length === 0 || rows.length > most || rows.length % this.#batch !== 0)
      throw new ValueError(
        `setOrder: expects a multiple of ${this.#batch} rows, at most ${most}; got ${rows.length}`,
      )
    if (begin < 0 || begin >= rows.length || begin % this.#batch !== 0)
      throw new ValueError(`setOrder: no batch begins at position ${begin} of ${rows.length}`)
    for (const row of rows)
      if (row < 0 || row >= this.#rows.count)
        throw new ValueError(`setOrder: row ${row} does not exist; there are ${this.#rows.count}`)
    this.#program.words(this.#order).set(rows)
    this.#program.words(this.#cursor).set([begin, rows.length])
  }

  /** The learning rate of the next update. Setting it between steps ends a schedule; nothing is recompiled. */
  get learningRate(): number {
    return this.state.learningRate
  }

  set learningRate(value: number) {
    this.state.learningRate = value
  }

  get #instructions(): readonly Instruction[] {
    return [...this.#body, ...this.#update.instructions]
  }

  /** The program as a table: each instruction with its operations, bytes, operands and the nodes that it computes. */
  describe(options?: DescribeOptions): string {
    return blamingCaller(this.describe, () =>
      describePlan('describe', this.#outputs, options, this.#instructions),
    )
  }

  /** The program as data, an instruction each, in the order in which they run. */
  get program(): ProgramLine[] {
    return linesOf(this.#instructions)
  }

  /**
   * Times every instruction of the step, and the whole; takes about 20 ms per instruction. Parameters and optimizer
   * state are unchanged afterwards.
   */
  profile(): Profile {
    this.#takeUpState()
    const saved = this.state.save()
    const position = this.#order && this.#program.words(this.#cursor).slice()
    const begin = () => {
      this.#program.words(this.#status)[0] = 0
    }
    const words = (index: number) => this.#program.instructionWords(index)
    const profile = profileProgram(this.#instructions, words, this.#program.address, begin)
    this.state.restore(saved)
    if (position) this.#program.words(this.#cursor).set(position)
    return profile
  }

  /**
   * @internal The error for the last step, which did not stay finite. Parameters and state must be as they were before
   * it.
   */
  diverged(what: string): DivergedError {
    const nodes = { loss: this.#loss, gradients: this.#gradients, assigned: this.#assigned }
    const first = describeFirstNonFinite(nodes, this.#given())
    return new DivergedError(
      `${what} at step ${this.state.steps + 1}: ${first}. A smaller learning rate (now ${this.learningRate}), scaled inputs or a loss from logits usually cure it`,
    )
  }

  /** The values in the last step of every leaf that is not a variable. */
  #given(): Map<Tensor, ArrayLike<number>> {
    const given = new Map<Tensor, ArrayLike<number>>()
    for (const [name, tensor] of Object.entries(this.#inputs)) {
      const buffer = this.#buffers.get(tensor)
      if (buffer) given.set(tensor, this.#inputNumbers(name, tensor, buffer))
    }
    if (this.#key) given.set(this.#key, keyOf(this.state.steps))
    return given
  }

  #inputNumbers(name: string, { size }: Input, buffer: Buffer): Float32Array {
    if (this.#rows && !this.#order) return this.#rows.values(name).subarray(0, size).slice()
    return this.#program.floats(buffer).slice()
  }
}

/**
 * Compiles a training step.
 * @throws GradientError when the loss is not a scalar or depends on no trainable variable.
 */
export function compileStep<I extends Inputs>(options: StepOptions<I>): TrainingStep<I> {
  return blamingCaller(compileStep, () => new TrainingStep(options))
}

/** A number as its lower and upper 24 bits, which float32 holds exactly. */
function keyOf(step: number): number[] {
  return [step % 2 ** 24, Math.floor(step / 2 ** 24)]
}

/** Copies that assign variables their new values. */
function assignments(
  assigned: readonly (readonly [Variable, Tensor])[],
  values: readonly Buffer[],
  leaves: ReadonlyMap<Tensor, Buffer>,
  placed: Map<Buffer, number>,
): Instruction[] {
  const overwritten = new Set(assigned.map(([variable]) => leaves.get(variable)))
  const copy = (to: Buffer, from: Buffer, variable: Variable) =>
    instruction('Copy', contiguousCopy(to, from), [variable])
  const rescues: Instruction[] = []
  const copies = assigned.map(([variable], index) => {
    let from = values[index]!
    // A variable must be read before it is assigned.
    if (overwritten.has(from)) {
      const held: Buffer = { size: variable.size }
      rescues.push(copy(held, from, variable))
      from = held
    }
    const target: Buffer = { size: variable.size }
    placed.set(target, addressOf(variable))
    return copy(target, from, variable)
  })
  return [...rescues, ...copies]
}

function variablesOf(loss: Tensor): Variable[] {
  return topological([loss])
    .filter((tensor) => tensor instanceof Variable)
    .sort((a, b) => a.id - b.id)
}

function checkTrainable(loss: Tensor, parameters: readonly Variable[]): void {
  if (loss.size !== 1)
    throw new GradientError(
      `compileStep: the loss, ${describeNode(loss)}, is ${describeShape(loss.shape)}; it must be a scalar: take its mean`,
    )
  if (loss.dtype === 'f64')
    throw new DtypeError(
      'compileStep: the loss is f64, which does not run on the kernel; make its variables and inputs f32',
    )
  for (const [index, parameter] of parameters.entries())
    if (!parameter.trainable || parameters.indexOf(parameter) < index)
      throw new ValueError(
        `compileStep: parameters[${index}] must be a trainable variable, listed once; got ${describeNode(parameter)}${parameter.trainable ? '' : ', which is not trainable: set its trainable to true or leave it out'}`,
      )
  if (parameters.length === 0)
    throw new GradientError(
      'compileStep: the loss depends on no trainable variable, so there is nothing to train',
    )
}

/** Patterns must match something, even if it is not trained at present. */
function checkGroups(loss: Tensor, { name, groups }: Optimizer): void {
  const names = topological([loss]).flatMap((tensor) => (tensor instanceof Variable ? [tensor.name] : []))
  for (const { parameters } of groups)
    if (parameters instanceof RegExp && !names.some((name) => name.search(parameters) >= 0))
      throw new ValueError(
        `${name}: the group ${parameters} matches no parameter; parameters are ${names.join(', ')}`,
      )
}
