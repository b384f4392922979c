// Keeps the state of the page in the address and in the browser's storage, and reads it from there.
import { LinkError, readAddress, writeAddress } from '@bp/lab'
import { type EmbedPart, readEmbed, writeEmbed } from './embed.js'
import {
  type Documents,
  initialDocuments,
  isPlace,
  type PlaceName,
  placeNames,
  readFields,
  writeFields,
} from './places.js'
import type { Moment, Session } from './session.js'

const storageKey = 'backpropagation'
/** In the tab's own storage: what was left before the address had followed. */
const leftKey = 'backpropagation-left'
const storageVersion = 1
/** Longest time that something done is not kept yet, in ms; browsers refuse an address that changes all the time. */
const delay = 250

interface Stored {
  readonly version: number
  readonly place: string
  readonly documents: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The address at that time, and the one before it. */
  readonly hashes: readonly string[]
}

export interface Start {
  readonly moment: Moment<Documents>
  /** Why the address could not be read. */
  readonly problem: string | null
  /** What is shown besides the drawing, without the header, as a frame in another page; `null` for the whole page. */
  readonly embed: readonly EmbedPart[] | null
}

/** What the address says, else what was stored, else the beginning. */
export async function readStart(): Promise<Start> {
  const left = readStorage('sessionStorage', leftKey)
  forgetLeft()
  const stored = left && isAddressOf(left) ? left : readStorage('localStorage', storageKey)
  const documents = { ...initialDocuments } as Record<PlaceName, unknown>
  for (const name of placeNames) {
    try {
      const fields = stored?.documents[name]
      if (fields) documents[name] = readFields(name, new Map(Object.entries(fields)))
    } catch {
      // Of an older version of the page: that place begins anew.
    }
  }
  const kept = documents as unknown as Documents
  const place = stored && isPlace(stored.place) ? stored.place : placeNames[0]!
  if (stored !== null && stored === left)
    return { ...(await readHash({ place, documents: kept })), moment: { place, documents: kept } }
  return readHash({ place, documents: kept })
}

async function readHash(now: Moment<Documents>): Promise<Start> {
  try {
    const address = await readAddress(location.hash)
    if (!address) return { moment: now, problem: null, embed: null }
    const fields = new Map(address.fields)
    const shown = fields.get('embed')
    fields.delete('embed')
    const embed = shown === undefined ? null : readEmbed(shown)
    if (!isPlace(address.place)) return { moment: now, problem: `there is no place ${address.place}`, embed }
    const { place } = address
    if (fields.size === 0 && !/[?]/.test(location.hash))
      return { moment: { ...now, place }, problem: null, embed }
    try {
      const document = readFields(place, fields)
      return {
        moment: { place, documents: { ...now.documents, [place]: document } },
        problem: null,
        embed,
      }
    } catch (error) {
      if (!(error instanceof LinkError)) throw error
      const documents = { ...now.documents, [place]: initialDocuments[place] }
      return { moment: { place, documents }, problem: error.message, embed }
    }
  } catch (error) {
    if (!(error instanceof LinkError)) throw error
    return { moment: now, problem: error.message, embed: null }
  }
}

/**
 * Whether a page was left at the address that is open now, so that it knows more: the address may not have followed yet. A
 * reload may open the one before, which the browser had not replaced yet.
 */
function isAddressOf({ hashes }: Stored): boolean {
  const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
  return (entry?.type === 'reload' ? hashes : hashes.slice(0, 1)).includes(location.hash)
}

function forgetLeft(): void {
  try {
    sessionStorage.removeItem(leftKey)
  } catch {
    // No storage: nothing to forget.
  }
}

/** Even to name a storage throws where there is none. */
type StorageName = 'localStorage' | 'sessionStorage'

function readStorage(storage: StorageName, key: string): Stored | null {
  try {
    const stored = JSON.parse(globalThis[storage].getItem(key) ?? 'null') as Stored | null
    return stored?.version === storageVersion && typeof stored.documents === 'object' ? stored : null
  } catch {
    // No storage in this browser, or not ours.
    return null
  }
}

/** The address of what is on the screen, whole. */
export async function linkOf({ place, documents }: Moment<Documents>): Promise<string> {
  return `${location.href.replace(/#.*$/s, '')}${await writeAddress(place, writeFields(place, documents[place]))}`
}

/** An address or a link that shows only these parts besides the drawing. */
export const embeddedIn = (address: string, embed: readonly EmbedPart[]): string =>
  address.replace('?', `?embed=${writeEmbed(embed)}&`)

/** Writes every change to the address and the storage, and follows the browser's Back and Forward. */
export function keep(
  session: Session<Documents>,
  embed: Start['embed'],
  onProblem: (problem: string | null) => void,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let shown = session.getState().place
  let written = location.hash
  let before = written
  /** Whether the address says where to go, and it is not gone there yet. */
  let following = false
  const write = async () => {
    clearTimeout(timer)
    timer = undefined
    const moment = session.getState()
    if (!embed) store(moment, 'localStorage', storageKey, [])
    const address = await writeAddress(
      moment.place,
      writeFields(moment.place, moment.documents[moment.place]),
    )
    const hash = embed ? embeddedIn(address, embed) : address
    if (session.getState() !== moment || hash === written || following || location.hash !== written) return
    const elsewhere = moment.place !== shown
    shown = moment.place
    try {
      history[elsewhere ? 'pushState' : 'replaceState'](null, '', hash)
      // As the browser writes it.
      before = written
      written = location.hash
    } catch {
      // Some browsers refuse more than 100 changes of the address in half a minute; the next one tries again.
    }
  }
  const stop = session.subscribe(() => {
    if (session.getState().place !== shown) void write()
    else timer ??= setTimeout(write, delay)
  })
  const leave = () => {
    // What is tried out in a frame is not what one goes on with.
    if (timer !== undefined && !embed) store(session.getState(), 'localStorage', storageKey, [])
    store(session.getState(), 'sessionStorage', leftKey, [location.hash, before])
  }
  const follow = async () => {
    const { hash } = location
    if (hash === written) return
    written = hash
    following = true
    const { moment, problem } = await readHash(session.getState())
    // Changed once more: the next call follows.
    if (location.hash !== hash) return
    following = false
    shown = moment.place
    session.open(moment.place, moment.documents[moment.place])
    onProblem(problem)
  }
  addEventListener('pagehide', leave)
  addEventListener('visibilitychange', leave)
  addEventListener('hashchange', follow)
  void write()
  return () => {
    stop()
    removeEventListener('pagehide', leave)
    removeEventListener('visibilitychange', leave)
    removeEventListener('hashchange', follow)
  }
}

function store(
  { place, documents }: Moment<Documents>,
  storage: StorageName,
  key: string,
  hashes: readonly string[],
): void {
  const stored: Stored = {
    version: storageVersion,
    place,
    documents: Object.fromEntries(placeNames.map((name) => [name, writeFields(name, documents[name])])),
    hashes,
  }
  try {
    globalThis[storage].setItem(key, JSON.stringify(stored))
  } catch {
    // No storage, or none left: the address still holds what is on the screen.
  }
}
