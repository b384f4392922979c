// The Descent place: a cost, a ball on it, and the step that it takes against the slope.
import {
  type Bowl,
  bowlNames,
  type DescentDocument,
  descentCodec,
  formatNumber,
  graphCodec,
  longestPath,
  presets,
} from '@bp/lab'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Menu } from '../parts/menu.js'
import { plainly, Sentence } from '../parts/sentence.js'
import { Tabs } from '../parts/tabs.js'
import { Timeline } from '../parts/timeline.js'
import { useSlices } from '../parts/use-slices.js'
import { Value } from '../parts/value.js'
import { useKeys } from '../shell/keys.js'
import { useTexts } from '../shell/language.js'
import type { PlaceProps } from '../shell/place.js'
import { PlaceFrame } from '../shell/place-frame.js'
import { CostField, messageOf } from './cost-field.js'
import { DataTable } from './data-table.js'
import { PathTable } from './path-table.js'
import { described, Picture, type PictureProps } from './picture.js'
import { Race } from './race.js'
import { Rate } from './rate.js'
import { compiling, reached, type Scene, useScene } from './scene.js'
import { Sections } from './sections.js'
import { endOf, reasonOf } from './sentence.js'
import { Surface } from './surface.js'
import { Slope, Update } from './update.js'
import '../styles/descent.css'

export function DescentPlace(props: PlaceProps<DescentDocument>) {
  const { document } = props
  const all = useTexts()
  const texts = all.descent
  const { cost, points } = document
  const { result } = useSlices(() => compiling(cost, points), [cost, points])
  const bowl = result?.bowl ?? null
  const { scene, busy } = useScene(document, bowl)
  if (scene && bowl) return <Descent {...props} scene={scene} busy={busy} />
  if (!result || bowl)
    return (
      <PlaceFrame
        title={texts.title}
        bar={<Bar {...props} bowl={null} error={null} />}
        drawing={<p className="descent-empty">{all.shell.loading}</p>}
      />
    )
  // Only a link, or data taken from under a cost, leads here: what is typed becomes part of the document once it compiles.
  return (
    <PlaceFrame
      title={texts.title}
      bar={<Bar {...props} bowl={null} error={result.error} />}
      drawing={<p className="descent-empty">{messageOf(result.error, all)}</p>}
    />
  )
}

/** The document with another cost: parameters of the same name stay where they are. */
function withCost(
  document: DescentDocument,
  { source, parameters }: Bowl,
  before: Bowl | null,
): DescentDocument {
  const old = before?.parameters ?? []
  const start = parameters.map((name, axis) => {
    const index = old.indexOf(name)
    return (index < 0 ? undefined : document.start[index]) ?? (axis === 0 ? -2 : 1.5)
  })
  const same = parameters.length === old.length
  return {
    ...document,
    cost: source,
    start: same ? document.start : start,
    ranges: same ? document.ranges : null,
    step: 0,
  }
}

interface BarProps extends PlaceProps<DescentDocument> {
  readonly onData?: () => void
  readonly bowl: Bowl | null
  readonly error: unknown
}

function Bar({ document, change, bowl, error, onData }: BarProps) {
  const texts = useTexts().descent
  return (
    <>
      <CostField
        document={document}
        bowl={bowl}
        error={error}
        onData={onData}
        onCost={(typed) => change(withCost(document, typed, bowl), { merge: 'cost' })}
      />
      <Menu
        label={texts.bowls}
        items={() =>
          bowlNames.map((name) => ({
            title: texts.bowlNames[name],
            note: presets[name].cost,
            run: () =>
              change({ ...descentCodec.initial, ...presets[name], view: document.view, look: document.look }),
          }))
        }
      />
      {bowl?.parameters.length === 2 && (
        <fieldset className="descent-views" aria-label={texts.view}>
          {(['map', 'surface'] as const).map((view) => (
            <button
              key={view}
              type="button"
              aria-pressed={document.view === view}
              onClick={() => change({ ...document, view })}
            >
              {texts[view]}
            </button>
          ))}
        </fieldset>
      )}
    </>
  )
}

type TabName = 'sections' | 'race' | 'path' | 'data'

interface DescentProps extends PlaceProps<DescentDocument> {
  readonly scene: Scene
  /** The scene is of an earlier document. */
  readonly busy: boolean
}

function Descent(props: DescentProps) {
  const { document, change, open, scene, busy } = props
  const texts = useTexts().descent
  const { bowl, total, step } = scene
  const [tab, setTab] = useState<TabName>(document.racers.length > 1 ? 'race' : 'sections')
  const slider = useRef<HTMLInputElement>(null)

  const go = (next: number) =>
    change({ ...document, step: Math.min(Math.max(next, 0), total, longestPath) }, { merge: 'step' })
  const openGraph = () => {
    const at = scene.lead.steps[reached(scene.lead, step)]!
    const data =
      bowl.points.length > 0 ? { x: bowl.points.map(([x]) => x), y: bowl.points.map(([, y]) => y) } : {}
    const values = {
      ...data,
      ...Object.fromEntries(bowl.parameters.map((name, axis) => [name, at.position[axis]!])),
    }
    open('graph', { ...graphCodec.initial, source: bowl.source, values })
  }
  const [playing, setPlaying] = usePlaying(step, total, go)
  useKeys([
    { key: 'ArrowRight', title: texts.keys.step, run: () => go(step + 1) },
    { key: 'ArrowLeft', title: texts.keys.back, run: () => go(step - 1) },
    { key: ' ', title: texts.keys.play, run: () => setPlaying(!playing) },
    { key: 'Home', title: texts.keys.first, run: () => go(0) },
    { key: 'End', title: texts.keys.last, run: () => go(total) },
  ])
  const shared: PictureProps = {
    scene,
    busy,
    document,
    change: (changes, merge) => change({ ...document, ...changes }, merge === undefined ? {} : { merge }),
    go,
    openGraph,
  }
  const plane = bowl.parameters.length === 2
  const surface = plane && document.view === 'surface'
  return (
    <PlaceFrame
      title={texts.title}
      bar={<Bar {...props} bowl={bowl} error={null} onData={() => setTab('data')} />}
      drawing={surface ? <Surface {...shared} /> : <Picture {...shared} />}
      card={
        <>
          <Account {...shared} onRate={() => slider.current?.focus()} quiet={playing}>
            <Rate {...shared} slider={slider} />
          </Account>
          <Tabs
            label={texts.tabs}
            selected={tab === 'sections' && !plane ? 'race' : tab}
            onSelect={setTab}
            tabs={[
              ...(plane
                ? ([
                    { name: 'sections', title: texts.sections, content: () => <Sections {...shared} /> },
                  ] as const)
                : []),
              { name: 'race', title: texts.race, content: () => <Race {...shared} /> },
              { name: 'path', title: texts.path, content: () => <PathTable {...shared} /> },
              { name: 'data', title: texts.data, content: () => <DataTable {...shared} /> },
            ]}
          />
        </>
      }
      timeline={
        <Timeline
          position={step}
          segments={[{ name: '', length: total, tone: 'plain' }]}
          describe={(position) => announced(scene, position, texts)}
          onPosition={(position) => {
            setPlaying(false)
            go(position)
          }}
          next={
            step < total
              ? { title: texts.next, run: () => go(step + 1) }
              : { title: texts.again, run: () => go(0) }
          }
          playing={playing}
          onPlay={() => {
            if (!playing && step === total) go(0)
            setPlaying(!playing)
          }}
          hint={texts.hint}
        />
      }
    />
  )
}

function announced(
  { lead, bowl }: Scene,
  step: number,
  texts: ReturnType<typeof useTexts>['descent'],
): string {
  const at = reached(lead, step)
  const { position, cost } = lead.steps[at]!
  return texts.announce(at, described(bowl.parameters, position), formatNumber(cost, 4))
}

/** Lets the steps go by, the whole path in about ten seconds. */
function usePlaying(step: number, total: number, go: (step: number) => void) {
  const [playing, setPlaying] = useState(false)
  const latest = useRef({ step, go })
  latest.current = { step, go }
  const done = step >= total
  useEffect(() => {
    if (!playing) return
    if (done) {
      setPlaying(false)
      return
    }
    const pause = Math.min(Math.max(10_000 / total, 40), 450)
    const timer = setInterval(() => latest.current.go(latest.current.step + 1), pause)
    return () => clearInterval(timer)
  }, [playing, done, total])
  return [playing, setPlaying] as const
}

interface AccountProps extends PictureProps {
  readonly onRate: () => void
  /** While it plays, a screen reader would only fall behind. */
  readonly quiet: boolean
  readonly children: ReactNode
}

function Account(props: AccountProps) {
  const { scene, go, openGraph, quiet, children } = props
  const texts = useTexts().descent
  const { bowl, lead, step } = scene
  const at = reached(lead, step)
  const { cost, slopes } = lead.steps[at]!
  const reason = reasonOf(scene, texts, go)
  const end = endOf(scene, texts, go)
  return (
    <>
      <h2 className="descent-step">
        <span>{texts.stepOf(at)}</span> <small>{texts.rules[lead.racer.rule]}</small>
        <button type="button" className="quiet" onClick={openGraph}>
          {texts.openGraph} →
        </button>
      </h2>
      <Update {...props} />
      <p className="descent-reason">
        <Sentence {...reason} /> {end && <Sentence {...end} />}
      </p>
      <p className="visually-hidden" role="status">
        {quiet ? '' : `${announced(scene, step, texts)} ${plainly(reason)} ${end ? plainly(end) : ''}`}
      </p>
      <dl className="descent-here">
        <div>
          <dt>
            <var>{bowl.name}</var>
          </dt>
          <dd>
            <Value
              of={cost}
              kind="descent.cost"
              label={texts.costNumber}
              tone="forward"
              digits={4}
              from={openGraph}
            />
          </dd>
        </div>
        {bowl.parameters.map((name, axis) => (
          <div key={name}>
            <dt>
              <Slope parameter={name} cost={bowl.name} />
            </dt>
            <dd>
              <Value
                of={slopes[axis]!}
                kind="descent.slope"
                label={texts.slopeOf(name)}
                tone="backward"
                digits={4}
                from={openGraph}
              />
            </dd>
          </div>
        ))}
      </dl>
      {children}
    </>
  )
}
