// Where `bp resume` goes on with a run.
import type { OnProgress } from '../data-sets.js'
import type { Given } from '../options.js'
import { makePlan, type Plan } from '../train/plan.js'
import { UsageError } from '../usage-error.js'
import { findRun } from './home.js'
import type { resumeOptions } from './options.js'
import { readCheckpointOf, readSpec } from './spec.js'

/** @throws UsageError if the run cannot go on. */
export async function planResumed(
  reference: string,
  given: Given<typeof resumeOptions>,
  onProgress: OnProgress,
): Promise<Plan> {
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
  return makePlan(
    subject,
    { ...spec.options, ...spec.settings, epochs },
    { resumed: { folder, spec, checkpoint }, onProgress },
  )
}
