// Starts the page.
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Page } from './page.js'
import { readStart } from './shell/keeping.js'
import { createSession } from './shell/session.js'
import './styles/tokens.css'
import './styles/shell.css'
import './styles/parts.css'

const start = await readStart()

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Page session={createSession(start.moment)} start={start} />
  </StrictMode>,
)

// Without one the page works too, as long as there is a network.
if (import.meta.env.PROD && location.protocol !== 'file:')
  navigator.serviceWorker?.register('./service-worker.js').catch(() => {})
