// A small character-level transformer learns Shakespeare's sonnets, and continues a first line.
import { readFileSync } from 'node:fs'
import { adamW, createRun, type Dataset, layers, oneCycle, random, sequential } from '@bp/core'

const text = readFileSync(new URL('../../data/sonnets.txt', import.meta.url), 'utf8')
const characters = [...new Set(text)].sort()
const codes = Float32Array.from(text, (character) => characters.indexOf(character))

/** The context length in characters. */
const context = 64
const batchSize = 16
const epochs = Number(process.argv[2] ?? 2)
/** Every window of the text; its target is the same window one character later. */
const rows = text.length - context
const windows = (from: number) =>
  Float32Array.from(
    { length: rows * context },
    (_, at) => codes[Math.floor(at / context) + (at % context) + from]!,
  )
const data: Dataset = {
  rows,
  inputs: windows(0),
  inputShape: [context],
  targets: windows(1),
  targetShape: [context],
}

const model = sequential(
  [
    layers.embedding({ vocabularySize: characters.length, units: 64 }),
    layers.positionalEmbedding(),
    layers.transformerBlock({ heads: 4, causal: true, hidden: 128 }),
    layers.transformerBlock({ heads: 4, causal: true, hidden: 128 }),
    layers.layerNorm(),
    layers.dense({ units: characters.length }),
  ],
  { inputShape: [context], seed: 1 },
)
console.log(model.summary())

const run = createRun({
  model,
  loss: 'sparseSoftmaxCrossEntropy',
  optimizer: adamW({
    learningRate: oneCycle({ learningRate: 0.004, steps: epochs * Math.ceil(rows / batchSize) }),
    weightDecay: 0.01,
    clip: { globalNorm: 1 },
  }),
  data,
  batchSize,
  epochs,
  seed: 1,
})
const { loss } = await run.start()
console.log(`loss on the whole text: ${loss!.toFixed(3)} nats per character`)

const draws = random(1)
let written = 'Shall I compare thee'
while (written.length < 240) {
  const seen = [...written.slice(-context)].map((character) => characters.indexOf(character))
  // The causal mask hides the padding after the last character.
  const probabilities = run.predict(Float32Array.from({ length: context }, (_, at) => seen[at] ?? 0))
  const next = probabilities.subarray((seen.length - 1) * characters.length, seen.length * characters.length)
  written += characters[pick(next, draws.uniform(written.length))]
}
console.log(`\n${written} …`)

/** Samples an index with the given probabilities, from a uniform draw. */
function pick(probabilities: Float32Array, draw: number): number {
  let sum = 0
  const found = probabilities.findIndex((probability) => {
    sum += probability
    return sum > draw
  })
  return Math.max(found, 0)
}
