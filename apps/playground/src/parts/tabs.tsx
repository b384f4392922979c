// Tabs, with the keys that people expect of them: arrows, Home and End.
import { type KeyboardEvent, type ReactNode, type RefObject, Suspense, useEffect, useId, useRef } from 'react'

interface Tab<Name extends string> {
  readonly name: Name
  readonly title: string
  readonly content: () => ReactNode
}

interface TabsProps<Name extends string> {
  readonly label: string
  readonly tabs: readonly Tab<Name>[]
  readonly selected: Name
  readonly onSelect: (name: Name) => void
}

export function Tabs<Name extends string>({ label, tabs, selected, onSelect }: TabsProps<Name>) {
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const index = Math.max(
    0,
    tabs.findIndex(({ name }) => name === selected),
  )
  const panel = useRef<HTMLDivElement>(null)
  const onKeyDown = (event: KeyboardEvent) => {
    const next = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: tabs.length - 1 }[event.key]
    if (next === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const at = (next + tabs.length) % tabs.length
    onSelect(tabs[at]!.name)
    list.current!.querySelectorAll<HTMLElement>('[role=tab]')[at]!.focus()
  }
  return (
    <>
      <div ref={list} className="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
        {tabs.map(({ name, title }, at) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-${name}`}
            aria-selected={at === index}
            aria-controls={`${id}-panel`}
            tabIndex={at === index ? 0 : -1}
            onClick={() => onSelect(name)}
          >
            {title}
          </button>
        ))}
      </div>
      <div
        ref={panel}
        role="tabpanel"
        id={`${id}-panel`}
        aria-labelledby={`${id}-${tabs[index]!.name}`}
        className="tab-panel"
        data-tab={tabs[index]!.name}
      >
        <Suspense fallback={null}>
          <Reachable panel={panel}>{tabs[index]!.content()}</Reachable>
        </Suspense>
      </div>
    </>
  )
}

/** Keys can scroll a panel only from within it: without a control in it, the panel itself is a stop of the tab key. */
function Reachable({
  panel,
  children,
}: {
  readonly panel: RefObject<HTMLElement | null>
  readonly children: ReactNode
}) {
  // Once the content is there, which may be loaded later than the panel.
  useEffect(() => {
    const element = panel.current!
    if (element.querySelector('a[href], button, input, select, textarea, [tabindex]'))
      element.removeAttribute('tabindex')
    else element.tabIndex = 0
  })
  return children
}
