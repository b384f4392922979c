// The Network place: a network that is trained in a worker, with all of its numbers.
import {
  canFreeze,
  formatCount,
  formatNumber,
  type GraphDocument,
  initialGraph,
  initialTrainingGraph,
  isOver,
  limits,
  type NetworkDocument,
  openGraph,
  stepOf,
} from '@bp/lab'
import { useEffect, useSyncExternalStore } from 'react'
import { Sentence } from '../parts/sentence.js'
import { SignButton } from '../parts/sign-button.js'
import { Timeline } from '../parts/timeline.js'
import { useKeys } from '../shell/keys.js'
import { useTexts } from '../shell/language.js'
import type { PlaceProps } from '../shell/place.js'
import { PlaceFrame } from '../shell/place-frame.js'
import '../styles/network.css'
import { Bar } from './bar.js'
import { Card } from './card.js'
import { createWorker } from './create-worker.js'
import { type Inside, NetworkDrawing, partsOf } from './drawing.js'
import { PartAccount } from './part-account.js'
import { Selection } from './selection.js'
import { Trainer } from './trainer.js'
import { remember, useCompared } from './use-compared.js'

const trainer = new Trainer(createWorker)

/** Steps per second; 0 is full speed. */
const speeds = [1, 10, 100, 1000, 0]

export function NetworkPlace({ document, change, open }: PlaceProps<NetworkDocument>) {
  const { network: texts, shell } = useTexts()
  const state = useSyncExternalStore(trainer.subscribe, trainer.getState)
  const compared = useCompared(document.compared)
  const { training, shown, refusal, restarts } = state

  useEffect(() => trainer.follow(document), [document])
  useEffect(() => {
    const stop = trainer.watch()
    return () => {
      stop()
      trainer.pause()
    }
  }, [])

  // The document takes its step from the run, so that the address, the storage and undo have it.
  const reached = training && !training.seeking ? training.view.step : null
  useEffect(() => {
    // What was reported before another step or another network was asked for is not where the run is.
    if (reached === null || reached === document.step || trainer.isBehind) return
    trainer.publish(reached)
    change({ ...document, step: reached, part: 0 }, { merge: 'train' })
  }, [training])

  const onDocument = (own: Partial<NetworkDocument>, merge?: string) =>
    change({ ...document, ...own }, merge === undefined ? {} : { merge })
  const onSettings = (own: Partial<NetworkDocument>, merge?: string) =>
    onDocument({ step: 0, part: 0, row: 0, selected: null, edits: [], freezes: [], ...own }, merge)
  const view = training?.view
  const running = training?.running ?? false
  const over = view !== undefined && isOver(view.status)
  const parts = view ? partsOf(view.sizes.length - 1) : 0

  const inside: Inside = (name, of, row = document.row) =>
    trainer.lookInside(row, ({ source, values, weights }) => {
      const known = weights.length > 0 || name === 'loss' || name === 'y'
      const next: GraphDocument = { ...initialGraph, source, values, selected: known && of ? name : null }
      const { picture } = openGraph(next)
      const position = known && of && picture ? stepOf(picture.trace, { of, node: name }) : null
      open('graph', { ...next, position: position ?? 0 })
    })
  const goTo = (step: number) => onDocument({ step: Math.max(0, step), part: 0 }, 'step')
  const stepOn = () => {
    if (document.part === 0) {
      if (!over) goTo(document.step + 1)
    } else if (document.part < parts) onDocument({ part: document.part + 1 }, 'part')
    else if (!over) onDocument({ step: document.step + 1, part: 1 }, 'part')
  }
  const stepBack = () => {
    if (document.part > 1) onDocument({ part: document.part - 1 }, 'part')
    else goTo(document.step - 1)
  }
  const train = () => {
    if (running) return trainer.pause()
    if (refusal !== null) return
    // While it is being prepared, the press waits with the other messages of the worker.
    if (!view || !over) {
      if (document.part > 0) onDocument({ part: 0 }, 'part')
      return trainer.train()
    }
    if (view.status === 'diverged') return
    // As many more as there were; what had ended it is done with.
    const next: NetworkDocument = {
      ...document,
      part: 0,
      until: { steps: Math.min(limits.steps, 2 * Math.max(document.until.steps, 1)), loss: 0, gradient: 0 },
    }
    trainer.follow(next)
    trainer.train()
    change(next)
  }
  const toggleParts = () => onDocument({ part: document.part > 0 ? 0 : 1 }, 'part')
  const setSpeed = (by: number) => {
    const at = speeds.indexOf(document.speed) + by
    if (at >= 0 && at < speeds.length) onDocument({ speed: speeds[at]! }, 'speed')
  }
  const onEdit = (layer: number, from: number, to: number, value: number) => {
    const { step } = document
    const others = document.edits.filter(
      (edit) => !(edit.step === step && edit.layer === layer && edit.from === from && edit.to === to),
    )
    if (others.length >= limits.edits) return
    const edits = [...others, { step, layer, from, to, value: Math.fround(value) }].sort(
      (a, b) => a.step - b.step,
    )
    onDocument({ edits, part: 0 }, `edit ${step} ${layer} ${from} ${to}`)
  }
  const onFreeze = (layer: number, from: number, to: number, frozen: boolean) => {
    const { step } = document
    const others = document.freezes.filter(
      (one) => !(one.step === step && one.layer === layer && one.from === from && one.to === to),
    )
    if (others.length >= limits.freezes) return
    const freezes = [...others, { step, layer, from, to, frozen }].sort((a, b) => a.step - b.step)
    onDocument({ freezes, part: 0 })
  }
  const compare = () => {
    if (!view || !shown || running) return
    const one: NetworkDocument = {
      ...document,
      step: view.step,
      part: 0,
      paper: [],
      compared: [],
      selected: null,
    }
    remember(one, view)
    onDocument({ compared: [...document.compared, one].slice(-limits.compared) })
  }

  useKeys([
    { key: ' ', title: texts.keys.train, run: document.part > 0 ? stepOn : train },
    { key: 'ArrowRight', title: texts.keys.forward, run: stepOn },
    { key: 'ArrowLeft', title: texts.keys.back, run: stepBack },
    { key: 'p', title: texts.keys.parts, run: toggleParts },
    { key: '[', title: texts.keys.slower, run: () => setSpeed(-1) },
    { key: ']', title: texts.keys.faster, run: () => setSpeed(1) },
    { key: 'l', title: texts.keys.inside, run: () => inside('loss', null) },
  ])

  const perSecond = training?.stepsPerSecond ?? null
  const primary =
    document.part > 0
      ? { title: texts.nextPart, run: stepOn }
      : {
          title: running
            ? texts.pause
            : over && view.status === 'done'
              ? texts.trainOn(formatCount(document.until.steps))
              : texts.train,
          run: train,
        }
  return (
    <PlaceFrame
      title={texts.title}
      bar={
        <div className="network-bar">
          <Bar document={document} outputs={view?.sizes.at(-1) ?? 1} onSettings={onSettings} />
          <span className="network-bar-end">
            {document.edits.length > 0 && (
              <button
                type="button"
                className="quiet"
                title={texts.removeEdits}
                onClick={() => onDocument({ edits: [] })}
              >
                {texts.edited(document.edits.length)} ✕
              </button>
            )}
            {document.freezes.length > 0 && (
              <button
                type="button"
                className="quiet"
                title={texts.removeFreezes}
                onClick={() => onDocument({ freezes: [] })}
              >
                {texts.frozenTimes(document.freezes.length)} ✕
              </button>
            )}
            <button type="button" aria-disabled={!view || running} onClick={compare}>
              {texts.compare}
            </button>
            <button type="button" aria-disabled={!view} onClick={() => view && inside('loss', null)}>
              {texts.lookInside}
            </button>
            <button
              type="button"
              onClick={() => open('training-graph', { ...initialTrainingGraph, network: document })}
            >
              {shell.placeNames['training-graph']}
            </button>
          </span>
        </div>
      }
      drawing={
        training && shown ? (
          <NetworkDrawing
            document={{ ...shown, part: running ? 0 : document.part, selected: document.selected }}
            training={training}
            onSelect={(selected) => onDocument({ selected }, 'selected')}
            onInside={inside}
          />
        ) : (
          <p className="network-preparing" role="status">
            {refusal === null && restarts !== null && texts.preparing}
          </p>
        )
      }
      card={
        <>
          {restarts === null && (
            <p className="warning" role="alert">
              {texts.gaveUp}
            </p>
          )}
          {restarts !== null && restarts > 0 && (
            <p className="warning network-restarted" role="status">
              {texts.restarted(formatCount(document.step))}
              <SignButton className="quiet" title={texts.close} sign="✕" onPress={() => trainer.dismiss()} />
            </p>
          )}
          {refusal !== null && (
            <p className="warning" role="alert">
              {texts.refused(document.freezes.length > 0 && !canFreeze(document) ? texts.noFreeze : refusal)}
            </p>
          )}
          {training && shown && (
            <>
              {document.part > 0 && !running && (
                <PartAccount
                  document={shown}
                  training={training}
                  part={document.part}
                  selected={document.selected}
                  onInside={inside}
                />
              )}
              {document.selected !== null && (
                <Selection
                  document={shown}
                  training={training}
                  selected={document.selected}
                  onSelect={(selected) => onDocument({ selected }, 'selected')}
                  onInside={inside}
                  onUpdate={(step) =>
                    onDocument({ step: Math.max(0, step), part: step < 0 ? 0 : parts }, 'part')
                  }
                  onEdit={onEdit}
                  onFreeze={onFreeze}
                />
              )}
              <Card
                document={document}
                state={state}
                trainer={trainer}
                compared={compared}
                onDocument={onDocument}
                onSettings={onSettings}
                onFreeze={onFreeze}
                onInside={inside}
              />
            </>
          )}
        </>
      }
      timeline={
        <>
          {/* While it trains, it would never be silent. */}
          <p className="visually-hidden" role="status">
            {view &&
              !running &&
              `${texts.stepAt(formatCount(view.step))}: ${texts.lossLabel} ${formatNumber(view.loss, 4)}`}
          </p>
          <Timeline
            position={document.step}
            segments={[
              {
                name: texts.stepOf(formatCount(document.step), formatCount(document.until.steps)),
                length: document.until.steps,
                tone: 'plain',
              },
            ]}
            onPosition={goTo}
            describe={(step) => texts.stepOf(formatCount(step), formatCount(document.until.steps))}
            next={primary}
            onStep={stepOn}
            marks={[...new Set([...document.edits, ...document.freezes].map(({ step }) => step))]}
            hint={
              perSecond === null ? null : (
                <span data-figure="rate" data-value={Math.round(perSecond)}>
                  <Sentence
                    text={texts.measured('{speed}')}
                    numbers={{
                      speed: {
                        value: Math.round(perSecond),
                        kind: 'network.speed',
                        label: texts.measured(''),
                        from: () => onDocument({ tab: 'loss' }, 'tab'),
                      },
                    }}
                  />
                </span>
              )
            }
          >
            <button
              type="button"
              aria-pressed={document.part > 0}
              title={texts.partsTitle}
              onClick={toggleParts}
            >
              {texts.parts}
            </button>
            <select
              className="network-speed"
              aria-label={texts.speed}
              value={document.speed}
              onChange={(event) => onDocument({ speed: Number(event.target.value) }, 'speed')}
            >
              {[...new Set([...speeds, document.speed])].map((speed) => (
                <option key={speed} value={speed}>
                  {speed === 0 ? texts.fullSpeed : texts.perSecond(formatCount(speed))}
                </option>
              ))}
            </select>
          </Timeline>
        </>
      }
    />
  )
}
