// The second half of the page: the network of the lecture learns XOR, in a worker.
import { formatNumber } from '@bp/lab'
import { Fragment, useEffect, useId, useState, useSyncExternalStore } from 'react'
import { NumberField, type NumberFieldProps } from '../number-field.js'
import { DecisionMap } from './decision-map.js'
import { LossCurve } from './loss-curve.js'
import type { Progress } from './protocol.js'
import { epochs, type Settings } from './settings.js'
import type { Trainer } from './trainer.js'

const speeds: readonly { readonly label: string; readonly speed: number | null }[] = [
  { label: '10 epochs a second', speed: 10 },
  { label: '100 epochs a second', speed: 100 },
  { label: '1000 epochs a second', speed: 1000 },
  { label: 'as fast as it can', speed: null },
]
const usualSpeed = 1

interface Control extends Omit<NumberFieldProps, 'id' | 'value' | 'onChange'> {
  readonly key: keyof Settings
}

/** A field for each setting; a change starts a new run. */
const controls: readonly Control[] = [
  { key: 'seed', label: 'Seed', step: 1, min: 0, max: 2 ** 32 - 1, whole: true },
  { key: 'learningRate', label: 'Learning rate', step: 0.1 },
  { key: 'hiddenUnits', label: 'Hidden units', step: 1, min: 0, max: 16, whole: true },
]

/** Loss of a network that always answers 0.5. */
const guessing = { loss: Math.LN2, label: 'guessing: ln 2 = 0.693' }

export function TrainingLab({ trainer }: { readonly trainer: Trainer }) {
  const { settings, progress, fingerprint, refusal } = useSyncExternalStore(
    trainer.subscribe,
    trainer.getState,
  )
  const id = useId()
  const [speed, setSpeed] = useState(usualSpeed)
  const [logarithmic, setLogarithmic] = useState(false)
  useEffect(() => trainer.setSpeed(speeds[speed]!.speed), [trainer, speed])

  const running = progress?.status === 'running'
  const over = progress === null || progress.status === 'done' || progress.status === 'diverged'

  // A button that can do nothing just now keeps the focus, hence aria-disabled; the worker ignores it.
  return (
    <section id="training" className="card" aria-labelledby="training-title">
      <h2 id="training-title">A network learns XOR</h2>
      <p className="lead">
        Nobody sets these weights. A network of sigmoid units starts with random ones; then each step asks
        backpropagation how the loss would move with every weight, and moves each weight a little downhill.
        XOR is 1 when exactly one of two inputs is 1: no straight line can part the points, so a hidden layer
        is needed. Try it with 0 hidden units.
      </p>
      <div className="training-bar">
        <div className="run-buttons">
          <button
            type="button"
            className="primary"
            aria-disabled={over}
            onClick={() => (running ? trainer.pause() : trainer.start())}
          >
            {trainLabel(progress)}
          </button>
          <button type="button" aria-disabled={over || running} onClick={() => trainer.step()}>
            One step
          </button>
          <button type="button" onClick={() => trainer.reset(settings)}>
            Reset
          </button>
        </div>
        <div className="settings">
          {controls.map(({ key, ...control }) => (
            <Fragment key={key}>
              <label htmlFor={`${id}-${key}`}>{control.label}</label>
              <NumberField
                {...control}
                id={`${id}-${key}`}
                value={settings[key]}
                onChange={(value) => trainer.reset({ ...settings, [key]: value })}
              />
            </Fragment>
          ))}
          <label htmlFor={`${id}-speed`}>Speed</label>
          <select id={`${id}-speed`} value={speed} onChange={(event) => setSpeed(Number(event.target.value))}>
            {speeds.map(({ label }, index) => (
              <option key={label} value={index}>
                {label}
              </option>
            ))}
          </select>
        </div>
      </div>
      {refusal && (
        <p className="warning" role="alert">
          {refusal}
        </p>
      )}
      {progress?.message && (
        <p className="warning" role="alert">
          {progress.message}
        </p>
      )}
      <dl className="figures">
        <Figure
          name="epoch"
          title="Epoch"
          value={progress ? `${progress.epoch} of ${progress.epochs}` : `— of ${epochs}`}
        />
        <Figure name="loss" title="Loss" value={number(progress?.loss)} />
        <Figure
          name="right"
          title="Right"
          value={
            progress
              ? `${progress.predictions.filter(({ right }) => right).length} of ${progress.predictions.length}`
              : '—'
          }
        />
        <Figure name="rate" title="Steps a second" value={rate(progress)} />
      </dl>
      <p className="verdict-line" role="status">
        {verdict(progress)}
      </p>
      <div className="views">
        <figure className="map">
          <figcaption>
            What it answers for every pair of inputs: <span className="zero-word">orange 0</span>,{' '}
            <span className="one-word">blue 1</span>, the line is 0.5
          </figcaption>
          <div className="map-frame">
            <span className="axis-y" aria-hidden="true">
              x₂
            </span>
            <DecisionMap grid={progress?.grid ?? null} predictions={progress?.predictions ?? []} />
            <span className="axis-x" aria-hidden="true">
              x₁
            </span>
          </div>
        </figure>
        <div className="curve-and-table">
          <figure>
            <figcaption>
              Loss (cross-entropy) by epoch
              <label className="check">
                <input
                  type="checkbox"
                  checked={logarithmic}
                  onChange={(event) => setLogarithmic(event.target.checked)}
                />
                <span>logarithmic</span>
              </label>
            </figcaption>
            <LossCurve points={progress?.history ?? []} logarithmic={logarithmic} reference={guessing} />
          </figure>
          <table className="predictions">
            <caption>The four predictions</caption>
            <thead>
              <tr>
                <th scope="col">x₁</th>
                <th scope="col">x₂</th>
                <th scope="col">wanted</th>
                <th scope="col">predicted</th>
                <th scope="col">right?</th>
              </tr>
            </thead>
            <tbody>
              {(progress?.predictions ?? []).map((prediction) => (
                <tr key={prediction.inputs.join()}>
                  <td>{prediction.inputs[0]}</td>
                  <td>{prediction.inputs[1]}</td>
                  <td>{prediction.target}</td>
                  <td>{prediction.probability.toFixed(4)}</td>
                  <td>{prediction.right ? '✓ yes' : '✗ no'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
      <p className="fingerprint">
        Fingerprint of the weights (SHA-256): <code data-figure="fingerprint">{fingerprint ?? '—'}</code>
        <br />
        The same settings and number of epochs give the same bits in every browser and in the terminal:
        compare the weights_sha256 of <code>npm start -- train xor --ui json</code>. Changing a setting starts
        a new run.
      </p>
    </section>
  )
}

function Figure({
  name,
  title,
  value,
}: {
  readonly name: string
  readonly title: string
  readonly value: string
}) {
  return (
    <div className="figure">
      <dt>{title}</dt>
      <dd data-figure={name}>{value}</dd>
    </div>
  )
}

function trainLabel(progress: Progress | null): string {
  switch (progress?.status) {
    case 'running':
      return 'Pause'
    case 'paused':
      return 'Go on'
    case 'done':
    case 'diverged':
      return 'Ended'
    default:
      return 'Train'
  }
}

function number(value: number | null | undefined): string {
  return value === null || value === undefined ? '—' : formatNumber(value, 4)
}

function rate(progress: Progress | null): string {
  const value = progress?.stepsPerSecond ?? null
  return value === null ? '—' : Math.round(value).toLocaleString('en-US')
}

/** What the numbers mean, in words, at the points where something has been decided. */
function verdict(progress: Progress | null): string {
  if (progress?.status !== 'done') return ''
  const wrong = progress.predictions.filter(({ right }) => !right).length
  if (wrong === 0) return `Learned: all four answers are right after ${progress.epochs} epochs.`
  return `Not learned: after ${progress.epochs} epochs ${wrong} of 4 answers ${wrong === 1 ? 'is' : 'are'} wrong. With these settings the descent ended in a hollow that is not the lowest; try another seed or more hidden units.`
}
