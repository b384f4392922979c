// Every graph writer, passed something else, such as a model, says what it expects.
import { constant, input, layers, sequential, ValueError } from '@bp/core'
import { describe, expect, test } from 'vitest'
import { graphDefBytes, graphDefText } from '../src/graph-def.js'
import { writeJavaScript } from '../src/javascript.js'
import { writeOnnx } from '../src/onnx.js'
import { graphEvent } from '../src/tfevents.js'

const model = sequential([layers.dense({ units: 1 })], { inputShape: [4], seed: 1 })
const x = input([1, 4])

describe.each(Object.entries({ writeOnnx, writeJavaScript, graphDefText, graphDefBytes, graphEvent }))(
  '%s',
  (_, write) => {
    test.each<[string, unknown, RegExp]>([
      ['a model', model, /x = input\(\[1, 4\]\).*model\.predictions\(x\)/],
      ['nothing', undefined, /inputs is missing/],
      ['a tensor', model.apply(x), /expects \{ inputs, outputs \}/],
      ['no outputs', { inputs: { x } }, /outputs is missing/],
      ['an output without a name', { inputs: { x }, outputs: model.apply(x) }, /outputs is a single tensor/],
      ['shapes', { inputs: { x: [1, 4] }, outputs: { y: constant(1) } }, /inputs\.x is not a tensor/],
    ])('refuses %s by name', (_, given, message) => {
      expect(() => write(given as never)).toThrow(ValueError)
      expect(() => write(given as never)).toThrow(message)
    })
  },
)
