// A graph on the full screen, and its table on the terminal afterwards.
import { showFullScreen } from '../full-screen.js'
import { print } from '../output.js'
import { describeGraphInLines } from './lines.js'
import { GraphScreen } from './screen.js'
import type { Subject } from './source.js'

/** Shows the graph until the user leaves. Returns the exit code. */
export async function stepOnScreen(subject: Subject): Promise<number> {
  let last = subject
  const code = await showFullScreen((size, leave) => (
    <GraphScreen
      subject={subject}
      size={size}
      onLeave={(exitCode, left) => {
        last = left
        leave(exitCode)
      }}
    />
  ))
  print(`${describeGraphInLines(last).join('\n')}\n`)
  return code
}
