// A sample of each layer that options alone define.
import type { Shape } from '../src/index.js'

/** Non-default options, and rows, for each layer that can be written. */
export const samples: Readonly<
  Record<string, [options: Readonly<Record<string, unknown>>, inputShape: Shape]>
> = {
  multiHeadAttention: [{ heads: 2, causal: true }, [3, 4]],
  transformerBlock: [{ heads: 2, hidden: 5, activation: 'relu', dropout: 0.1 }, [3, 4]],
  conv1d: [{ filters: 4, kernelSize: 3, stride: 2, padding: 'same', groups: 2 }, [7, 2]],
  conv2d: [{ filters: 2, kernelSize: [3, 2], dilation: 2, activation: 'relu' }, [7, 7, 1]],
  depthwiseConv2d: [{ kernelSize: 2, depthMultiplier: 3, bias: false }, [4, 4, 2]],
  conv1dTranspose: [{ filters: 2, kernelSize: 3, stride: 2 }, [3, 2]],
  conv2dTranspose: [{ filters: 2, kernelSize: 2, padding: 'same' }, [3, 3, 1]],
  dense: [{ units: 3, activation: 'softmax', weights: 'heNormal', bias: 'ones', name: 'last' }, [2]],
  dropout: [{ rate: 0.25 }, [3]],
  embedding: [{ vocabularySize: 5, units: 2, weights: 'zeros' }, [4]],
  positionalEmbedding: [{ kind: 'sinusoidal' }, [3, 2]],
  batchNorm: [{ momentum: 0.5, epsilon: 0.01 }, [3]],
  layerNorm: [{ epsilon: 0.1 }, [3]],
  rmsNorm: [{ trainable: false }, [3]],
  groupNorm: [{ groups: 2 }, [4]],
  maxPool1d: [{ size: 2 }, [5, 1]],
  avgPool1d: [{ size: 3, stride: 1, padding: 'same' }, [5, 1]],
  maxPool2d: [{ size: [2, 1], stride: [1, 2] }, [4, 4, 1]],
  avgPool2d: [{ size: 2, padding: 1 }, [4, 4, 1]],
  globalAveragePool: [{}, [4, 4, 2]],
  globalMaxPool: [{ name: 'largest' }, [4, 2]],
  rnn: [{ units: 2, activation: 'relu' }, [3, 2]],
  lstm: [{ units: 2, returnSequences: true }, [3, 2]],
  gru: [{ units: 2, weights: 'zeros' }, [3, 2]],
  flatten: [{}, [2, 3]],
  reshape: [{ shape: [3, 2] }, [6]],
}
