// Fashion-MNIST, 70,000 images of clothing: `fashion-mnist mlp` or `fashion-mnist cnn`; needs Debian's dataset-fashion-mnist.
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { adamW, cosineDecay, createRun, type Dataset, layers, sequential } from '@bp/core'
import { parseIdx } from '@bp/formats/idx'

const folder = process.env.FASHION_MNIST ?? '/usr/share/datasets/fashion-mnist'
if (!existsSync(`${folder}/train-images-idx3-ubyte.gz`)) {
  console.error(`${folder} has no train-images-idx3-ubyte.gz: apt-get install dataset-fashion-mnist, or set
FASHION_MNIST to a folder with the four files.`)
  process.exit(1)
}

const read = (name: string) => parseIdx(gunzipSync(readFileSync(`${folder}/${name}-ubyte.gz`)))

/** Pixels scaled to [0, 1], and one-hot labels. */
function load(part: 'train' | 't10k'): Dataset {
  const images = read(`${part}-images-idx3`)
  const labels = read(`${part}-labels-idx1`).data
  const targets = new Float32Array(labels.length * 10)
  for (const [row, label] of labels.entries()) targets[row * 10 + label] = 1
  return {
    rows: labels.length,
    inputs: Float32Array.from(images.data, (pixel) => pixel / 255),
    inputShape: [28, 28, 1],
    targets,
    targetShape: [10],
  }
}

const networks = {
  mlp: {
    epochs: 10,
    learningRate: 0.002,
    plans: [layers.flatten(), layers.dense({ units: 256, activation: 'relu' }), layers.dense({ units: 10 })],
  },
  cnn: {
    epochs: 4,
    learningRate: 0.002,
    plans: [
      layers.conv2d({ filters: 16, kernelSize: 3, padding: 'same', activation: 'relu' }),
      layers.maxPool2d({ size: 2 }),
      layers.conv2d({ filters: 32, kernelSize: 3, padding: 'same', activation: 'relu' }),
      layers.maxPool2d({ size: 2 }),
      layers.flatten(),
      layers.dense({ units: 128, activation: 'relu' }),
      layers.dense({ units: 10 }),
    ],
  },
}
const name = process.argv.at(-1) === 'cnn' ? 'cnn' : 'mlp'
const { epochs, learningRate, plans } = networks[name]
const data = load('train')
const batchSize = 64
const steps = Math.ceil(data.rows / batchSize) * epochs
const run = createRun({
  model: sequential(plans, { inputShape: [28, 28, 1], seed: 1 }),
  loss: 'softmaxCrossEntropy',
  optimizer: adamW({ learningRate: cosineDecay({ learningRate, steps }), weightDecay: 0.01 }),
  data,
  validation: load('t10k'),
  batchSize,
  epochs,
  seed: 1,
  callbacks: {
    onRecord: ({ epoch, loss, validation }) =>
      console.log(
        `epoch ${epoch}: loss ${loss.toFixed(4)}, test ${(validation!.accuracy! * 100).toFixed(2)} %`,
      ),
  },
})
const { validation } = await run.start()
console.log(`${name}: ${(validation!.accuracy! * 100).toFixed(2)} % accuracy on 10,000 test images`)
