// The page: its header, and the place where one is.
import { type ComponentType, Suspense, useEffect, useState, useSyncExternalStore } from 'react'
import { Boundary } from './shell/boundary.js'
import { Dialog } from './shell/dialog.js'
import { Header } from './shell/header.js'
import { keep, type Start } from './shell/keeping.js'
import { useKeys, useRegisteredKeys } from './shell/keys.js'
import { type Language, loadTexts, type Texts, TextsContext, useTexts } from './shell/language.js'
import type { PlaceProps } from './shell/place.js'
import { EmbedContext } from './shell/place-frame.js'
import { components, type Documents, initialDocuments } from './shell/places.js'
import { applyLanguage, applyTheme, readLanguage, readTheme, themes } from './shell/preferences.js'
import type { Session } from './shell/session.js'
import { Share } from './shell/share.js'

interface PageProps {
  readonly session: Session<Documents>
  readonly start: Start
}

export function Page({ texts: first, ...rest }: PageProps & { readonly texts: Texts }) {
  const [language, setLanguage] = useState<Language>(readLanguage)
  const [texts, setTexts] = useState(first)
  useEffect(() => applyLanguage(language), [language])
  const change = async () => {
    const next = language === 'en' ? 'ko' : 'en'
    setTexts(await loadTexts(next))
    setLanguage(next)
  }
  return (
    <TextsContext value={texts}>
      <Frame {...rest} onLanguage={() => void change()} />
    </TextsContext>
  )
}

function Frame({ session, start, onLanguage }: PageProps & { readonly onLanguage: () => void }) {
  const texts = useTexts().shell
  const state = useSyncExternalStore(session.subscribe, session.getState)
  const [problem, setProblem] = useState(start.problem)
  const [theme, setTheme] = useState(readTheme)
  const [dialog, setDialog] = useState<'share' | 'keys' | null>(null)
  useEffect(() => keep(session, start.embed, setProblem), [session])
  useEffect(() => {
    addEventListener('pointerdown', session.settle, { capture: true })
    addEventListener('focusin', session.settle)
    return () => {
      removeEventListener('pointerdown', session.settle, { capture: true })
      removeEventListener('focusin', session.settle)
    }
  }, [session])
  useEffect(() => applyTheme(theme), [theme])
  const { place, documents, past, future } = state
  useEffect(() => {
    document.title = `${texts.placeNames[place]} · ${texts.brand}`
  }, [texts, place])
  useKeys([
    { key: 'Control+z', title: texts.keys.undo, run: session.undo },
    { key: 'Shift+Control+z', title: texts.keys.redo, run: session.redo },
    { key: '?', title: texts.keys.help, run: () => setDialog('keys') },
  ])

  const content = documents[place]
  const Place = components[place] as ComponentType<PlaceProps<typeof content>>
  return (
    <EmbedContext value={start.embed}>
      <div className={start.embed ? 'page embedded' : 'page'}>
        <button
          type="button"
          className="skip visually-hidden"
          onClick={() => document.getElementById('place')!.focus()}
        >
          {texts.skip}
        </button>
        {start.embed || (
          <Header
            place={place}
            onPlace={(name) => session.open(name)}
            canUndo={past.length > 0}
            canRedo={future.length > 0}
            onUndo={session.undo}
            onRedo={session.redo}
            onShare={() => setDialog('share')}
            theme={theme}
            onTheme={() => setTheme(themes[(themes.indexOf(theme) + 1) % themes.length]!)}
            onLanguage={onLanguage}
            onHelp={() => setDialog('keys')}
          />
        )}
        <div>
          {problem && (
            <div className="notice warning" role="alert">
              <p>{texts.brokenLink(problem)}</p>
              <button type="button" onClick={() => setProblem(null)}>
                {texts.dismiss}
              </button>
            </div>
          )}
        </div>
        <Boundary
          trying={content}
          fallback={(error) => (
            <main id="place" className="notice warning" role="alert">
              <p>{texts.brokenPlace(error.message)}</p>
              <button type="button" onClick={session.undo}>
                {texts.undo}
              </button>
              <button type="button" onClick={() => session.change(place, initialDocuments[place])}>
                {texts.beginAnew}
              </button>
            </main>
          )}
        >
          <Suspense
            fallback={
              <main id="place" className="notice" aria-busy="true">
                {texts.loading}
              </main>
            }
          >
            <Place
              key={place}
              document={content}
              change={(next, options) => session.change(place, next, options)}
              open={(name, next) => session.open(name, next)}
            />
          </Suspense>
        </Boundary>
        {dialog === 'share' && <Share moment={state} onClose={() => setDialog(null)} />}
        {dialog === 'keys' && <Keys onClose={() => setDialog(null)} />}
      </div>
    </EmbedContext>
  )
}

const keySigns: Readonly<Record<string, string>> = {
  ' ': '␣',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
}

function Keys({ onClose }: { readonly onClose: () => void }) {
  const texts = useTexts().shell
  const keys = useRegisteredKeys()
  return (
    <Dialog title={texts.keysTitle} onClose={onClose}>
      <dl className="keys">
        {keys.map(({ key, title }) => (
          <div key={key} style={{ display: 'contents' }}>
            <dt>
              {key.split('+').map((part) => (
                <kbd key={part}>{keySigns[part] ?? part}</kbd>
              ))}
            </dt>
            <dd>{title}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
