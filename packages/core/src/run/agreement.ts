// Whether outputs, loss and targets belong together: what is certainly wrong is refused before the first step.

import { DataError, ValueError } from '../checks/errors.js'
import { formatShort } from '../checks/format.js'
import type { Columns, Dataset } from '../data/dataset.js'
import { describeNode, type Tensor, Variable } from '../graph/tensor.js'
import { pick } from '../layers/named.js'
import { type Judged, judgedIn } from '../training/judged.js'
import { losses, type OutputKind, type TargetKind } from '../training/losses.js'

type Range = readonly [low: number, high: number]

/** In what range operations put out numbers. What others may put out is not known, so nothing is said of it. */
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

/** What the numbers of a tensor come from: the same, in the same order. */
function sourceOf(tensor: Tensor): Tensor {
  let source = tensor
  while (/^(reshape|expandDims|squeeze)$/.test(nameOf(source))) source = source.inputs[0]!
  return source
}

function rangeOf(tensor: Tensor): Range | undefined {
  const name = nameOf(tensor)
  const others = tensor.inputs.filter((input) => !(sourceOf(input) instanceof Variable))
  // Products of computed matrices may be probabilities.
  if (name === 'matmul' && others.length > 1) return undefined
  if (name !== 'add' || others.length > 1) return ranges.get(name)
  // With a bias it can be anything if it could be before.
  const range = others[0] && rangeOf(sourceOf(others[0]))
  return range?.[0] === -Infinity && range[1] === Infinity ? range : undefined
}

const bothSigns = ([low, high]: Range) => low < 0 && high > 0
const any = () => true
const linear = 'leave out that activation'

/** Which ranges a kind of outputs can have, and what to do about others. */
const outputKinds: Readonly<Record<OutputKind, readonly [fits: (range: Range) => boolean, cure: string]>> = {
  values: [any, ''],
  vectors: [any, ''],
  logits: [bothSigns, linear],
  scores: [bothSigns, linear],
  'logits of classes': [([low, high]) => low < 0 || high > 1, linear],
  probabilities: [([low, high]) => low >= 0 && high <= 1, 'end in sigmoid, or take sigmoidCrossEntropy'],
  'log-probabilities': [([, high]) => high <= 0, 'end in logSoftmax, or take softmaxCrossEntropy'],
  rates: [([low]) => low >= 0, 'end in softplus'],
}

/** Kinds of which a row is more than one number. */
const several: readonly OutputKind[] = ['vectors', 'logits of classes', 'log-probabilities']

const rowsOfOne = 'rows that add up to 1'

/** How far the sum of a row of probabilities may be from 1, such as of some that are rounded to two digits. */
const tolerance = 0.05

const inUnit = (value: number) => value >= 0 && value <= 1

/** Which numbers targets of a kind can be, and what to do about others. */
const targetKinds: Readonly<
  Record<TargetKind, readonly [fits: (value: number, classes: number) => boolean, cure: string]>
> = {
  numbers: [any, ''],
  '0 or 1': [(value) => value === 0 || value === 1, 'write 0 for -1'],
  'numbers in [0, 1]': [inUnit, 'write 0 for -1, or scale them'],
  [rowsOfOne]: [inUnit, 'scale each row, or take sigmoidCrossEntropy where several can be true'],
  'class numbers': [
    (value, classes) => Number.isInteger(value) && value >= 0 && value < classes,
    'count from 0, and have an output for each class',
  ],
  counts: [(value) => value >= 0, 'take meanSquaredError where they are none'],
}

/**
 * The losses that `loss` is made of, once the outputs are what they are for.
 * @throws ValueError for outputs that are certainly something else.
 */
export function checkOutputs(output: string, loss: Tensor): readonly Judged[] {
  const found = judgedIn(loss)
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
        `is ${describeNode(source)}, of one number to a row`,
        'have two or more, or a loss for one, such as sigmoidCrossEntropy',
      )
    const range = rangeOf(source)
    if (range && !fits(range)) refuse(`is ${describeNode(source)}, in [${range.join(', ')}]`, cure)
  }
  return found
}

/** What the loss of an output was made of in a graph, and the targets there. */
interface JudgedTarget {
  readonly name: string
  readonly target: Tensor
  readonly found: readonly Judged[]
}

/**
 * Checks the targets of each output.
 * @throws DataError naming the first row that is wrong.
 */
export function checkTargets(
  caller: string,
  parts: readonly JudgedTarget[],
  { targets, rows }: Dataset<Columns, Columns>,
): void {
  for (const { name, target, found } of parts)
    checkNumbers(caller, found, target, pick<Float32Array>(targets, name)!, rows)
}

function checkNumbers(
  caller: string,
  found: readonly Judged[],
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
    if (kind === rowsOfOne)
      for (let start = 0; at < 0 && start < numbers.length; start += classes) {
        const sum = numbers.subarray(start, start + classes).reduce((total, value) => total + value, 0)
        if (Math.abs(sum - 1) <= tolerance) continue
        at = start
        problem = `a row that adds up to ${formatShort(sum)}`
      }
    if (at >= 0)
      throw new DataError(
        `${caller}: the target${target.name.slice(1)} of row ${Math.floor((at * rows) / numbers.length)} is ${problem}; ${name} expects ${kind}; ${cure}`,
      )
  }
}
