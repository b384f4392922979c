// The state of the page as a link, and as a frame for other pages.
import { useEffect, useId, useState } from 'react'
import { CopyButton } from '../parts/copy-button.js'
import { Dialog } from './dialog.js'
import { type EmbedPart, embedParts } from './embed.js'
import { embeddedIn, linkOf } from './keeping.js'
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
  const [parts, setParts] = useState<readonly EmbedPart[]>(embedParts)
  const frame = `<iframe src="${embeddedIn(link, parts)}" width="100%" height="600" style="border:0"></iframe>`
  return (
    <Dialog
      title={texts.shareTitle}
      onClose={onClose}
      actions={
        <>
          <CopyButton className="primary" text={link} />
          <CopyButton title={texts.copyEmbed} text={frame} />
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
      <fieldset className="share-parts">
        <legend>{texts.embedParts}</legend>
        <label>
          <input type="checkbox" checked disabled /> {texts.drawing}
        </label>
        {embedParts.map((part) => (
          <label key={part}>
            <input
              type="checkbox"
              checked={parts.includes(part)}
              onChange={({ target }) =>
                setParts(target.checked ? [...parts, part] : parts.filter((other) => other !== part))
              }
            />{' '}
            {texts.embedPart[part]}
          </label>
        ))}
      </fieldset>
      <textarea
        className="share-link"
        readOnly
        aria-label={texts.frame}
        value={frame}
        onFocus={(event) => event.target.select()}
      />
    </Dialog>
  )
}
