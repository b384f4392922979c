// Shows one component full screen until it leaves, then restores the terminal.
import { render, useInput } from 'ink'
import { type ReactNode, useEffect, useState } from 'react'
import { interruptible } from './signals.js'
import { onAlternateScreen, onResize, type Size, suspend, tallOutput, terminalSize } from './terminal.js'

/** Draws for a terminal of this size; calls `leave` with an exit code at the end. */
export type Draw = (size: Size, leave: (code: number) => void) => ReactNode

/** Returns the exit code passed to `leave`, or that of a signal. */
export async function showFullScreen(draw: Draw): Promise<number> {
  return interruptible((interrupted) =>
    onAlternateScreen(
      () =>
        new Promise<number>((resolve, reject) => {
          const leave = (code: number) => {
            app.unmount()
            resolve(code)
          }
          const app = render(<Sized draw={draw} leave={leave} />, {
            stdout: tallOutput(),
            exitOnCtrlC: false,
          })
          app.waitUntilExit().catch(reject)
          interrupted.addEventListener('abort', () => leave(0))
        }),
    ),
  )
}

function Sized({ draw, leave }: { readonly draw: Draw; readonly leave: (code: number) => void }) {
  const [size, setSize] = useState(terminalSize)
  useEffect(
    () =>
      onResize(() => {
        const { columns, rows } = terminalSize()
        // Ink does not draw the same picture again, but the screen is empty now.
        setSize({ columns, rows: rows - 1 })
        setTimeout(() => setSize({ columns, rows }), 50)
      }),
    [],
  )
  useInput((input, key) => {
    if (key.ctrl && input === 'z') suspend()
  })
  return draw(size, leave)
}
