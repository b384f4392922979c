// A training run on the full screen, and its summary on the terminal afterwards.
import { showFullScreen } from '../full-screen.js'
import { print } from '../output.js'
import { drawProfile } from '../profile/table.js'
import { hasColours } from '../terminal.js'
import { tableLines } from './plain.js'
import type { Plan } from './plan.js'
import { reportProblems } from './problems.js'
import { TrainScreen } from './screen.js'
import { summarize } from './summary.js'
import { Trainer } from './trainer.js'

/** Trains until the user leaves, or to the end with `exitOnDone`. Returns the exit code. */
export async function trainOnScreen(plan: Plan, exitOnDone: boolean, profiled: boolean): Promise<number> {
  const trainer = new Trainer(plan)
  const begun = trainer.getState()
  plan.saver.open(plan, begun.run, begun.initial)
  const colours = hasColours()
  // It stays above the summary when the screen is left.
  const report = tableLines(plan)
  if (report.length > 0) print(`${[plan.name, ...report].join('\n')}\n`)
  trainer.start()
  const code = await showFullScreen((size, leave) => (
    <TrainScreen trainer={trainer} size={size} colours={colours} exitOnDone={exitOnDone} onLeave={leave} />
  ))
  trainer.pause()
  const { run, initial, elapsed } = trainer.getState()
  plan.saver.save(plan, run, initial, elapsed)
  print(`${summarize(plan, run, initial, elapsed).join('\n')}\n`)
  if (profiled) print(`\n${drawProfile(run.profile()).join('\n')}\n`)
  const { error } = run.getState()
  const problems = reportProblems(error?.message, plan.saver.failure)
  return code !== 0 ? code : problems
}
