// The race: who takes part, where each is, and who is explained.
import { type Racer, type Rule, racer, rules, settingsOf } from '@bp/lab'
import { Fragment } from 'react'
import { NumberField } from '../parts/number-field.js'
import { Value } from '../parts/value.js'
import { useTexts } from '../shell/language.js'
import { Mark } from './markers.js'
import type { PictureProps } from './picture.js'
import { ballOf, reached } from './scene.js'

export function Race({ scene, document, change, go }: PictureProps) {
  const texts = useTexts().descent
  const { racers } = document
  const { lead, step } = scene
  const lean = (rule: Rule) => {
    const first = racers.find((own) => own.rule === rule) ?? racer(rule)
    change({ racers: [first, ...racers.filter((own) => own.rule !== rule)] })
  }
  const toggle = (rule: Rule, takesPart: boolean) =>
    change({ racers: takesPart ? [...racers, racer(rule)] : racers.filter((own) => own.rule !== rule) })
  const set = (own: Racer, index: number, value: number) =>
    change(
      {
        racers: racers.map((other) =>
          other === own ? { ...own, settings: own.settings.with(index, value) } : other,
        ),
      },
      `setting ${own.rule} ${index}`,
    )
  return (
    <table className="descent-race">
      <caption>{texts.raceTitle}</caption>
      <thead className="visually-hidden">
        <tr>
          <th>{texts.race}</th>
          <th>{texts.stepNumber}</th>
          <th>{texts.costNumber}</th>
        </tr>
      </thead>
      <tbody>
        {rules.map((rule) => {
          const path = scene.paths.find((own) => own.racer.rule === rule)
          const leads = rule === lead.racer.rule
          const at = path ? reached(path, step) : 0
          const ended = path && at === path.steps.length - 1 && step > 0
          const settings = leads ? settingsOf(rule) : []
          return (
            <Fragment key={rule}>
              <tr className={leads ? 'lead' : path ? '' : 'absent'}>
                <th scope="row">
                  <label className="descent-take">
                    <input
                      type="checkbox"
                      checked={path !== undefined}
                      disabled={leads}
                      aria-label={texts.takePart(texts.rules[rule])}
                      onChange={(event) => toggle(rule, event.target.checked)}
                    />
                  </label>
                  <button
                    type="button"
                    className="quiet"
                    aria-pressed={leads}
                    aria-label={texts.explain(texts.rules[rule])}
                    onClick={() => lean(rule)}
                  >
                    <Mark rule={rule} />
                    {texts.rules[rule]}
                  </button>
                </th>
                {path ? (
                  <>
                    <td className="descent-race-step">
                      {ended && path.end.kind !== 'moving' ? (
                        <small>{texts.endWords[path.end.kind]}</small>
                      ) : (
                        <small>{texts.step}</small>
                      )}{' '}
                      <Value of={at} kind="descent.step" label={texts.stepNumber} from={() => go(at)} />
                    </td>
                    <td className="descent-race-cost">
                      <Value
                        of={ballOf(path, step).cost}
                        kind="descent.cost"
                        label={`${texts.rules[rule]}: ${texts.costNumber}`}
                        tone="forward"
                        digits={4}
                        from={() => go(at)}
                      />
                    </td>
                  </>
                ) : (
                  <td colSpan={2} />
                )}
              </tr>
              {settings.length > 0 && (
                <tr className="descent-settings">
                  <td colSpan={3}>
                    {settings.map(([name], index) => (
                      <span key={name}>
                        <span aria-hidden="true">{name}</span>
                        <NumberField
                          label={texts.settings[name]}
                          value={lead.racer.settings[index]!}
                          step={0.01}
                          min={0}
                          max={0.9999}
                          onChange={(value) => set(lead.racer, index, value)}
                        />
                      </span>
                    ))}
                  </td>
                </tr>
              )}
            </Fragment>
          )
        })}
      </tbody>
    </table>
  )
}
