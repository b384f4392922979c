// `bp resume`: goes on with a run where it stopped.
import { readArguments } from '../options.js'
import { trainPlan } from '../train/command.js'
import { makePlan } from '../train/plan.js'
import { UsageError } from '../usage-error.js'
import { findRun } from './home.js'
import { resumeOptions } from './options.js'
import { readCheckpointOf, readSpec } from './spec.js'

/** Runs the command and returns the exit code. */
export async function resume(args: readonly string[]): Promise<number> {
  const { given, rest } = readArguments(args, resumeOptions)
  if (rest.length > 1) throw new UsageError('resume takes one run: bp resume last')
  const reference = rest[0] ?? 'last'
  const folder = findRun(reference)
  const spec = readSpec(folder)
  const checkpoint = readCheckpointOf(folder)
  const epochs = given.epochs ?? spec.settings.epochs
  const { status, epoch } = checkpoint.state
  if (status === 'done' && epochs <= spec.settings.epochs)
    throw new UsageError(
      `the run ${reference} is done, after ${epoch} of ${spec.settings.epochs} epochs; give more with --epochs ${spec.settings.epochs * 2}, or train anew`,
    )
  if (epochs < epoch)
    throw new UsageError(
      `--epochs must be at least ${epoch}, which the run ${reference} has had; got ${epochs}`,
    )
  const subject = given.data ?? spec.data.subject
  if (subject === '-')
    throw new UsageError(
      `the run ${reference} read standard input, which is gone; give a file with the same bytes: --data FILE`,
    )
  return trainPlan(given, () =>
    makePlan(subject, { ...spec.options, ...spec.settings, epochs }, { folder, spec, checkpoint }),
  )
}
