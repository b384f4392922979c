// A button that copies a text, and says when it has.
import { useEffect, useState } from 'react'
import { useTexts } from '../shell/language.js'

interface CopyButtonProps {
  /** Default `Copy`. */
  readonly title?: string
  readonly text: string
  readonly className?: string
}

export function CopyButton({ title, text, className }: CopyButtonProps) {
  const { copy, copied } = useTexts().shell
  const [done, setDone] = useState(false)
  // Another text is not copied yet.
  useEffect(() => setDone(false), [text])
  return (
    <button type="button" className={className} onClick={async () => setDone(await copyText(text))}>
      <span role="status">{done ? copied : (title ?? copy)}</span>
    </button>
  )
}

/** Whether it could: pages from a file or over http have no clipboard of their own, only the selection's. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const field = document.createElement('textarea')
    field.value = text
    // In the dialog that is open, if one is: what is outside cannot be selected.
    const place = document.querySelector('dialog[open]') ?? document.body
    place.append(field)
    field.select()
    const done = document.execCommand('copy')
    field.remove()
    return done
  }
}
