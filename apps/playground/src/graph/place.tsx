// The Graph place: any expression as a graph, its values and derivatives step by step.
import {
  type GraphDocument,
  type GraphPicture,
  nextBreak,
  nextPhase,
  openGraph,
  type Source,
  stepOf,
  viewAt,
} from '@bp/lab'
import { lazy, useEffect, useMemo, useRef, useState } from 'react'
import { Tabs } from '../parts/tabs.js'
import { Timeline } from '../parts/timeline.js'
import { useKeys } from '../shell/keys.js'
import { useTexts } from '../shell/language.js'
import type { PlaceProps } from '../shell/place.js'
import { PlaceFrame } from '../shell/place-frame.js'
import { AccountCard } from './account-card.js'
import { Bar } from './bar.js'
import { Drawing } from './drawing.js'
import { Problems } from './problems.js'
import { segmentsOf } from './steps.js'
import { StepsTab } from './steps-tab.js'
import '../styles/graph.css'

/** Milliseconds from step to step while it plays, at speed 1. */

// Opened when they are gone to; the steps are there at first.
const CheckTab = lazy(async () => ({ default: (await import('./check-tab.js')).CheckTab }))
const CodeTab = lazy(async () => ({ default: (await import('./code-tab.js')).CodeTab }))
const MathsTab = lazy(async () => ({ default: (await import('./maths-tab.js')).MathsTab }))
const NudgeTab = lazy(async () => ({ default: (await import('./nudge-tab.js')).NudgeTab }))
const pace = 1200

const nobody: readonly string[] = []

const speeds = [0.25, 0.5, 1, 2, 4, 16]

export function GraphPlace({ document, change }: PlaceProps<GraphDocument>) {
  const texts = useTexts().graph
  const { source, values, opened, target, mode, along, broken } = document
  // Steps, tabs and what is chosen change nothing of it.
  const { picture: current, problem } = useMemo(
    () => openGraph(document),
    [source, values, opened, target, mode, along, broken],
  )
  // What is being typed may be no graph yet: the last picture stays.
  const last = useRef<GraphPicture | null>(null)
  last.current = current ?? last.current
  const picture = last.current && { ...last.current, view: viewAt(last.current.trace, document.position) }
  const [pointed, setPointed] = useState<readonly string[] | null>(null)
  const [playing, setPlaying] = useState(false)
  const [speed, setSpeed] = useState(1)

  const trace = picture?.trace
  const position = picture?.view.position ?? 0
  const total = trace?.steps.length ?? 0
  const go = (to: number) =>
    change({ ...document, position: Math.min(Math.max(to, 0), total) }, { merge: 'position' })
  const stepTo = (to: number) => {
    setPlaying(false)
    go(to)
  }
  const { breakpoints, selected } = document
  const advance = useRef(() => {})
  advance.current = () => {
    const next = position + 1
    go(next)
    if (next >= total || nextBreak(trace!, position, breakpoints) === next) setPlaying(false)
  }
  useEffect(() => {
    if (!playing) return
    const timer = setInterval(() => advance.current(), pace / speed)
    return () => clearInterval(timer)
  }, [playing, speed])

  const play = () => {
    if (!playing && position === total) go(0)
    setPlaying(!playing && total > 0)
  }
  const changeSpeed = (by: number) =>
    setSpeed(speeds[Math.min(Math.max(speeds.indexOf(speed) + by, 0), speeds.length - 1)]!)
  const toggleBreakpoint = (node: string) =>
    change({
      ...document,
      breakpoints: breakpoints.includes(node)
        ? breakpoints.filter((other) => other !== node)
        : [...breakpoints, node],
    })
  const selectedNode = trace?.nodes.find(({ id }) => id === selected)?.id ?? picture?.view.current?.node
  useKeys([
    { key: 'ArrowRight', title: texts.keys.next, run: () => stepTo(position + 1) },
    { key: 'F10', title: texts.keys.next, run: () => stepTo(position + 1) },
    { key: 'ArrowLeft', title: texts.keys.back, run: () => stepTo(position - 1) },
    { key: ' ', title: texts.keys.play, run: play },
    { key: 'Home', title: texts.keys.first, run: () => stepTo(0) },
    { key: 'End', title: texts.keys.last, run: () => stepTo(total) },
    { key: 'F8', title: texts.keys.phase, run: () => trace && stepTo(nextPhase(trace, position)) },
    {
      key: 'F9',
      title: texts.keys.toBreakpoint,
      run: () => trace && stepTo(nextBreak(trace, position, breakpoints)),
    },
    { key: 'b', title: texts.keys.breakpoint, run: () => selectedNode && toggleBreakpoint(selectedNode) },
    { key: 'r', title: texts.keys.first, run: () => stepTo(0) },
    { key: '[', title: texts.keys.slower, run: () => changeSpeed(-1) },
    { key: ']', title: texts.keys.faster, run: () => changeSpeed(1) },
  ])

  if (!picture || !trace)
    return (
      <PlaceFrame
        title={texts.title}
        bar={
          <Bar
            document={document}
            change={change}
            picture={null}
            problem={problem}
            lit={nobody}
            onPoint={setPointed}
          />
        }
        drawing={<p className="graph-empty">{texts.empty}</p>}
      />
    )

  const goFrom = (source: Source) => {
    setPlaying(false)
    const made = stepOf(trace, source)
    change({
      ...document,
      position: made ?? position,
      selected: 'node' in source ? source.node : source.edge,
    })
    // A variable's number comes from whoever typed it.
    if (made === null && 'node' in source)
      globalThis.document
        .querySelector<HTMLElement>(`[data-node="${CSS.escape(source.node)}"] input`)
        ?.focus()
  }
  const shown = document.selected ?? picture.view.current?.node
  const lit = pointed ?? (shown === undefined ? nobody : [shown])
  const shared = { document, change, picture, onFrom: goFrom, lit, onPoint: setPointed }
  return (
    <PlaceFrame
      title={texts.title}
      bar={<Bar {...shared} problem={problem} />}
      drawing={<Drawing {...shared} onBreakpoint={toggleBreakpoint} />}
      card={
        <>
          <Problems {...shared} />
          <AccountCard {...shared} onBreakpoint={toggleBreakpoint} />
          <Tabs
            label={texts.tabs.label}
            selected={document.tab}
            onSelect={(tab) => change({ ...document, tab }, { merge: 'tab' })}
            tabs={[
              {
                name: 'steps',
                title: texts.tabs.steps,
                content: () => <StepsTab {...shared} onStep={stepTo} />,
              },
              { name: 'nudge', title: texts.tabs.nudge, content: () => <NudgeTab {...shared} /> },
              { name: 'check', title: texts.tabs.check, content: () => <CheckTab {...shared} /> },
              { name: 'maths', title: texts.tabs.maths, content: () => <MathsTab {...shared} /> },
              { name: 'code', title: texts.tabs.code, content: () => <CodeTab {...shared} /> },
            ]}
          />
        </>
      }
      timeline={
        <Timeline
          position={position}
          segments={segmentsOf(trace, texts.phases)}
          onPosition={stepTo}
          describe={(at) => trace.steps[at - 1]?.text ?? texts.ready}
          playing={playing}
          onPlay={play}
          marks={trace.steps.flatMap(({ node }, index) => (breakpoints.includes(node) ? [index + 1] : []))}
          hint={texts.hint}
        >
          <button
            type="button"
            title={texts.keys.faster}
            aria-label={texts.speed(speed)}
            onClick={() => setSpeed(speeds[(speeds.indexOf(speed) + 1) % speeds.length]!)}
          >
            {speed}×
          </button>
        </Timeline>
      }
    />
  )
}
