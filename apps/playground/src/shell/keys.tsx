// Keys of the page: who wants one registers it with its meaning, and `?` lists them all.
import { useEffect, useRef, useSyncExternalStore } from 'react'

export interface Key {
  /** As `KeyboardEvent.key` has it; with `Control+` or `Shift+Control+` before it. */
  readonly key: string
  /** What it does, for the list of keys. */
  readonly title: string
  readonly run: () => void
}

let registered: readonly (readonly Key[])[] = []
const listeners = new Set<() => void>()

function change(next: readonly (readonly Key[])[]): void {
  registered = next
  for (const listener of listeners) listener()
}

/** All keys that work now. */
export function useRegisteredKeys(): readonly Key[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => registered,
  ).flat()
}

/** Whether what has the focus takes this key itself: a field, a slider, a menu, a button that is pressed by space. */
function isTaken(event: KeyboardEvent, key: string): boolean {
  if (event.defaultPrevented || document.querySelector('dialog[open]')) return true
  const target = event.target as HTMLElement
  if (
    target.matches(
      'input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]',
    )
  )
    return !/^(Control|F\d)/.test(key) || key === 'Control+z' || key === 'Shift+Control+z'
  if (target.matches('input[type=range]')) return /^(Arrow|Home|End|Page)/.test(key)
  if (target.matches('input, [role=tab], [role=menuitem]')) return /^(Arrow|Home|End| |Enter)/.test(key)
  return target.matches('button, a, summary') && (key === ' ' || key === 'Enter')
}

/** Lets these keys work while the caller is on the screen. */
export function useKeys(keys: readonly Key[]): void {
  const current = useRef(keys)
  current.current = keys
  const titles = keys.map(({ key, title }) => `${key}\n${title}`).join('\n')

  useEffect(() => {
    const mine = current.current
    change([...registered, mine])
    return () => change(registered.filter((other) => other !== mine))
  }, [titles])
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.altKey) return
      const control = event.ctrlKey || event.metaKey
      const letter = event.key.length === 1 ? event.key.toLowerCase() : event.key
      const key = control ? `${event.shiftKey ? 'Shift+' : ''}Control+${letter}` : event.key
      const found = current.current.find((candidate) => candidate.key === key)
      if (!found || isTaken(event, key)) return
      event.preventDefault()
      found.run()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [])
}
