// Checks that outputs, loss and targets agree: certain mistakes are refused before the first step.

import { DataError, ValueError } from '../checks/errors.js'
import { fourDigits } from '../checks/format.js'
import type { Columns, Dataset } from '../data/dataset.js'
import { describeNode, type Tensor, Variable } from '../graph/tensor.js'
import { pick } from '../layers/named.js'
import { type LossOrigin, lossOriginsIn } from '../training/loss-origin.js'
import { losses, type OutputKind, type TargetKind } from '../training/losses.js'

type Range = readonly [low: number, high: number]

/** Ranges of the outputs of operations; unknown for all others. */
const ranges: ReadonlyMap<string, Range> = new Map(
  (
    [
      ['sigmoid hardSigmoid softmax', 0, 1],
      ['tanh erf sin cos', -1, 1],
      ['relu relu6 softplus exp square abs sqrt', 0, Infinity],
      ['logSigmoid logSoftmax', -Infinity, 0],
      [
        'linear matmul conv1d conv2d leakyRelu elu selu gelu silu mish hardSwish layerNorm rmsNorm groupNorm batchNorm batchNormInference',
        -Infinity,
        Infinity,
      ],
    ] as const
  ).flatMap(([names, ...range]) => names.split(' ').map((name) => [name, range] as const)),
)

const nameOf = ({ op }: Tensor) => op?.name ?? ''

/** The tensor that holds the same values in the same order, before reshapes. */
function sourceOf(tensor: Tensor): Tensor {
  let source = tensor
  while (/^(reshape|expandDims|squeeze)$/.test(nameOf(source))) source = source.inputs[0]!
  return source
}

function rangeOf(tensor: Tensor): Range | undefined {
  const name = nameOf(tensor)
  const others = tensor.inputs.filter((input) => !(sourceOf(input) instanceof Variable))
  // A product of computed matrices may be probabilities.
  if (name === 'matmul' && others.length > 1) return undefined
  if (name !== 'add' || others.length > 1) return ranges.get(name)
  // A bias keeps the full range full; other ranges become unknown.
  const range = others[0] && rangeOf(sourceOf(others[0]))
  return range?.[0] === -Infinity && range[1] === Infinity ? range : undefined
}

const bothSigns = ([low, high]: Range) => low < 0 && high > 0
const any = () => true
const linear = 'remove that activation'

/** The ranges that fit a kind of outputs, and the cure for others. */
const outputKinds: Readonly<Record<OutputKind, readonly [fits: (range: Range) => boolean, cure: string]>> = {
  values: [any, ''],
  vectors: [any, ''],
  logits: [bothSigns, linear],
  scores: [bothSigns, linear],
  'class logits': [([low, high]) => low < 0 || high > 1, linear],
  probabilities: [([low, high]) => low >= 0 && high <= 1, 'end in sigmoid, or use sigmoidCrossEntropy'],
  'log-probabilities': [([, high]) => high <= 0, 'end in logSoftmax, or use softmaxCrossEntropy'],
  rates: [([low]) => low >= 0, 'end in softplus'],
}

/** Kinds with more than one number per row. */
const several: readonly OutputKind[] = ['vectors', 'class logits', 'log-probabilities']

const distributions = 'rows that sum to 1'

/** How far the sum of a row of probabilities may be from 1, e.g. of probabilities rounded to two digits. */
const tolerance = 0.05

const inUnit = (value: number) => value >= 0 && value <= 1

/** The numbers that fit a kind of targets, and the cure for others. */
const targetKinds: Readonly<
  Record<TargetKind, readonly [fits: (value: number, classes: number) => boolean, cure: string]>
> = {
  numbers: [any, ''],
  '0 or 1': [(value) => value === 0 || value === 1, 'use 0 for -1'],
  'numbers in [0, 1]': [inUnit, 'use 0 for -1, or scale them'],
  [distributions]: [inUnit, 'scale each row, or use sigmoidCrossEntropy for multi-label targets'],
  'class indices': [
    (value, classes) => Number.isInteger(value) && value >= 0 && value < classes,
    'count from 0, and use an output for each class',
  ],
  counts: [(value) => value >= 0, 'use meanSquaredError for other values'],
}

/**
 * The losses of the library within `loss`, after checking that the outputs suit them.
 * @throws ValueError for outputs that certainly do not.
 */
export function checkOutputs(output: string, loss: Tensor): readonly LossOrigin[] {
  const found = lossOriginsIn(loss)
  for (const { name, outputs } of found) {
    const kind = losses[name].outputs
    const [fits, cure] = outputKinds[kind]
    const source = sourceOf(outputs)
    const refuse = (problem: string, cure: string) => {
      throw new ValueError(
        `createRun: ${name} expects ${kind}, but output${output && ` "${output}"`} ${problem}; ${cure}`,
      )
    }
    const { axis } = source.attributes as { axis?: number }
    const size = /softmax/i.test(nameOf(source))
      ? source.shape[axis!]
      : several.includes(kind) && outputs.shape.at(-1)
    if (size === 1)
      refuse(
        `is ${describeNode(source)}, with one number per row`,
        'use two or more, or a loss for one, e.g. sigmoidCrossEntropy',
      )
    const range = rangeOf(source)
    if (range && !fits(range)) refuse(`is ${describeNode(source)}, in [${range.join(', ')}]`, cure)
  }
  return found
}

/** The losses within the loss of an output, and its targets. */
interface ScoredTarget {
  readonly name: string
  readonly target: Tensor
  readonly found: readonly LossOrigin[]
}

/**
 * Checks the targets of each output.
 * @throws DataError naming the first row that is wrong.
 */
export function checkTargets(
  caller: string,
  parts: readonly ScoredTarget[],
  { targets, rows }: Dataset<Columns, Columns>,
): void {
  for (const { name, target, found } of parts)
    checkNumbers(caller, found, target, pick<Float32Array>(targets, name)!, rows)
}

function checkNumbers(
  caller: string,
  found: readonly LossOrigin[],
  target: Tensor,
  numbers: Float32Array,
  rows: number,
): void {
  for (const { name, outputs, targets, ignoreIndex } of found) {
    if (sourceOf(targets) !== target) continue
    const kind = losses[name].targets
    const [fits, cure] = targetKinds[kind]
    const classes = outputs.shape.at(-1)!
    let at = numbers.findIndex((value) => value !== ignoreIndex && !fits(value, classes))
    let problem = `${numbers[at]}`
    if (kind === distributions)
      for (let start = 0; at < 0 && start < numbers.length; start += classes) {
        const sum = numbers.subarray(start, start + classes).reduce((total, value) => total + value, 0)
        if (Math.abs(sum - 1) <= tolerance) continue
        at = start
        problem = `a row that sums to ${fourDigits(sum)}`
      }
    if (at >= 0)
      throw new DataError(
        `${caller}: the target${target.name.slice(1)} of row ${Math.floor((at * rows) / numbers.length)} is ${problem}; ${name} expects ${kind}; ${cure}`,
      )
  }
}
