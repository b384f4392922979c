// `bp bench`: how fast a network trains on this machine, instruction by instruction, without training it to the end.
import { noScreen } from '../lines.js'
import { readArguments } from '../options.js'
import { print } from '../output.js'
import { benchOptions } from '../train/options.js'
import { createPlannedRun, makePlan } from '../train/plan.js'
import { describeNetwork, describeRows, describeSettings } from '../train/words.js'
import { UsageError } from '../usage-error.js'
import { drawProfile, profileObject } from './table.js'

/** Runs the command and returns the exit code. */
export async function bench(args: readonly string[]): Promise<number> {
  const { given, rest } = readArguments(args, benchOptions)
  if (rest.length > 1)
    throw new UsageError(
      `bench takes one data set or file; got ${rest.map((word) => `"${word}"`).join(', ')}`,
    )
  const form = noScreen('bench', given.ui)
  const plan = await makePlan(rest[0] ?? 'xor', given)
  const { run } = createPlannedRun(plan)
  const profile = run.profile()
  const lines =
    form === 'json'
      ? [JSON.stringify(profileObject(profile))]
      : [
          `${plan.name}: ${describeRows(plan)}`,
          `${describeNetwork(plan)} · ${describeSettings(plan)}`,
          '',
          ...drawProfile(profile),
        ]
  print(`${lines.join('\n')}\n`)
  return 0
}
