// A dialog over the page, closed by its button, Escape, or a press outside.
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { useTexts } from './language.js'

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
  readonly actions?: ReactNode
}

export function Dialog({ title, onClose, children, actions }: DialogProps) {
  const { close } = useTexts().shell
  const id = useId()
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const element = dialog.current!
    if (!element.open) element.showModal()
  }, [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes every dialog
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
    >
      <h2 id={id}>{title}</h2>
      {children}
      <div className="dialog-actions">
        {actions}
        <button type="button" onClick={() => dialog.current!.close()}>
          {close}
        </button>
      </div>
    </dialog>
  )
}
