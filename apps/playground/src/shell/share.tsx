// The state of the page as a link, and as a frame for other pages.
import { useEffect, useId, useState } from 'react'
import { CopyButton } from '../parts/copy-button.js'
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
  useEffect(() => {
    void linkOf(moment).then(setLink)
  }, [moment])
  const embed = `<iframe src="${link.replace('?', '?embed=1&')}" width="100%" height="600" style="border:0"></iframe>`
  return (
    <Dialog
      title={texts.shareTitle}
      onClose={onClose}
      actions={
        <>
          <CopyButton className="primary" text={link} />
          <CopyButton title={texts.copyEmbed} text={embed} />
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
