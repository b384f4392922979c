// The environment the figures depend on: machine, engine and the peers' versions.
import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import type { Contender } from './contenders.js'
import { packageFolder } from './paths.js'

export interface Machine {
  cpu: string
  cores: number
  memoryGiB: number
  os: string
  node: string
  v8: string
  date: string
  /** Threads each contender may use. */
  threads: 1
  median: string
  spread: string
  secondsPerContender: number
  rounds: number
  versions: Record<string, string>
}

/** Version of an installed package, read from disk, since its `exports` may hide package.json. */
function packageVersion(name: string): string {
  try {
    const manifest = readFileSync(join(packageFolder, 'node_modules', name, 'package.json'), 'utf8')
    return `${name} ${(JSON.parse(manifest) as { version: string }).version}`
  } catch {
    return `${name} is not installed`
  }
}

export function describeMachine(
  contenders: readonly Contender[],
  versionsFromContenders: ReadonlyMap<string, string>,
  { seconds, rounds }: { seconds: number; rounds: number },
): Machine {
  const versions: Record<string, string> = {}
  for (const { name, packages } of contenders) {
    const version = versionsFromContenders.get(name) ?? packages.map(packageVersion).join(', ')
    if (version !== '') versions[name] = version
  }
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()} ${arch()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    date: new Date().toISOString(),
    threads: 1,
    median: 'over the rounds',
    spread: 'interquartile range over the rounds, in the unit of the case',
    secondsPerContender: seconds,
    rounds,
    versions,
  }
}
