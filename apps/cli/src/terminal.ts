// The terminal: whether there is one, what it can show, and restoring it.
import { UsageError } from './usage-error.js'

export const interfaces = ['tui', 'plain', 'json'] as const

export type Interface = (typeof interfaces)[number]

/**
 * The interface that was requested, or the one that fits.
 * @throws UsageError if a full screen is requested where there is no terminal.
 */
export function chooseInterface(requested: Interface | undefined): Interface {
  const { stdin, stdout, env } = process
  const possible = stdin.isTTY && stdout.isTTY && env.TERM !== 'dumb'
  if (requested === 'tui' && !possible)
    throw new UsageError('--ui tui needs a terminal for input and output; use --ui plain or --ui json')
  const watched = possible && (!env.CI || env.CI === 'false' || env.CI === '0')
  return requested ?? (watched ? 'tui' : 'plain')
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

export function terminalSize(): Size {
  const { columns, rows } = process.stdout
  return { columns: columns || 80, rows: rows || 24 }
}

/** Calls `listener` when the terminal is resized; returns a function that ends this. */
export function onResize(listener: () => void): () => void {
  process.stdout.on('resize', listener)
  return () => process.stdout.off('resize', listener)
}

const enter = '\u001b[?1049h\u001b[?25l\u001b[H'
const leave = '\u001b[?25h\u001b[?1049l'
const clear = '\u001b[2J\u001b[H'

/**
 * Runs `body` on the alternate screen and restores the normal one, including the cursor, however it ends: by
 * returning, throwing, `process.exit` or a signal that the program handles.
 */
export async function onAlternateScreen<T>(body: () => Promise<T>): Promise<T> {
  const { stdout } = process
  let left = false
  const restore = () => {
    if (left) return
    left = true
    stdout.write(leave)
  }
  const wipe = () => stdout.write(clear)
  stdout.write(enter)
  // Not every shell restores the terminal of a program that stops.
  const stop = () => {
    stdout.write(leave)
    process.stdin.setRawMode(false)
    process.kill(process.pid, 'SIGSTOP')
    // Before anything is drawn.
    goOn()
  }
  const goOn = () => {
    stdout.write(enter)
    // Node leaves the mode alone if it is the one that it set last.
    process.stdin.setRawMode(false)
    process.stdin.setRawMode(true)
    stdout.emit('resize')
  }
  // Before Ink's own listener, since what it last drew does not fit the new size.
  stdout.prependListener('resize', wipe)
  process.on('SIGTSTP', stop)
  process.on('SIGCONT', goOn)
  process.once('exit', restore)
  try {
    return await body()
  } finally {
    stdout.off('resize', wipe)
    process.off('SIGTSTP', stop)
    process.off('SIGCONT', goOn)
    process.off('exit', restore)
    restore()
  }
}

/** Stops the program as ctrl-z does elsewhere, with what started it; the shell goes on with `fg`. */
export function suspend(): void {
  process.kill(0, 'SIGTSTP')
}

/** Whether the terminal shows colours. */
export function hasColours(): boolean {
  return process.stdout.getColorDepth() > 1
}

/**
 * Sets what Ink and React read once, when they are loaded: the colours of the terminal as Node finds them (NO_COLOR
 * and FORCE_COLOR included) unless it is to be without, and that this is not CI.
 */
export function prepareInk(mono = false): void {
  const levels = new Map([
    [1, '0'],
    [4, '1'],
    [8, '2'],
    [24, '3'],
  ])
  process.env.FORCE_COLOR = mono ? '0' : (levels.get(process.stdout.getColorDepth()) ?? '0')
  // Node warns when both are set.
  delete process.env.NO_COLOR
  // In CI, Ink would draw nothing until the end, but a full screen was requested.
  process.env.CI = 'false'
  process.env.CONTINUOUS_INTEGRATION = 'false'
}

/** Standard output as if it had unlimited rows, since Ink clears a terminal that it fills. */
export function tallOutput(): NodeJS.WriteStream {
  return new Proxy(process.stdout, {
    get(stdout, property) {
      if (property === 'rows') return Number.MAX_SAFE_INTEGER
      const value = Reflect.get(stdout, property, stdout)
      return typeof value === 'function' ? value.bind(stdout) : value
    },
  })
}
