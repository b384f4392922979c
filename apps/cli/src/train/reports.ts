// Trains without a screen: a line of text or of JSON now and then, and a summary at the end.
import type { RunState } from '@bp/core'
import { begin, type Plan } from './plan.js'
import { Slices } from './slices.js'
import { summarize } from './summary.js'
import { describeNetwork, describeRows, describeSettings, formatCount, hashWeights, typicalError } from './words.js'

/** How many reports a run gives, about. */
const reportCount = 15
/** How long steps may keep signals waiting, in ms. */
const sliceTime = 50

/**
 * Trains to the end or until `interrupted`, and writes what happens with `write`, a line at a time.
 * @returns the exit code, which is 1 when the run diverged.
 */
export async function trainWithReports(
  plan: Plan,
  form: 'plain' | 'json',
  write: (line: string) => void,
  interrupted: AbortSignal,
): Promise<number> {
  const { run, initial } = begin(plan)
  const slices = new Slices(run)
  const started = performance.now()
  const { start, report, end } = form === 'plain' ? plain(plan, write) : json(plan, write)
  start(run.model.parameters.reduce((total, { size }) => total + size, 0))
  const { epochs, steps } = run.getState()
  const every = Math.ceil(epochs / reportCount) * (steps / epochs)
  for (let due = every; !interrupted.aborted; ) {
    slices.advance(due, sliceTime)
    const state = run.getState()
    if (state.status === 'diverged' || state.status === 'done') break
    if (state.step >= due) {
      report(state)
      due += every
    }
    await new Promise(setImmediate)
  }
  const state = run.getState()
  if (state.status === 'done') report(state)
  end()
  return state.status === 'diverged' ? 1 : 0

  function plain(plan: Plan, write: (line: string) => void) {
    return {
      start: (parameters: number) => {
        write(`${plan.name}: ${describeRows(plan)}`)
        write(`network ${describeNetwork(plan)}, ${formatCount(parameters)} parameters; ${describeSettings(plan)}`)
        for (const note of plan.notes) write(`note: ${note}`)
      },
      report: (state: RunState) =>
        write(
          Object.entries(figures(plan, state))
            .map(([key, value]) => `${key}=${Number(value.toPrecision(6))}`)
            .join(' '),
        ),
      end: () => {
        write('')
        for (const line of summarize(plan, run, initial, performance.now() - started)) write(line)
      },
    }
  }

  function json(plan: Plan, write: (line: string) => void) {
    const line = (fields: object) => write(JSON.stringify(fields))
    const score = ({ epoch, step, loss, accuracy, validation }: RunState) => ({
      epoch,
      step,
      loss,
      accuracy,
      ...(validation && { validation: { loss: validation.loss, accuracy: validation.accuracy } }),
    })
    return {
      start: (parameters: number) =>
        line({
          type: 'start',
          data: plan.name,
          target: plan.target,
          rows: plan.data.rows,
          held_back: plan.validation?.rows ?? 0,
          ...plan.settings,
          layers: [plan.data.inputShape[0], ...plan.settings.hidden, plan.data.targetShape[0]],
          parameters,
          steps: run.getState().steps,
          notes: plan.notes,
        }),
      report: (state: RunState) => line({ type: 'report', ...score(state) }),
      end: () => {
        const state = run.getState()
        const { epoch: epochs, step, ...figures } = score(state)
        line({
          type: 'end',
          status: state.status === 'done' || state.status === 'diverged' ? state.status : 'interrupted',
          seed: plan.settings.seed,
          epochs,
          steps: step,
          ...figures,
          ...(state.error && { error: state.error.message }),
          weights_sha256: hashWeights(run),
        })
      },
    }
  }
}

function figures({ target }: Plan, { epoch, step, loss, accuracy, validation }: RunState): Record<string, number> {
  const found: Record<string, number> = { epoch, step, loss: loss ?? Number.NaN }
  const add = (name: string, value: number | null) => {
    if (value !== null) found[name] = value
  }
  add('accuracy', accuracy)
  if (loss !== null) add('error', typicalError({ loss, accuracy }, target))
  if (validation) {
    found.held_back_loss = validation.loss
    add('held_back_accuracy', validation.accuracy)
    add('held_back_error', typicalError(validation, target))
  }
  return found
}
