// A training run on the full screen, and its summary on the terminal afterwards.
import { setTimeout as pause } from 'node:timers/promises'
import { Box, useInput } from 'ink'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { showFullScreen } from '../full-screen.js'
import { exitInterrupted } from '../signals.js'
import { hasColours, type Size } from '../terminal.js'
import { Row } from '../text.js'
import { finish, sayAborted } from './ending.js'
import type { Remote } from './remote.js'
import { TrainScreen } from './screen.js'
import { formatDuration } from './words.js'

/** A wrong name is told before the screen changes, where it is found this quickly, in ms. */
const beforeScreen = 200

/** Trains until the user leaves, or to the end with `exitOnDone`. Returns the exit code. */
export async function trainOnScreen(remote: Remote, exitOnDone: boolean): Promise<number> {
  let aborted = false
  const failed = remote.ended.then(
    () => null,
    (error: unknown) => error,
  )
  try {
    await Promise.race([firstView(remote), failed, pause(beforeScreen)])
    let failure = await Promise.race([failed, null])
    if (failure) throw failure
    const colours = hasColours()
    const code = await showFullScreen((size, leave) => (
      <Session
        remote={remote}
        size={size}
        colours={colours}
        exitOnDone={exitOnDone}
        failed={failed}
        onLeave={leave}
        onAbort={() => {
          aborted = true
          leave(0)
        }}
      />
    ))
    failure = await Promise.race([failed, null])
    if (failure) throw failure
    // Nothing has been trained yet.
    if (remote.getState().view === null) return code
    if (aborted) return sayAborted(remote)
    return await finish(remote, code)
  } finally {
    await remote.terminate()
  }
}

const firstView = (remote: Remote) =>
  new Promise<void>((resolve) => {
    const end = remote.subscribe(() => {
      if (!remote.getState().view) return
      end()
      resolve()
    })
  })

interface SessionProps {
  readonly remote: Remote
  readonly size: Size
  readonly colours: boolean
  readonly exitOnDone: boolean
  readonly failed: Promise<unknown>
  readonly onLeave: (code: number) => void
  readonly onAbort: () => void
}

function Session({ remote, failed, onLeave, ...props }: SessionProps) {
  const { view, progress } = useSyncExternalStore(remote.subscribe, remote.getState)
  useEffect(() => {
    failed.then((error) => error && onLeave(1))
  }, [failed, onLeave])
  if (!view)
    return <Preparing progress={progress ?? 'loading'} columns={props.size.columns} onLeave={onLeave} />
  return <TrainScreen training={remote.training} system={system} onLeave={onLeave} {...props} />
}

/** Before the run is there; reading a large table and compiling a large network take a while. */
function Preparing({
  progress,
  columns,
  onLeave,
}: {
  readonly progress: string
  readonly columns: number
  readonly onLeave: (code: number) => void
}) {
  useInput((input, key) => {
    if (input === 'q') onLeave(0)
    else if (key.ctrl && input === 'c') onLeave(exitInterrupted)
  })
  const [began] = useState(() => performance.now())
  const [now, setNow] = useState(began)
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return (
    <Box flexDirection="column" width={columns}>
      <Row pieces={[{ text: progress }, { text: `  ${formatDuration(now - began)}`, dim: true }]} />
      <Row pieces={[{ text: 'ctrl-c leaves', dim: true }]} />
    </Box>
  )
}

let last = { at: performance.now(), cpu: process.cpuUsage(), text: '' }

/** Processor time and memory of the program, measured once a second. */
function system(): string {
  const now = performance.now()
  if (now - last.at >= 1000 || last.text === '') {
    const used = process.cpuUsage(last.cpu)
    const share = (used.user + used.system) / 1000 / Math.max(now - last.at, 1)
    const megabytes = process.memoryUsage.rss() / 1e6
    last = {
      at: now,
      cpu: process.cpuUsage(),
      text: `cpu ${Math.round(share * 100)} % · ${Math.round(megabytes)} MB`,
    }
  }
  return last.text
}
