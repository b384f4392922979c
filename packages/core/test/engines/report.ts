// Computes the parts on one thread and on two, and says what comes out.
import { setThreads } from '../../src/index.js'
import { fingerprintOf, partNames } from './parts.js'

/** The fingerprint of a part, or the error that it ends with; without a part, why none of them is tried. */
export interface Report {
  readonly place: 'main' | 'worker'
  readonly threads: number
  readonly part?: string
  readonly fingerprint?: Awaited<ReturnType<typeof fingerprintOf>>
  readonly error?: string
  readonly refusal?: string
}

export async function reportParts(place: Report['place'], send: (report: Report) => void): Promise<void> {
  for (const threads of [1, 2]) {
    if ((await setThreads(threads)) !== threads) {
      send({ place, threads, refusal: 'it cannot share memory' })
      continue
    }
    for (const part of partNames)
      try {
        send({ place, threads, part, fingerprint: await fingerprintOf(part) })
      } catch (error) {
        send({ place, threads, part, error: `${error}` })
      }
  }
  // Threads are left waiting: a process must end all the same.
}
