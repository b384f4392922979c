// Computes the parts on one thread and on two, and says what comes out.
import { setThreads } from '../../src/index.js'
import { fingerprint, parts } from './parts.js'

/** The fingerprint of a part, or the error that it ends with; without a part, why none of them is tried. */
export interface Report {
  readonly place: 'main' | 'worker'
  readonly threads: number
  readonly part?: string
  readonly fingerprint?: string
  readonly error?: string
  readonly refusal?: string
}

export async function reportParts(place: Report['place'], send: (report: Report) => void): Promise<void> {
  for (const threads of [1, 2]) {
    if ((await setThreads(threads)) !== threads) {
      send({ place, threads, refusal: 'it cannot share memory' })
      continue
    }
    for (const [part, compute] of Object.entries(parts))
      try {
        send({ place, threads, part, fingerprint: await fingerprint(compute()) })
      } catch (error) {
        send({ place, threads, part, error: `${error}` })
      }
  }
  // Threads are left waiting: a process must end all the same.
}
