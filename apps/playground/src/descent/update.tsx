// The update of the last step: in symbols, in numbers, and its result.
import { type Account, accountOf, formatNumber, type Rule, type Step } from '@bp/lab'
import type { ReactNode } from 'react'
import { Value } from '../parts/value.js'
import { useTexts } from '../shell/language.js'
import type { PictureProps } from './picture.js'
import { reached } from './scene.js'

interface Row {
  readonly parameter: string
  readonly axis: number
}

/** What the learning rate multiplies, in symbols. */
function Direction({
  rule,
  parameter,
  cost,
}: {
  readonly rule: Rule
  readonly parameter: string
  readonly cost: string
}) {
  const slope = <Slope parameter={parameter} cost={cost} />
  switch (rule) {
    case 'momentum':
      return <var>v</var>
    case 'nesterov':
      return (
        <>
          ({slope} + μ · <var>v</var>)
        </>
      )
    case 'rmsProp':
      return (
        <>
          {slope} / √<var>s</var>
        </>
      )
    case 'adam':
      return (
        <>
          <var>m̂</var> / √<var>v̂</var>
        </>
      )
    default:
      return slope
  }
}

/** ∂cost/∂w */
export function Slope({ parameter, cost }: { readonly parameter: string; readonly cost: string }) {
  return (
    <span className="descent-partial">
      ∂<var>{cost}</var>/∂<var>{parameter}</var>
    </span>
  )
}

export function Update({ scene, go, openGraph, onRate }: PictureProps & { readonly onRate: () => void }) {
  const texts = useTexts().descent
  const { bowl, lead, step, rate } = scene
  const at = reached(lead, step)
  const { rule } = lead.racer
  const account = at > 0 ? accountOf(lead, at, rate) : null
  const from = account?.from ?? lead.steps[0]!
  const back = () => go(Math.max(at - 1, 0))
  const alone = bowl.parameters.length === 1
  return (
    <div className={alone ? 'descent-update' : 'descent-update two'}>
      {account && rule !== 'sgd' && <Memory scene={scene} account={account} go={back} />}
      {bowl.parameters.map((parameter, axis) => {
        const direction = account ? account.direction[axis]! : rule === 'sgd' ? from.slopes[axis]! : null
        return (
          <div key={parameter} className="descent-rule">
            <p className="symbols">
              <var>{parameter}</var> ← <var>{parameter}</var> − α ·{' '}
              <Direction rule={rule} parameter={parameter} cost={bowl.name} />
            </p>
            <p className="numbers">
              ={' '}
              <Value
                of={from.position[axis]!}
                kind="descent.position"
                label={parameter}
                tone="forward"
                digits={4}
                from={back}
              />{' '}
              − <Value of={rate} kind="descent.rate" label={texts.rate} digits={4} from={onRate} /> ·{' '}
              <Signed value={direction}>
                <Value
                  of={direction}
                  kind={rule === 'sgd' ? 'descent.slope' : 'descent.direction'}
                  label={rule === 'sgd' ? texts.slopeOf(parameter) : texts.direction}
                  tone="backward"
                  digits={4}
                  from={at > 0 ? back : openGraph}
                />
              </Signed>
            </p>
            <p className="result">
              ={' '}
              {account ? (
                <Value
                  of={account.to.position[axis]!}
                  kind="descent.position"
                  label={parameter}
                  digits={alone ? 5 : 4}
                  from={openGraph}
                />
              ) : (
                <span className="descent-guess">?</span>
              )}
            </p>
          </div>
        )
      })}
    </div>
  )
}

/** A negative number after a sign needs parentheses. */
function Signed({ value, children }: { readonly value: number | null; readonly children: ReactNode }) {
  return value !== null && formatNumber(value, 4).startsWith('−') ? <>({children})</> : children
}

/** What momentum, RMSProp and Adam keep of earlier slopes, and how this slope changed it. */
function Memory({
  scene,
  account,
  go,
}: {
  readonly scene: PictureProps['scene']
  readonly account: Account
  readonly go: () => void
}) {
  const texts = useTexts().descent
  const { bowl, lead } = scene
  const { rule, settings } = lead.racer
  const rows: Row[] = bowl.parameters.map((parameter, axis) => ({ parameter, axis }))
  const kept = (step: Step, slot: number, axis: number, tone: 'backward' | 'plain' = 'plain') => (
    <Value
      of={step.state[slot]![axis]!}
      kind="descent.memory"
      label={texts.memory}
      tone={tone}
      digits={3}
      from={go}
    />
  )
  const slope = (axis: number, square: boolean) => (
    <>
      <Signed value={account.from.slopes[axis]!}>
        <Value
          of={account.from.slopes[axis]!}
          kind="descent.slope"
          label={texts.slopeOf(bowl.parameters[axis]!)}
          tone="backward"
          digits={3}
          from={go}
        />
      </Signed>
      {square && '²'}
    </>
  )
  const setting = (value: number) => formatNumber(value, 6)
  const lines = ({ parameter, axis }: Row): ReactNode[] => {
    const [first, second] = settings
    const line = (name: string, decay: number, blended: boolean, slot: number, square: boolean) => (
      <p key={name} className="memory">
        <var>{name}</var>
        {rows.length > 1 && <sub>{parameter}</sub>} ← {setting(decay)} ·{' '}
        <Signed value={account.from.state[slot]![axis]!}>{kept(account.from, slot, axis)}</Signed> +{' '}
        {blended && `${setting(1 - decay)} · `}
        {slope(axis, square)} = {kept(account.to, slot, axis)}
      </p>
    )
    if (rule === 'rmsProp') return [line('s', first!, true, 0, true)]
    if (rule === 'adam') return [line('m', first!, true, 0, false), line('v', second!, true, 1, true)]
    return [line('v', first!, false, 0, false)]
  }
  return (
    <div className="descent-memory">
      {rows.flatMap((row) =>
        lines(row).map((line, index) => <div key={`${row.parameter} ${index}`}>{line}</div>),
      )}
    </div>
  )
}
