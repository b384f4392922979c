// Reports of a run as one JSON object per line, for programs.
import type { RunState } from '@bp/core'
import { isOver } from '@bp/lab'
import { separated } from '../options.js'
import { profileObject } from '../profile/table.js'
import type { Reporter } from './reports.js'
import { hashWeights } from './words.js'

export function jsonReporter(write: (line: string) => void, profiled: boolean): Reporter {
  const line = (fields: object) => write(JSON.stringify(fields))
  return {
    start({ name, target, data, validation, settings, notes }, run) {
      line({
        type: 'start',
        data: name,
        rows: data.rows,
        held_back_rows: validation?.rows ?? 0,
        target,
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
    end({ settings, checkpoints }, run) {
      const state = run.getState()
      if (profiled) line(profileObject(run.profile()))
      line({
        type: 'end',
        seed: settings.seed,
        epochs: state.epoch,
        steps: state.step,
        ...scores(state),
        weights_sha256: hashWeights(run),
        status: isOver(state.status) ? state.status : 'interrupted',
        ...(checkpoints && { checkpoints: checkpoints.folder, saved_step: checkpoints.readSavedStep() }),
        ...(state.error && { error: state.error.message }),
      })
    },
  }
}

function scores({ loss, accuracy, validation }: RunState): object {
  return { loss, accuracy, ...(validation && { validation }) }
}
