// Lets one process at a time write to a folder: a lock file there names the process; locks of exited processes are removed.
import { closeSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'

interface Owner {
  readonly host: string
  readonly pid: number
  /** Its start time in the system's units; empty where unavailable. Process ids are reused, start times are not. */
  readonly start: string
}

const self: Owner = {
  host: encodeURIComponent(hostname()).replaceAll('-', '%2D'),
  pid: process.pid,
  start: startOf(process.pid),
}
const nameOf = (kind: string, { host, pid, start }: Owner) => `${kind}-${host}-${pid}-${start}`
const ownLock = nameOf('lock', self)

/** The name of a file while this thread writes it. */
export const unfinished = `${nameOf('unfinished', self)}-${threadId}`

const pattern = /^(lock|unfinished)-([^-]+)-(\d+)-(\d*)(-\d+)?$/

/** Folders that this process holds. */
const held = new Set<string>()
/** Whether they are released on exit. */
let leaves = false

function leaveAll(): void {
  for (const folder of held)
    try {
      leaveFolder(folder)
    } catch {
      // The next process sees that this one has exited.
    }
}

/**
 * Locks a folder for this process, until it exits or releases it; locking it again is cheap.
 * @returns the process that holds the lock instead, or null.
 */
export function takeFolder(folder: string): { readonly process: string; readonly lock: string } | null {
  if (!leaves) process.once('exit', leaveAll)
  leaves = true
  // Each looks for others after creating its own file, so of two that start together at least one sees the other. If both
  // do, the one whose name sorts first tries again.
  for (let attempt = 0; ; attempt++) {
    closeSync(openSync(join(folder, ownLock), 'a'))
    const other = others(folder)[0]
    if (!other) {
      held.add(folder)
      return null
    }
    rmSync(join(folder, ownLock), { force: true })
    held.delete(folder)
    if (attempt === 5 || nameOf('lock', other) < ownLock) {
      return { process: inWords(other), lock: join(folder, nameOf('lock', other)) }
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  }
}

function inWords({ host, pid }: Owner): string {
  return `process ${pid}${host === self.host ? '' : ` on ${decodeURIComponent(host)}`}`
}

/** The process that holds a folder, this one included; `null` if none does. */
export function processIn(folder: string): string | null {
  if (held.has(folder)) return inWords(self)
  const [other] = others(folder)
  return other ? inWords(other) : null
}

/** Releases a folder to other processes. */
export function leaveFolder(folder: string): void {
  held.delete(folder)
  rmSync(join(folder, ownLock), { force: true })
}

/** The other processes with a lock in the folder. Files of exited processes are removed. */
function others(folder: string): Owner[] {
  return readdirSync(folder).flatMap((name) => {
    const [, kind, host, pid, start] = pattern.exec(name) ?? []
    if (!kind) return []
    const owner = { host: host!, pid: Number(pid), start: start! }
    if (nameOf('', owner) === nameOf('', self)) return []
    // Nothing is known about processes on another machine.
    if (owner.host !== self.host || isAlive(owner)) return kind === 'lock' ? [owner] : []
    rmSync(join(folder, name), { force: true })
    return []
  })
}

function isAlive({ pid, start }: Owner): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Another user's process cannot be signalled, but exists.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return startOf(pid) === start
}

/** In clock ticks since boot: field 22 of /proc/PID/stat, whose process name may contain spaces. */
function startOf(pid: number): string {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
