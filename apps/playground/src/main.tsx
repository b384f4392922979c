// Starts the page.
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Page } from './page.js'
import { readStart } from './shell/keeping.js'
import { loadTexts } from './shell/language.js'
import { readLanguage } from './shell/preferences.js'
import { createSession } from './shell/session.js'
import './styles/tokens.css'
import './styles/shell.css'
import './styles/parts.css'

const [start, texts] = await Promise.all([readStart(), loadTexts(readLanguage())])

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Page session={createSession(start.moment)} start={start} texts={texts} />
  </StrictMode>,
)

// Without one the page works too, as long as there is a network.
if (import.meta.env.MODE === 'production' && navigator.onLine)
  navigator.serviceWorker?.register('./service-worker.js').catch(() => {})
