// Keeps one state and tells listeners that it changed: what React's useSyncExternalStore asks for.

export interface Store<State> {
  readonly getState: () => State
  readonly setState: (state: State) => void
  /** Calls `listener` after every change; returns a function that ends this. */
  readonly subscribe: (listener: () => void) => () => void
}

export function createStore<State>(initial: State): Store<State> {
  let state = initial
  const listeners = new Set<() => void>()
  return {
    getState: () => state,
    setState(next) {
      state = next
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
