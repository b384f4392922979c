// One process at a time writes into a folder: a file there names the process, and those of processes that have ended are
// removed.
import { closeSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'

interface Owner {
  readonly host: string
  readonly pid: number
  /** When it began, as the system counts; empty where the system does not say. A number is given again, a time is not. */
  readonly start: string
}

const self: Owner = {
  host: encodeURIComponent(hostname()).replaceAll('-', '%2D'),
  pid: process.pid,
  start: startOf(process.pid),
}
const nameOf = (kind: string, { host, pid, start }: Owner) => `${kind}-${host}-${pid}-${start}`
const ownLock = nameOf('lock', self)

/** What a file is called while this thread writes it. */
export const unfinished = `${nameOf('unfinished', self)}-${threadId}`

const pattern = /^(lock|unfinished)-([^-]+)-(\d+)-(\d*)(-\d+)?$/

/** Folders that this process holds. */
const held = new Set<string>()
/** Whether it lets go of them at its end. */
let leaves = false

function leaveAll(): void {
  for (const folder of held)
    try {
      leaveFolder(folder)
    } catch {
      // The next process sees that this one has ended.
    }
}

/**
 * Takes a folder for this process, until it ends or lets go of it; to take it again costs little.
 * @returns who has it instead, or null.
 */
export function takeFolder(folder: string): { readonly process: string; readonly lock: string } | null {
  if (!leaves) process.once('exit', leaveAll)
  leaves = true
  // Each looks for others after its own file is there, so of two that begin at once at least one sees the other. Both
  // may: then the one whose name comes first tries again.
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
      const { host, pid } = other
      const where = host === self.host ? '' : ` on ${decodeURIComponent(host)}`
      return { process: `process ${pid}${where}`, lock: join(folder, nameOf('lock', other)) }
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  }
}

/** Lets other processes have a folder. */
export function leaveFolder(folder: string): void {
  held.delete(folder)
  rmSync(join(folder, ownLock), { force: true })
}

/** Who else has a lock in the folder. What those leave behind that have ended is removed. */
function others(folder: string): Owner[] {
  return readdirSync(folder).flatMap((name) => {
    const [, kind, host, pid, start] = pattern.exec(name) ?? []
    if (!kind) return []
    const owner = { host: host!, pid: Number(pid), start: start! }
    if (nameOf('', owner) === nameOf('', self)) return []
    // Nothing is known of processes of another machine.
    if (owner.host !== self.host || isAlive(owner)) return kind === 'lock' ? [owner] : []
    rmSync(join(folder, name), { force: true })
    return []
  })
}

function isAlive({ pid, start }: Owner): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // A process of another user cannot be asked, and is there.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return startOf(pid) === start
}

/** In ticks since the machine was started, field 22 of the kernel's line about a process, whose name may have spaces. */
function startOf(pid: number): string {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
