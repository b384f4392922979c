// A training run on the full screen, from entering it to the summary that stays on the terminal.
import { createElement, useEffect, useState } from 'react'
import { interruptible } from '../signals.js'
import { onAlternateScreen, onResize, settleColours, tallOutput, terminalSize } from '../terminal.js'
import type { Plan } from './plan.js'
import { summarize } from './summary.js'
import { Trainer } from './trainer.js'

// Ink settles colours, and React its mode, when they are loaded; hence the imports below.
const hasColours = process.stdout.getColorDepth() > 1

/** Trains until the user leaves, or to the end with `exitOnDone`. Returns the exit code. */
export async function trainOnScreen(plan: Plan, exitOnDone: boolean): Promise<number> {
  const trainer = new Trainer(plan)
  process.env.NODE_ENV ??= 'production'
  settleColours()
  const { render } = await import('ink')
  const { TrainScreen } = await import('./screen.js')

  const code = await interruptible((interrupted) =>
    onAlternateScreen(
      () =>
        new Promise<number>((resolve, reject) => {
          const leave = (code: number) => {
            trainer.pause()
            app.unmount()
            resolve(code)
          }
          const Sized = () => {
            const [size, setSize] = useState(terminalSize)
            useEffect(() => onResize(() => setSize(terminalSize())), [])
            return (
              <TrainScreen
                trainer={trainer}
                size={size}
                colours={hasColours}
                onLeave={(interrupted) => leave(interrupted ? 130 : 0)}
              />
            )
          }
          const app = render(createElement(Sized), { stdout: tallOutput(), exitOnCtrlC: false })
          app.waitUntilExit().catch(reject)
          interrupted.addEventListener('abort', () => leave(0))
          if (exitOnDone)
            trainer.subscribe(() => {
              const { status } = trainer.view()
              if (status === 'done' || status === 'diverged') setImmediate(leave, 0)
            })
          trainer.start()
        }),
    ),
  )
  const { run, initial, elapsed } = trainer.view()
  process.stdout.write(`${summarize(plan, run, initial, elapsed).join('\n')}\n`)
  const { error } = run.getState()
  if (error !== null) process.stderr.write(`bp: ${error.message}\n`)
  return code !== 0 ? code : error === null ? 0 : 1
}
