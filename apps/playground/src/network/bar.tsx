// The settings of a network: each shows what is set, and opens a small panel.
import {
  activationNames,
  dataKinds,
  digitSide,
  formatCount,
  formatNumber,
  initializations,
  limits,
  lossKinds,
  type NetworkDocument,
  optimizerKinds,
} from '@bp/lab'
import { useId } from 'react'
import { NumberField, type NumberFieldProps } from '../parts/number-field.js'
import { Popover } from '../parts/popover.js'
import { SignButton } from '../parts/sign-button.js'
import { useTexts } from '../shell/language.js'

interface BarProps {
  readonly document: NetworkDocument
  /** Output units. */
  readonly outputs: number
  /** Settings changed: the run begins at step 0. */
  readonly onSettings: (change: Partial<NetworkDocument>, merge?: string) => void
}

/** Noise with which a data set is neither trivial nor hopeless. */
const usualNoise: Partial<Record<NetworkDocument['data']['kind'], number>> = { gauss: 0.8, moons: 0.1 }

/** Settings with which digits are learned in seconds, all of them to be seen and changed. */
const digitSettings = (document: NetworkDocument): Partial<NetworkDocument> => ({
  data: { ...document.data, kind: 'digits', rows: 1797, heldBack: 0.2 },
  layers: [{ units: 16, activation: 'relu' }],
  loss: 'crossEntropy',
  optimizer: { ...document.optimizer, kind: 'adam', learningRate: 0.01 },
  batch: 32,
  until: { steps: 2000, loss: 0, gradient: 0 },
  tab: 'data',
})

export function Bar({ document, outputs, onSettings }: BarProps) {
  const texts = useTexts().network
  const { data, layers, loss, optimizer, seed } = document
  const change = (change: Partial<NetworkDocument>, merge: string) => onSettings(change, merge)
  const changeData = (own: Partial<NetworkDocument['data']>, merge: string) =>
    change({ data: { ...data, ...own } }, merge)
  const generated = data.kind !== 'xor' && data.kind !== 'points'
  const setLayer = (index: number, own: Partial<(typeof layers)[number]>) =>
    change(
      { layers: layers.map((layer, at) => (at === index ? { ...layer, ...own } : layer)) },
      `layer ${index}`,
    )
  return (
    <>
      <Popover label={texts.data} value={texts.dataKinds[data.kind]}>
        <Choice
          label={texts.data}
          value={data.kind}
          choices={dataKinds}
          titles={texts.dataKinds}
          onChange={(kind) =>
            kind === 'digits'
              ? change(digitSettings(document), 'data')
              : changeData({ kind, noise: usualNoise[kind] ?? 0.05 }, 'data')
          }
        />
        {data.kind === 'formula' && (
          <FormulaField formula={data.formula} onChange={(formula) => changeData({ formula }, 'formula')} />
        )}
        {generated && (
          <>
            <Field
              label={texts.rows}
              value={data.rows}
              step={20}
              min={4}
              max={limits.rows}
              whole
              onChange={(rows) => changeData({ rows }, 'rows')}
            />
            {data.kind !== 'digits' && (
              <Field
                label={texts.noise}
                value={data.noise}
                step={0.05}
                min={0}
                max={10}
                onChange={(noise) => changeData({ noise }, 'noise')}
              />
            )}
          </>
        )}
        {data.kind !== 'xor' && (
          <Field
            label={texts.heldBack}
            value={data.heldBack}
            step={0.1}
            min={0}
            max={0.9}
            onChange={(heldBack) => changeData({ heldBack }, 'heldBack')}
          />
        )}
      </Popover>
      <Popover
        label={texts.layers}
        value={[
          data.kind === 'digits' ? digitSide ** 2 : 2,
          ...layers.map(({ units, activation }) => `${units} ${texts.activations[activation]}`),
          outputs === 1 ? '1 σ' : `${outputs} softmax`,
        ].join(' → ')}
      >
        {layers.length === 0 && <p className="network-note">{texts.noHidden}</p>}
        {layers.length > 0 && (
          <div className="network-layer-row network-layer-head" aria-hidden="true">
            <span>{texts.units}</span>
            <span>{texts.activation}</span>
            <span>{texts.dropout}</span>
          </div>
        )}
        {layers.map(({ units, activation, dropout = 0 }, index) => (
          <div key={index} className="network-layer-row">
            <NumberField
              label={`${texts.hiddenLayer(index + 1)}, ${texts.units}`}
              value={units}
              step={1}
              min={1}
              max={limits.units}
              whole
              onChange={(units) => setLayer(index, { units })}
            />
            <select
              aria-label={`${texts.hiddenLayer(index + 1)}, ${texts.activation}`}
              value={activation}
              onChange={(event) => setLayer(index, { activation: event.target.value as typeof activation })}
            >
              {activationNames.map((name) => (
                <option key={name} value={name}>
                  {name === 'sigmoid' ? 'σ sigmoid' : texts.activations[name]}
                </option>
              ))}
            </select>
            <NumberField
              label={`${texts.hiddenLayer(index + 1)}, ${texts.dropout}`}
              value={dropout}
              step={0.1}
              min={0}
              max={0.9}
              onChange={(share) => {
                const { dropout: _, ...rest } = layers[index]!
                change(
                  {
                    layers: layers.map((layer, at) =>
                      at === index ? { ...rest, ...(share > 0 && { dropout: share }) } : layer,
                    ),
                  },
                  `dropout ${index}`,
                )
              }}
            />
            <SignButton
              className="quiet"
              title={texts.removeLayer(index + 1)}
              sign="✕"
              onPress={() => change({ layers: layers.filter((_, at) => at !== index) }, 'remove layer')}
            />
          </div>
        ))}
        {layers.length < limits.layers && (
          <button
            type="button"
            onClick={() =>
              change(
                { layers: [...layers, layers.at(-1) ?? { units: 2, activation: 'sigmoid' }] },
                'add layer',
              )
            }
          >
            {texts.addLayer}
          </button>
        )}
        <Choice
          label={texts.initialization}
          value={document.initialization}
          choices={initializations}
          titles={texts.initializations}
          onChange={(initialization) => change({ initialization }, 'initialization')}
        />
      </Popover>
      <Popover label={texts.loss} value={texts.losses[loss]}>
        <Choice
          label={texts.loss}
          value={loss}
          choices={lossKinds}
          titles={texts.losses}
          onChange={(loss) => change({ loss }, 'loss')}
        />
        <Field
          label={texts.l1}
          value={document.l1}
          step={0.001}
          min={0}
          max={10}
          onChange={(l1) => change({ l1 }, 'l1')}
        />
        <Field
          label={texts.l2}
          value={document.l2}
          step={0.001}
          min={0}
          max={10}
          onChange={(l2) => change({ l2 }, 'l2')}
        />
      </Popover>
      <Popover
        label={texts.optimizer}
        value={`${texts.optimizers[optimizer.kind]}, α = ${formatNumber(optimizer.learningRate)}`}
      >
        <Choice
          label={texts.optimizer}
          value={optimizer.kind}
          choices={optimizerKinds}
          titles={texts.optimizers}
          onChange={(kind) => change({ optimizer: { ...optimizer, kind } }, 'optimizer')}
        />
        <Field
          label={texts.learningRate}
          value={optimizer.learningRate}
          step={0.1}
          min={1e-30}
          max={3.4e38}
          onChange={(learningRate) => change({ optimizer: { ...optimizer, learningRate } }, 'rate')}
        />
        {(optimizer.kind === 'momentum' || optimizer.kind === 'nesterov') && (
          <Field
            label={texts.momentum}
            value={optimizer.momentum}
            step={0.05}
            min={0}
            max={0.9999}
            onChange={(momentum) => change({ optimizer: { ...optimizer, momentum } }, 'momentum')}
          />
        )}
        <Field
          label={texts.batch}
          note={texts.allRows}
          value={document.batch}
          step={1}
          min={0}
          max={limits.rows}
          whole
          onChange={(batch) => change({ batch }, 'batch')}
        />
      </Popover>
      <Popover label={texts.seed} value={String(seed)}>
        <Field
          label={texts.seed}
          value={seed}
          step={1}
          min={0}
          max={2 ** 32 - 1}
          whole
          onChange={(seed) => change({ seed }, 'seed')}
        />
        <button type="button" onClick={() => change({ seed: seed + 1 }, 'seed')}>
          {texts.anotherSeed}
        </button>
      </Popover>
      <Popover label={texts.until} value={formatCount(document.until.steps)}>
        <Until document={document} onSettings={onSettings} />
      </Popover>
    </>
  )
}

function Until({ document, onSettings }: Omit<BarProps, 'outputs'>) {
  const texts = useTexts().network
  const { until } = document
  const change = (own: Partial<typeof until>) => onSettings({ until: { ...until, ...own } }, 'until')
  return (
    <>
      <Field
        label={texts.untilStep}
        value={until.steps}
        step={1000}
        min={1}
        max={limits.steps}
        whole
        onChange={(steps) => change({ steps })}
      />
      <Field
        label={texts.untilLoss}
        note={texts.never}
        value={until.loss}
        step={0.01}
        min={0}
        max={1e30}
        onChange={(loss) => change({ loss })}
      />
      <Field
        label={texts.untilGradient}
        note={texts.never}
        value={until.gradient}
        step={0.001}
        min={0}
        max={1e30}
        onChange={(gradient) => change({ gradient })}
      />
    </>
  )
}

function Field({ label, note, ...field }: Omit<NumberFieldProps, 'id'> & { readonly note?: string }) {
  const id = useId()
  return (
    <div className="network-field">
      <label htmlFor={id}>
        {label}
        {note && <small>{note}</small>}
      </label>
      <NumberField {...field} label={label} id={id} />
    </div>
  )
}

function FormulaField({
  formula,
  onChange,
}: {
  readonly formula: string
  readonly onChange: (formula: string) => void
}) {
  const texts = useTexts().network
  const id = useId()
  return (
    <div className="network-field">
      <label htmlFor={id}>{texts.formula}</label>
      <input
        id={id}
        type="text"
        value={formula}
        maxLength={200}
        spellCheck={false}
        autoComplete="off"
        title={texts.formulaOf}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  )
}

interface ChoiceProps<Name extends string> {
  readonly label: string
  readonly value: Name
  readonly choices: readonly Name[]
  readonly titles: Readonly<Record<Name, string>>
  readonly onChange: (name: Name) => void
}

function Choice<Name extends string>({ label, value, choices, titles, onChange }: ChoiceProps<Name>) {
  const id = useId()
  return (
    <div className="network-field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value as Name)}>
        {choices.map((name) => (
          <option key={name} value={name}>
            {titles[name]}
          </option>
        ))}
      </select>
    </div>
  )
}
