// The Training graph place: what TensorBoard shows of a step of training, with the numbers of that step.
import {
  formatCount,
  formatNumber,
  initialGraph,
  initialTrainingGraph,
  type NetworkDocument,
  type TrainingGraphDocument,
} from '@bp/lab'
import { type DragEvent, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { saveFile } from '../parts/save-file.js'
import { Tabs } from '../parts/tabs.js'
import { Timeline } from '../parts/timeline.js'
import { useKeys } from '../shell/keys.js'
import { useTexts } from '../shell/language.js'
import type { PlaceProps } from '../shell/place.js'
import { PlaceFrame } from '../shell/place-frame.js'
import '../styles/training-graph.css'
import { Bar } from './bar.js'
import { createWorker } from './create-worker.js'
import { CurvesTab } from './curves-tab.js'
import { Drawing } from './drawing.js'
import { costOf, NodeTab } from './node-tab.js'
import { ProgramTab } from './program-tab.js'
import { Thread } from './thread.js'

const thread = new Thread(createWorker)

/** Larger files take too long to read, in bytes. */
const largestFile = 64 * 2 ** 20

export function TrainingGraphPlace({ document, change, open }: PlaceProps<TrainingGraphDocument>) {
  const texts = useTexts().trainingGraph
  const { shown, refusal } = useSyncExternalStore(thread.subscribe, thread.getState)
  const [notice, setNotice] = useState<string | null>(null)
  const [dropping, setDropping] = useState(false)
  const current = useRef(document)
  current.current = document
  useEffect(() => thread.show(document), [document])

  const go = (own: Partial<TrainingGraphDocument>, merge?: string) =>
    change({ ...document, ...own }, merge === undefined ? {} : { merge })
  useEffect(() => {
    thread.onOpened = (report) => {
      if (report.type === 'unreadable') return setNotice(texts.unreadable(report.name, report.message))
      const { file, complete } = report
      setNotice(complete ? null : texts.incomplete(file.name))
      change({
        ...initialTrainingGraph,
        network: current.current.network,
        file,
        tab: file.nodes.length > 0 ? 'node' : 'curves',
      })
    }
    thread.onExported = (bytes, step) => saveFile(`events.out.tfevents.step-${step}`, new Blob([bytes]))
  }, [texts, change])

  const read = async (file: File | undefined) => {
    if (!file) return
    if (file.size > largestFile) return setNotice(texts.tooLarge(file.name))
    thread.send({ type: 'open', name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })
  }
  const { network, file } = document
  const { steps } = network.until
  const goTo = (step: number) =>
    go({ network: { ...network, step: Math.min(Math.max(step, 0), steps), part: 0 } }, 'position')
  const toNetwork = (own: Partial<NetworkDocument> = {}) => open('network', { ...network, part: 0, ...own })
  const lookInside = (row: number, name: string) => {
    thread.onInside = ({ source, values, weights }) => {
      const known = weights.length > 0 || name === 'loss' || name === 'y'
      open('graph', { ...initialGraph, source, values, selected: known ? name : null })
    }
    thread.send({ type: 'inside', row })
  }
  const found = shown?.found ?? []
  const nextFound = () => {
    if (found.length === 0) return
    const at = found.indexOf(document.selected ?? '')
    go({ selected: found[(at + 1) % found.length]!, instruction: null, tab: 'node' }, 'selected')
  }
  const hasSteps = file === null
  useKeys([
    { key: 'ArrowRight', title: texts.keys.forward, run: () => hasSteps && goTo(network.step + 1) },
    { key: 'ArrowLeft', title: texts.keys.back, run: () => hasSteps && goTo(network.step - 1) },
    {
      key: '/',
      title: texts.keys.search,
      run: () => globalThis.document.querySelector<HTMLElement>('.training-graph-search input')?.focus(),
    },
    { key: 'n', title: texts.keys.next, run: nextFound },
    { key: 'g', title: texts.keys.gradients, run: () => go({ gradients: !document.gradients }) },
    { key: 'u', title: texts.keys.update, run: () => go({ update: !document.update }) },
    { key: 'w', title: texts.keys.network, run: () => toNetwork() },
  ])

  const onDrag = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    setDropping(event.type !== 'dragleave')
  }
  const onDrop = (event: DragEvent) => {
    event.preventDefault()
    setDropping(false)
    void read(event.dataTransfer.files[0])
  }
  const shared = { document, go, lookInside, toNetwork }
  return (
    <PlaceFrame
      title={texts.title}
      bar={
        <Bar
          document={document}
          go={go}
          shown={shown}
          onNextFound={nextFound}
          onFile={(chosen) => void read(chosen)}
          onExport={() => thread.send({ type: 'export' })}
          onNetwork={() => toNetwork()}
        />
      }
      drawing={
        // biome-ignore lint/a11y/noStaticElementInteractions: the menu of the bar opens files by keys
        <div
          className={dropping ? 'training-graph-room dropping' : 'training-graph-room'}
          onDragEnter={onDrag}
          onDragOver={onDrag}
          onDragLeave={onDrag}
          onDrop={onDrop}
        >
          {shown && shown.operations.size > 0 ? (
            <Drawing {...shared} shown={shown} />
          ) : (
            <p className="training-graph-empty" role="status">
              {refusal === null && (shown ? texts.noGraph : texts.preparing)}
            </p>
          )}
          <p className="visually-hidden" role="status">
            {shown?.run && texts.costIs(formatCount(shown.run.step), formatNumber(costOf(shown)))}
          </p>
          {dropping && <p className="training-graph-drop">{texts.dropHere}</p>}
        </div>
      }
      card={
        <>
          {[notice, refusal !== null ? texts.refused(refusal) : null].map(
            (text) =>
              text !== null && (
                <p key={text} className="warning" role="alert">
                  {text}
                </p>
              ),
          )}
          {shown && (
            <Tabs
              label={texts.tabs.label}
              selected={document.tab}
              onSelect={(tab) => go({ tab }, 'tab')}
              tabs={[
                {
                  name: 'node',
                  title: texts.tabs.node,
                  content: () => <NodeTab {...shared} shown={shown} />,
                },
                {
                  name: 'program',
                  title: texts.tabs.program,
                  content: () => <ProgramTab {...shared} shown={shown} />,
                },
                {
                  name: 'curves',
                  title: texts.tabs.curves,
                  content: () => <CurvesTab {...shared} shown={shown} />,
                },
              ]}
            />
          )}
        </>
      }
      timeline={
        hasSteps && (
          <Timeline
            position={network.step}
            segments={[
              {
                name: texts.stepOf(formatCount(network.step), formatCount(steps)),
                length: steps,
                tone: 'plain',
              },
            ]}
            onPosition={goTo}
            describe={(step) => texts.stepOf(formatCount(step), formatCount(steps))}
            hint={texts.hint}
          />
        )
      }
    />
  )
}
