// What became of the training, in words; and the trial of other seeds where that may help.
import { formatCount, formatNumber, type NetworkDocument, type NetworkView, type Verdict } from '@bp/lab'
import type { Texts } from '../shell/language.js'
import { useTexts } from '../shell/language.js'
import type { Trainer, TrainerState } from './trainer.js'

interface VerdictLineProps {
  readonly state: TrainerState
  readonly trainer: Trainer
  readonly onSettings: (change: Partial<NetworkDocument>, merge?: string) => void
}

export function VerdictLine({ state, trainer, onSettings }: VerdictLineProps) {
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
        {reached} {verdict && verdictText(texts, verdict, view)}
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

function verdictText(texts: Texts['network'], verdict: Verdict, view: NetworkView): string {
  const said = texts.verdict
  const number = (value: number) => formatNumber(value, 3)
  const percent = (share: number) => `${formatNumber(100 * share, 2)} %`
  const layer = (index: number) => texts.layerName(index + 1, index + 2 === view.sizes.length)
  switch (verdict.kind) {
    case 'learned':
      return said.learned(verdict.rows, formatNumber(verdict.loss, 4))
    case 'diverged':
      return said.diverged(verdict.where)
    case 'linear':
      return verdict.proof === 'xor'
        ? said.linearXor(formatNumber(verdict.floor))
        : said.linearConvex(formatNumber(verdict.floor), number(verdict.gradientNorm))
    case 'symmetric':
      return said.symmetric(layer(verdict.layer), verdict.units)
    case 'dead':
      return said.dead(layer(verdict.layer), verdict.units)
    case 'saturated':
      return said.saturated(layer(verdict.layer), verdict.units)
    case 'rate-too-large':
      return verdict.loss > verdict.startLoss
        ? said.tooLargeStart(number(verdict.startLoss), number(verdict.loss))
        : said.tooLargeRises(verdict.rises, verdict.records)
    case 'rate-too-small':
      return said.tooSmall(percent(verdict.moved), number(verdict.gradientNorm))
    case 'falling':
      return said.falling(percent(verdict.fall), formatCount(verdict.steps))
    case 'plateau':
      return said.plateau(number(verdict.gradientNorm), number(verdict.curvature))
    case 'minimum':
      return said.minimum(number(verdict.gradientNorm), number(verdict.loss))
  }
}
