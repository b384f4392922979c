// What became of the training, in words; and the trial of other seeds where that may help.
import { formatCount, formatNumber, type NetworkDocument, type NetworkView, type Verdict } from '@bp/lab'
import { type Said, Sentence, type SentenceNumber } from '../parts/sentence.js'
import type { Texts } from '../shell/language.js'
import { useTexts } from '../shell/language.js'
import type { Inside } from './drawing.js'
import type { Trainer, TrainerState } from './trainer.js'

interface VerdictLineProps {
  readonly state: TrainerState
  readonly trainer: Trainer
  readonly onSettings: (change: Partial<NetworkDocument>, merge?: string) => void
  readonly onInside: Inside
}

export function VerdictLine({ state, trainer, onSettings, onInside }: VerdictLineProps) {
  const texts = useTexts().network
  const { training, shown, seeds, tryingSeeds } = state
  const { verdict, view } = training!
  const mayHelp = verdict?.kind === 'minimum' || verdict?.kind === 'dead'
  const found = seeds.find(({ right, rows }) => right === rows)
  const reached =
    view.reached && shown ? texts.reached[view.reached](formatNumber(shown.until[view.reached])) : ''
  return (
    <div className={`network-verdict ${verdict?.kind ?? ''}`}>
      <p role="status">
        {reached} {verdict && <Sentence {...verdictText(texts, verdict, view, onInside)} />}
      </p>
      {mayHelp && !found && (
        <button type="button" aria-disabled={tryingSeeds} onClick={() => tryingSeeds || trainer.trySeeds()}>
          {texts.trySeeds}
        </button>
      )}
      {seeds.length > 0 && (
        <ul>
          {seeds.map(({ seed, right, rows }) => (
            <li key={seed}>{texts.seedTrial(seed, right, rows)}</li>
          ))}
        </ul>
      )}
      {found && (
        <button type="button" onClick={() => onSettings({ seed: found.seed })}>
          {texts.useSeed(found.seed)}
        </button>
      )}
    </div>
  )
}

function verdictText(texts: Texts['network'], verdict: Verdict, view: NetworkView, onInside: Inside): Said {
  const numbers: Record<string, SentenceNumber> = {}
  const text = said()
  return { text, numbers }

  function write(value: number, kind: SentenceNumber['kind'], label: string, digits = 3): string {
    const name = `n${Object.keys(numbers).length}`
    const of = kind === 'network.loss' ? 'value' : 'derivative'
    numbers[name] = { value, kind, label, digits, from: () => onInside('loss', of) }
    return `{${name}}`
  }

  function said(): string {
    const said = texts.verdict
    const loss = (value: number, digits = 3) => write(value, 'network.loss', texts.lossLabel, digits)
    const norm = (value: number) => write(value, 'network.norm', texts.gradientNorm)
    const percent = (share: number) => `${write(100 * share, 'network.share', texts.lossLabel, 2)} %`
    const layer = (index: number) => texts.layerName(index + 1, index + 2 === view.sizes.length)
    switch (verdict.kind) {
      case 'learned':
        return said.learned(verdict.rows, loss(verdict.loss, 4))
      case 'diverged':
        return said.diverged(verdict.where)
      case 'linear':
        return verdict.proof === 'xor'
          ? said.linearXor(loss(verdict.floor, 6))
          : said.linearConvex(loss(verdict.floor, 6), norm(verdict.gradientNorm))
      case 'symmetric':
        return said.symmetric(layer(verdict.layer), verdict.units)
      case 'dead':
        return said.dead(layer(verdict.layer), verdict.units)
      case 'saturated':
        return said.saturated(layer(verdict.layer), verdict.units)
      case 'vanishing':
        return said.vanishing(
          layer(verdict.layer),
          write(verdict.share, 'network.share', texts.gradientNorm, 2),
        )
      case 'exploding':
        return said.exploding(
          layer(verdict.layer),
          write(verdict.times, 'network.share', texts.gradientNorm, 3),
        )
      case 'rate-too-large':
        return verdict.loss > verdict.startLoss
          ? said.tooLargeStart(loss(verdict.startLoss), loss(verdict.loss))
          : said.tooLargeRises(verdict.rises, verdict.records)
      case 'rate-too-small':
        return said.tooSmall(percent(verdict.moved), norm(verdict.gradientNorm))
      case 'falling':
        return said.falling(percent(verdict.fall), formatCount(verdict.steps))
      case 'plateau':
        return said.plateau(
          norm(verdict.gradientNorm),
          write(verdict.curvature, 'network.share', texts.verdict.plateau('', '')),
        )
      case 'minimum':
        return said.minimum(norm(verdict.gradientNorm), loss(verdict.loss))
    }
  }
}
