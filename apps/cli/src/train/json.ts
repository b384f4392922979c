// Reports of a run as one JSON object per line, for programs.
import { isOver } from '@bp/lab'
import { inputNames } from '@bp/table'
import { separated } from '../options.js'
import { jsonLine } from '../output.js'
import { profileObject } from '../profile/table.js'
import type { Reporter } from './reports.js'
import { endScores, gainOver, hashWeights, reportedScores } from './words.js'

export function jsonReporter(write: (line: string) => void, profiled: boolean): Reporter {
  const line = (fields: object) => write(jsonLine(fields))
  return {
    start({ saver, name, target, table, data, validation, settings, notes }, run) {
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
        run: saver.name,
        notes,
      })
    },
    report(_, state) {
      const { loss, accuracy, validation } = reportedScores(state)
      const { epoch, step } = state
      line({ type: 'report', epoch, step, loss, accuracy, ...(validation && { validation }) })
    },
    warn: (message) => line({ type: 'warning', message }),
    end(plan, run, initial) {
      const { settings, saver, table, target, validation } = plan
      const state = run.getState()
      const ended = endScores(plan, run, initial)
      const { loss, accuracy } = ended.training
      const judged = validation ? ended.heldBack : ended.training
      if (profiled) line(profileObject(run.profile()))
      line({
        type: 'end',
        seed: settings.seed,
        epochs: state.epoch,
        steps: state.step,
        loss,
        accuracy,
        ...(ended.heldBack && { validation: ended.heldBack }),
        ...(table && { weights_of_epoch: ended.epoch, best: ended.best, baseline: table.baseline }),
        ...(table && judged && { gain: gainOver(table.baseline, judged, target!) }),
        weights_sha256: hashWeights(run),
        status: isOver(state.status) ? state.status : 'interrupted',
        run: saver.name,
        saved_step: saver.readSavedStep(),
        ...(state.error && { error: state.error.message }),
      })
    },
  }
}
