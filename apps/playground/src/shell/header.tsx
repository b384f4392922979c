// The header: the places, and what one can do everywhere.
import type { MouseEvent } from 'react'
import { SignButton } from '../parts/sign-button.js'
import { useTexts } from './language.js'
import { type PlaceName, placeNames } from './places.js'
import type { Theme } from './preferences.js'

interface HeaderProps {
  readonly place: PlaceName
  readonly onPlace: (place: PlaceName) => void
  readonly canUndo: boolean
  readonly canRedo: boolean
  readonly onUndo: () => void
  readonly onRedo: () => void
  readonly onShare: () => void
  readonly theme: Theme
  readonly onTheme: () => void
  readonly onLanguage: () => void
  readonly onHelp: () => void
}

const themeSigns: Readonly<Record<Theme, string>> = { auto: '◐', light: '○', dark: '●' }

export function Header(props: HeaderProps) {
  const texts = useTexts().shell
  const { place, onPlace, canUndo, canRedo, onUndo, onRedo, onShare, theme, onTheme, onLanguage, onHelp } =
    props
  const go = (event: MouseEvent, name: PlaceName) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    onPlace(name)
  }
  return (
    <header className="page-header">
      <span className="brand">
        <span className="brand-sign" aria-hidden="true">
          ∂
        </span>
        <span className="brand-name">{texts.brand}</span>
      </span>
      <nav className="places" aria-label={texts.places}>
        {placeNames.map((name) => (
          <a
            key={name}
            href={`#/${name}`}
            aria-current={name === place ? 'page' : undefined}
            onClick={(event) => go(event, name)}
          >
            {texts.placeNames[name]}
          </a>
        ))}
      </nav>
      <div className="page-actions">
        <SignButton className="quiet" title={texts.undo} sign="↶" disabled={!canUndo} onPress={onUndo} />
        <SignButton className="quiet" title={texts.redo} sign="↷" disabled={!canRedo} onPress={onRedo} />
        <button type="button" onClick={onShare}>
          {texts.share}
        </button>
        <SignButton className="quiet" title={texts.theme[theme]} sign={themeSigns[theme]} onPress={onTheme} />
        <SignButton
          className="quiet"
          title={`한/EN: ${texts.otherLanguage}`}
          sign="한/EN"
          onPress={onLanguage}
        />
        <SignButton className="quiet" title={texts.help} sign="?" onPress={onHelp} />
      </div>
    </header>
  )
}
