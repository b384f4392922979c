// The second half of the page: the network of the lecture learns XOR, in a worker.
import { formatNumber, isOver } from '@bp/lab'
import { Fragment, useEffect, useId, useState, useSyncExternalStore } from 'react'
import { NumberField, type NumberFieldProps } from '../parts/number-field.js'
import { DecisionMap } from './decision-map.js'
import { LossCurve } from './loss-curve.js'
import type { Progress } from './protocol.js'
import { epochs, type Settings } from './settings.js'
import type { Trainer } from './trainer.js'

const speeds: readonly { readonly label: string; readonly speed: number | null }[] = [
  { label: '10 epochs per second', speed: 10 },
  { label: '100 epochs per second', speed: 100 },
  { label: '1000 epochs per second', speed: 1000 },
  { label: 'full speed', speed: null },
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

/** Loss of a network that always predicts 0.5. */
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
  const over = progress === null || isOver(progress.status)

  // A button that can do nothing now keeps the focus, hence aria-disabled; the worker ignores its requests.
  return (
    <section id="training" className="card" aria-labelledby="training-title">
      <h2 id="training-title">A network learns XOR</h2>
      <p className="lead">
        Nobody sets these weights. A network of sigmoid units starts with random ones; in each step,
        backpropagation computes how the loss changes with every weight, and each weight moves a little
        downhill. XOR is 1 if exactly one of its two inputs is 1: no straight line can separate the points, so
        a hidden layer is needed. Try it with 0 hidden units.
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
          name="correct"
          title="Correct"
          value={
            progress
              ? `${progress.predictions.filter(({ correct }) => correct).length} of ${progress.predictions.length}`
              : '—'
          }
        />
        <Figure name="rate" title="Steps per second" value={rate(progress)} />
      </dl>
      <p className="verdict-line" role="status">
        {verdict(progress, settings)}
      </p>
      <div className="views">
        <figure className="map">
          <figcaption>
            Prediction for every pair of inputs: <span className="zero-word">orange 0</span>,{' '}
            <span className="one-word">blue 1</span>; the line is 0.5
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
                <th scope="col">target</th>
                <th scope="col">predicted</th>
                <th scope="col">correct?</th>
              </tr>
            </thead>
            <tbody>
              {(progress?.predictions ?? []).map((prediction) => (
                <tr key={prediction.inputs.join()}>
                  <td>{prediction.inputs[0]}</td>
                  <td>{prediction.inputs[1]}</td>
                  <td>{prediction.target}</td>
                  <td>{prediction.probability.toFixed(4)}</td>
                  <td>{prediction.correct ? '✓ yes' : '✗ no'}</td>
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
        compare with weights_sha256 of <code>npm start -- train xor --ui json</code>. Changing a setting
        starts a new run.
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
      return 'Resume'
    case 'done':
      return 'Done'
    case 'diverged':
      return 'Diverged'
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

/** What the numbers mean, in words, once training is done. */
function verdict(progress: Progress | null, { hiddenUnits }: Settings): string {
  if (progress?.status !== 'done') return ''
  const wrong = progress.predictions.filter(({ correct }) => !correct).length
  if (wrong === 0) return `Learned: all four predictions are correct after ${progress.epochs} epochs.`
  const reason =
    hiddenUnits === 0
      ? 'Without a hidden layer no weights can separate the points; add hidden units.'
      : 'Gradient descent probably ended in a local minimum; try another seed or more hidden units.'
  return `Not learned: after ${progress.epochs} epochs ${wrong} of 4 predictions ${wrong === 1 ? 'is' : 'are'} wrong. ${reason}`
}
