// This training as a program, for this library and for PyTorch.
import { useEffect } from 'react'
import { CopyButton } from '../parts/copy-button.js'
import { useTexts } from '../shell/language.js'
import type { Trainer, TrainerState } from './trainer.js'

export function Programs({ trainer, state }: { readonly trainer: Trainer; readonly state: TrainerState }) {
  const texts = useTexts().network
  const { training, programs } = state
  const atRest = training !== null && !training.running && !training.seeking
  const step = training?.view.step
  useEffect(() => {
    if (atRest && step !== programs?.step) trainer.askForPrograms()
  }, [trainer, atRest, step, programs])
  if (!programs) return null
  return (
    <>
      <Program title={texts.typescript} text={programs.typescript} />
      <Program title={texts.pytorch} text={programs.pytorch} />
    </>
  )
}

function Program({ title, text }: { readonly title: string; readonly text: string }) {
  const texts = useTexts().network
  return (
    <section className="network-program">
      <div className="network-head">
        <h2>{title}</h2>
        <CopyButton text={text} />
      </div>
      <textarea readOnly rows={14} spellCheck={false} aria-label={texts.programFor(title)} value={text} />
    </section>
  )
}
