// The state of the page: where one is, the documents of all places, and what can be undone.
import { createStore, type Store } from '@bp/lab'

/** Where one was, and what there was: documents are never changed, so this shares what stayed. */
export interface Moment<Documents> {
  readonly place: keyof Documents & string
  readonly documents: Documents
}

interface SessionState<Documents> extends Moment<Documents> {
  readonly past: readonly Moment<Documents>[]
  readonly future: readonly Moment<Documents>[]
}

/** More is not kept, so that an afternoon of dragging does not fill the memory. */
const longestPast = 500

export interface Session<Documents> extends Pick<Store<SessionState<Documents>>, 'getState' | 'subscribe'> {
  change<Place extends keyof Documents & string>(
    place: Place,
    document: Documents[Place],
    options?: { readonly merge?: string },
  ): void
  /** Goes to a place; with a document, as one step of undo. */
  open<Place extends keyof Documents & string>(place: Place, document?: Documents[Place]): void
  /** Ends the gesture, so that the next change is a step of undo of its own. */
  settle(): void
  undo(): void
  redo(): void
}

export function createSession<Documents>(start: Moment<Documents>): Session<Documents> {
  const { getState, setState, subscribe } = createStore<SessionState<Documents>>({
    ...start,
    past: [],
    future: [],
  })
  /** Key of the last change, with which the next one may be merged. */
  let gesture: string | null = null
  const record = (next: Moment<Documents>, merge: string | null) => {
    const { place, documents, past } = getState()
    const merged = merge !== null && merge === gesture
    gesture = merge
    setState({
      ...next,
      past: merged ? past : [...past, { place, documents }].slice(-longestPast),
      future: [],
    })
  }
  return {
    getState,
    subscribe,
    change(place, document, { merge } = {}) {
      const { documents } = getState()
      if (documents[place] === document) return
      const next = { place, documents: { ...documents, [place]: document } }
      record(next, merge === undefined ? null : `${place} ${merge}`)
    },
    open(place, document) {
      const state = getState()
      gesture = null
      if (document === undefined) setState({ ...state, place })
      else record({ place, documents: { ...state.documents, [place]: document } }, null)
    },
    settle() {
      // Steps through time are one gesture, however many presses they take.
      if (!gesture?.endsWith(' position')) gesture = null
    },
    undo() {
      const { place, documents, past, future } = getState()
      const last = past.at(-1)
      if (!last) return
      gesture = null
      setState({ ...last, past: past.slice(0, -1), future: [{ place, documents }, ...future] })
    },
    redo() {
      const { place, documents, past, future } = getState()
      const [next, ...rest] = future
      if (!next) return
      gesture = null
      setState({ ...next, past: [...past, { place, documents }], future: rest })
    },
  }
}
