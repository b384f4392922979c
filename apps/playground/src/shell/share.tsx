// The state of the page as a link, and as a frame for other pages.
import { useEffect, useId, useState } from 'react'
import { Dialog } from './dialog.js'
import { linkOf } from './keeping.js'
import { useTexts } from './language.js'
import type { Documents } from './places.js'
import type { Moment } from './session.js'

export function Share({
  moment,
  onClose,
}: {
  readonly moment: Moment<Documents>
  readonly onClose: () => void
}) {
  const texts = useTexts().shell
  const id = useId()
  const [link, setLink] = useState('')
  const [copied, setCopied] = useState('')
  useEffect(() => {
    void linkOf(moment).then(setLink)
  }, [moment])
  const embed = `<iframe src="${link.replace('?', '?embed=1&')}" width="100%" height="600" style="border:0"></iframe>`
  const copy = async (text: string) => {
    await navigator.clipboard.writeText(text).catch(() => {
      const field = document.querySelector<HTMLTextAreaElement>('.share-link')!
      field.value = text
      field.select()
      document.execCommand('copy')
    })
    setCopied(texts.copied)
  }
  return (
    <Dialog
      title={texts.shareTitle}
      onClose={onClose}
      actions={
        <>
          <button type="button" className="primary" onClick={() => copy(link)}>
            {texts.copy}
          </button>
          <button type="button" onClick={() => copy(embed)}>
            {texts.copyEmbed}
          </button>
          <span role="status">{copied}</span>
        </>
      }
    >
      <p>{texts.shareText}</p>
      <label className="visually-hidden" htmlFor={id}>
        {texts.link}
      </label>
      <textarea
        id={id}
        className="share-link"
        readOnly
        value={link}
        onFocus={(event) => event.target.select()}
      />
    </Dialog>
  )
}
