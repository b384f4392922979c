// Starts the page.
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Page } from './page.js'
import './styles/page.css'
import './styles/graph.css'
import './styles/training.css'
import { defaultSettings } from './training/settings.js'
import { Trainer } from './training/trainer.js'

const worker = new Worker(new URL('./training/worker.ts', import.meta.url), { type: 'module' })
const trainer = new Trainer(worker, defaultSettings)

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Page trainer={trainer} />
  </StrictMode>,
)
