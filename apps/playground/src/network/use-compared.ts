// The runs that are compared, trained again to their steps where they are not known: they are the same to the bit.
import type { NetworkDocument, NetworkView } from '@bp/lab'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { createWorker } from './create-worker.js'
import { Trainer } from './trainer.js'

export interface Compared {
  readonly document: NetworkDocument
  /** `null` while it is trained. */
  readonly view: NetworkView | null
}

// Kept while the page is open. Documents are never changed, so each is its own key.
const known = new WeakMap<NetworkDocument, NetworkView>()
let trainer: Trainer | null = null

/** What is on the screen need not be trained again. */
export const remember = (document: NetworkDocument, view: NetworkView) => known.set(document, view)

const none = () => () => {}

export function useCompared(documents: readonly NetworkDocument[]): Compared[] {
  const next = documents.find((document) => !known.has(document))
  if (next) trainer ??= new Trainer(createWorker)
  const state = useSyncExternalStore(trainer?.subscribe ?? none, trainer?.getState ?? (() => null))
  const [, again] = useState(0)
  useEffect(() => next && trainer!.follow(next), [next])
  useEffect(() => {
    const { shown, training, refusal } = state ?? {}
    if (!next || (refusal === null && (shown !== next || !training || training.seeking || trainer!.isBehind)))
      return
    if (training && shown === next) known.set(next, training.view)
    again((count) => count + 1)
  }, [state, next])
  return documents.map((document) => ({ document, view: known.get(document) ?? null }))
}
