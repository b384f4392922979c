// A network's training as a program: for this library in TypeScript, and for PyTorch.
import type { NetworkData } from './data.js'
import { readPixels } from './digits.js'
import type { NetworkDocument } from './document.js'
import type { NetworkRun } from './run.js'

const initializers = { xavier: 'glorotUniform', he: 'heUniform', normal: 'normal', zeros: 'zeros' } as const

const flat = (values: ArrayLike<number>) => Array.from(values, String).join(', ')

/** At most this many numbers per line. */
const perLine = 12

function wrapped(values: ArrayLike<number>, indent: string): string {
  const texts = Array.from(values, String)
  const lines: string[] = []
  for (let at = 0; at < texts.length; at += perLine) lines.push(texts.slice(at, at + perLine).join(', '))
  return lines.join(`,\n${indent}`)
}

/** The lines that make the training rows. */
function dataTo(
  { data: { kind, rows: most, heldBack, drawn }, seed }: NetworkDocument,
  data: NetworkData,
): string {
  const { inputs, targets, rows } = data.training
  if (kind === 'xor') return 'const data = xor()'
  if (kind !== 'digits')
    return `const data = dataset(
  [
    ${wrapped(inputs, '    ')},
  ],
  [
    ${wrapped(targets, '    ')},
  ],
  ${rows},
)`
  const set =
    heldBack > 0
      ? `split(set, { validationSplit: ${heldBack}, seed: ${seed}, stratified: true }).training`
      : 'set'
  const own = drawn.map(({ pixels, label }) => `  [${[...readPixels(pixels)!, label].join(', ')}],`)
  return `// data/digits.csv of this library: 64 counts from 0 to 16, and the digit.
const lines = readFileSync('digits.csv', 'utf8').trim().split('\\n').slice(1, ${most + 1})
const digits = (rows) =>
  dataset(
    rows.map((row) => row.slice(0, 64).map((count) => count / 16)),
    rows.map((row) => Array.from({ length: 10 }, (_, digit) => Number(digit === row[64]))),
  )
const set = digits(lines.map((line) => line.split(',').map(Number)))
${
  own.length === 0
    ? `const data = ${set}`
    : `const kept = ${set}
// Drawn by hand.
const drawn = digits([
${own.join('\n')}
])
const data = dataset(
  [...kept.inputs, ...drawn.inputs],
  [...kept.targets, ...drawn.targets],
  kept.rows + drawn.rows,
)`
}`
}

/** A program that trains the network from its seed, to the same bits. Weights set or frozen by hand are not in it. */
export function trainingToTypeScript(document: NetworkDocument, data: NetworkData): string {
  const { layers, optimizer, loss, seed, batch, until, initialization, l1, l2 } = document
  const { training, classes } = data
  const weights = initializers[initialization]
  const outputs = classes === 2 ? 1 : classes
  const squared = loss === 'squaredError'
  const lossName = squared
    ? 'meanSquaredError'
    : classes === 2
      ? 'sigmoidCrossEntropy'
      : 'softmaxCrossEntropy'
  const last = squared ? `, activation: '${classes === 2 ? 'sigmoid' : 'softmax'}'` : ''
  const rows = training.rows
  const steps = batch === 0 || batch >= rows ? 1 : Math.ceil(rows / batch)
  const maker = optimizer.kind === 'nesterov' ? 'momentum' : optimizer.kind
  const decay =
    optimizer.kind === 'momentum' || optimizer.kind === 'nesterov' ? `, momentum: ${optimizer.momentum}` : ''
  const nesterov = optimizer.kind === 'nesterov' ? ', nesterov: true' : ''
  const penalties = [
    l1 > 0 ? `.add(l1Penalty(weights, ${l1}))` : '',
    l2 > 0 ? `.add(l2Penalty(weights, ${l2 / 2}))` : '',
  ].join('')
  const names = [
    'createRun',
    ...(document.data.kind === 'xor' ? ['xor'] : ['dataset']),
    ...(document.data.kind === 'digits' && document.data.heldBack > 0 ? ['split'] : []),
    'layers',
    'sequential',
    maker,
    ...(penalties ? ['losses'] : []),
    ...(l1 > 0 ? ['l1Penalty'] : []),
    ...(l2 > 0 ? ['l2Penalty'] : []),
  ].sort()
  const dense = [
    ...layers.flatMap(({ units, activation, dropout }) => [
      `layers.dense({ units: ${units}, activation: '${activation}', weights: '${weights}' }),`,
      ...(dropout === undefined ? [] : [`layers.dropout({ rate: ${dropout} }),`]),
    ]),
    `layers.dense({ units: ${outputs}${last}, weights: '${weights}' }),`,
  ]
  return `import { ${names.join(', ')} } from '@bp/core'
${document.data.kind === 'digits' ? "import { readFileSync } from 'node:fs'\n" : ''}
${dataTo(document, data)}
const model = sequential(
  [
    ${dense.join('\n    ')}
  ],
  { inputShape: [${data.inputs}], seed: ${seed} },
)
${
  penalties
    ? `const weights = model.parameters.filter(({ rank }) => rank === 2)
const loss = {
  ...losses.${lossName},
  of: (outputs, targets) => losses.${lossName}.of(outputs, targets)${penalties},
}
`
    : ''
}const run = createRun({
  model,
  data,
  loss: ${penalties ? 'loss' : `'${lossName}'`},
  optimizer: ${maker}({ learningRate: ${optimizer.learningRate}${decay}${nesterov} }),
  ${steps > 1 ? `batchSize: ${batch},\n  ` : ''}epochs: ${Math.ceil(until.steps / steps)},
  seed: ${seed},
})
await run.start()
console.log(run.getState().loss, run.predict(data.inputs))
`
}

const pythonActivations: Readonly<Record<string, string>> = {
  sigmoid: 'nn.Sigmoid()',
  tanh: 'nn.Tanh()',
  relu: 'nn.ReLU()',
  leakyRelu: 'nn.LeakyReLU(0.01)',
}

const pythonOptimizers: { readonly [kind in NetworkDocument['optimizer']['kind']]: string } = {
  sgd: 'SGD',
  momentum: 'SGD',
  nesterov: 'SGD',
  rmsProp: 'RMSprop',
  adagrad: 'Adagrad',
  adam: 'Adam',
  adamW: 'AdamW',
}

/** A PyTorch program that continues from the weights of the run at its step, with a fresh optimizer. */
export function trainingToPyTorch(run: NetworkRun): string {
  const { document, data, model, sizes } = run
  const { optimizer, loss, batch, until, l1, l2 } = document
  const { training, classes } = data
  const { step } = run.getState()
  const squared = loss === 'squaredError'
  const modules = sizes.slice(1).flatMap((units, layer) => {
    const activation = document.layers[layer]?.activation
    const linear = `nn.Linear(${sizes[layer]}, ${units})`
    const dropout = document.layers[layer]?.dropout
    if (activation)
      return [
        linear,
        ...(activation === 'linear' ? [] : [pythonActivations[activation]!]),
        ...(dropout === undefined ? [] : [`nn.Dropout(${dropout})`]),
      ]
    return squared ? [linear, classes === 2 ? 'nn.Sigmoid()' : 'nn.Softmax(dim=1)'] : [linear]
  })
  const criterion = squared
    ? 'nn.MSELoss()'
    : classes === 2
      ? 'nn.BCEWithLogitsLoss()'
      : 'nn.CrossEntropyLoss()'
  const decay =
    optimizer.kind === 'momentum' || optimizer.kind === 'nesterov' ? `, momentum=${optimizer.momentum}` : ''
  const nesterov = optimizer.kind === 'nesterov' ? ', nesterov=True' : ''
  const penalties = [
    l1 > 0 ? ` + ${l1} * sum(p.abs().sum() for p in weights)` : '',
    l2 > 0 ? ` + ${l2 / 2} * sum(p.square().sum() for p in weights)` : '',
  ].join('')
  const rowsOf = (values: Float32Array, width: number) =>
    Array.from(
      { length: values.length / width },
      (_, row) => `    [${flat(values.subarray(row * width, (row + 1) * width))}],`,
    ).join('\n')
  const parameters = sizes.slice(1).map((units, layer) => {
    const inputs = sizes[layer]!
    const matrix = model.parameters[2 * layer]!.values
    // PyTorch keeps the weights of each unit in a row.
    const rows = Array.from(
      { length: units },
      (_, to) => `[${flat(Array.from({ length: inputs }, (_, from) => matrix[from * units + to]!))}]`,
    )
    return `    linear[${layer}].weight.copy_(torch.tensor([${rows.join(', ')}]))
    linear[${layer}].bias.copy_(torch.tensor([${flat(model.parameters[2 * layer + 1]!.values)}]))`
  })
  const whole = batch === 0 || batch >= training.rows
  return `${document.data.kind === 'digits' ? 'import numpy\n' : ''}import torch
from torch import nn

${
  document.data.kind === 'digits'
    ? `# data/digits.csv of this library, all rows.
table = numpy.loadtxt('digits.csv', delimiter=',', skiprows=1, dtype=numpy.float32)
x = torch.from_numpy(table[:, :64] / 16)
y = nn.functional.one_hot(torch.from_numpy(table[:, 64]).long(), 10).float()`
    : `x = torch.tensor([
${rowsOf(training.inputs, data.inputs)}
])
y = torch.tensor([
${rowsOf(training.targets, training.targetShape[0]!)}
])`
}
model = nn.Sequential(
    ${modules.join(',\n    ')},
)
linear = [module for module in model if isinstance(module, nn.Linear)]
# The weights after ${step} steps.
with torch.no_grad():
${parameters.join('\n')}
${penalties ? 'weights = [module.weight for module in linear]\n' : ''}criterion = ${criterion}
optimizer = torch.optim.${pythonOptimizers[optimizer.kind]}(model.parameters(), lr=${optimizer.learningRate}${decay}${nesterov})
for step in range(${step}, ${until.steps}):
${whole ? '    rows = slice(None)' : `    rows = torch.randperm(len(x))[:${batch}]`}
    loss = criterion(model(x[rows]), y[rows])${penalties}
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
`
}
