// Shows one component on the whole terminal until it wants to leave, and puts the terminal back.
import { render } from 'ink'
import { type ReactNode, useEffect, useState } from 'react'
import { interruptible } from './signals.js'
import { onAlternateScreen, onResize, type Size, tallOutput, terminalSize } from './terminal.js'

/** Draws for a size of the terminal; calls `leave` with an exit code when it is over. */
export type Draw = (size: Size, leave: (code: number) => void) => ReactNode

/** Returns the exit code that `leave` was called with, or the one that goes with a signal. */
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
  useEffect(() => onResize(() => setSize(terminalSize())), [])
  return draw(size, leave)
}
