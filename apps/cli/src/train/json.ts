// Reports of a run as one JSON object per line, for programs.
import type { RunState } from '@bp/core'
import { isOver } from '@bp/lab'
import { inputNames } from '@bp/table'
import { separated } from '../options.js'
import { profileObject } from '../profile/table.js'
import type { Reporter } from './reports.js'
import { gainOver, hashWeights, scoresOf } from './words.js'

export function jsonReporter(write: (line: string) => void, profiled: boolean): Reporter {
  const line = (fields: object) => write(JSON.stringify(fields))
  return {
    start({ name, target, table, data, validation, settings, notes }, run) {
      line({
        type: 'start',
        data: name,
        rows: data.rows,
        held_back_rows: validation?.rows ?? 0,
        target,
        ...(table && {
          columns: table.columns,
          inputs: table.description.inputs.flatMap(inputNames),
          baseline: table.baseline,
        }),
        layers: [data.inputShape[0], ...settings.hidden, data.targetShape[0]],
        parameters: run.model.parameters.reduce((total, { size }) => total + size, 0),
        ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [separated(name, '_'), value])),
        steps: run.getState().steps,
        notes,
      })
    },
    report(_, state) {
      line({ type: 'report', epoch: state.epoch, step: state.step, ...scores(state) })
    },
    warn: (message) => line({ type: 'warning', message }),
    end(plan, run, initial) {
      const { settings, checkpoints, table, target, validation } = plan
      const state = run.getState()
      const ended = scoresOf(plan, state, initial)
      const judged = validation ? ended.heldBack : ended.training
      if (profiled) line(profileObject(run.profile()))
      line({
        type: 'end',
        seed: settings.seed,
        epochs: state.epoch,
        steps: state.step,
        ...scores(state),
        ...(table && { weights_of_epoch: ended.epoch, best: ended.best, baseline: table.baseline }),
        ...(table && judged && { gain: gainOver(table.baseline, judged, target!) }),
        weights_sha256: hashWeights(run),
        status: isOver(state.status) ? state.status : 'interrupted',
        ...(checkpoints && { checkpoints: checkpoints.folder, saved_step: checkpoints.readSavedStep() }),
        ...(state.error && { error: state.error.message }),
      })
    },
  }
}

/** Of the same weights where the epoch has been scored; before that, the loss is that of its steps so far. */
function scores({ loss: ofSteps, accuracy, validation, history, epoch, status }: RunState): object {
  const record = history.at(-1)
  const loss = status !== 'done' && record?.epoch === epoch ? record.loss : ofSteps
  return { loss, accuracy, ...(validation && { validation }) }
}
