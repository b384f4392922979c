// The bar of the Training graph place: search, parts, scopes, files, and the way to the network.
import type { TrainingGraphDocument } from '@bp/lab'
import { useId, useRef } from 'react'
import { Menu, type MenuItem } from '../parts/menu.js'
import { SignButton } from '../parts/sign-button.js'
import { useTexts } from '../shell/language.js'
import type { Shown } from './protocol.js'

interface BarProps {
  readonly document: TrainingGraphDocument
  readonly go: (own: Partial<TrainingGraphDocument>, merge?: string) => void
  readonly shown: Shown | null
  readonly onNextFound: () => void
  readonly onFile: (file: File | undefined) => void
  readonly onExport: () => void
  readonly onNetwork: () => void
}

export function Bar({ document, go, shown, onNextFound, onFile, onExport, onNetwork }: BarProps) {
  const texts = useTexts().trainingGraph
  const id = useId()
  const chooser = useRef<HTMLInputElement>(null)
  const { search, gradients, update, opened, file } = document
  const found = shown?.document.search === search ? shown.found : []
  const files: MenuItem[] = [
    { title: texts.openFile, note: texts.openFileNote, run: () => chooser.current!.click() },
    file
      ? { title: texts.closeFile, run: () => go({ file: null, opened: null, selected: null, tab: 'node' }) }
      : { title: texts.exportFile, note: texts.exportFileNote, run: onExport },
  ]
  return (
    <>
      <div className="training-graph-search">
        <label className="visually-hidden" htmlFor={id}>
          {texts.search}
        </label>
        <input
          id={id}
          type="text"
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          placeholder={texts.search}
          value={search}
          aria-invalid={found === null}
          onChange={(event) => go({ search: event.target.value }, 'search')}
          onKeyDown={(event) => event.key === 'Enter' && onNextFound()}
        />
        <span role="status">
          {search !== '' && (found === null ? texts.noPattern : texts.found(found.length))}
        </span>
        {found !== null && found.length > 0 && (
          <SignButton title={texts.nextFound} sign="›" className="quiet" onPress={onNextFound} />
        )}
      </div>
      <button type="button" aria-pressed={gradients} onClick={() => go({ gradients: !gradients })}>
        {texts.gradients}
      </button>
      <button type="button" aria-pressed={update} onClick={() => go({ update: !update })}>
        {texts.update}
      </button>
      <Menu
        label={texts.scopes}
        items={() => [
          { title: texts.openReadable, selected: opened === null, run: () => go({ opened: null }) },
          {
            title: texts.openAll,
            selected: false,
            run: () => go({ opened: shown?.scopes ?? [] }),
          },
          { title: texts.closeAll, selected: opened?.length === 0, run: () => go({ opened: [] }) },
        ]}
      />
      <Menu
        label={file ? <span className="training-graph-file">{file.name}</span> : texts.file}
        items={() => files}
      />
      <input
        ref={chooser}
        type="file"
        hidden
        onChange={(event) => {
          onFile(event.target.files?.[0])
          event.target.value = ''
        }}
      />
      <button type="button" title={texts.networkTitle} onClick={onNetwork}>
        {texts.network}
      </button>
    </>
  )
}
