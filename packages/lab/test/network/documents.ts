// Documents that the tests of networks share.
import { initialNetwork, type NetworkDocument } from '../../src/index.js'

/** The lecture's network with something changed. */
export const lecture = (change: Partial<NetworkDocument> = {}): NetworkDocument => ({
  ...initialNetwork,
  ...change,
})

export const withRate = (learningRate: number): Partial<NetworkDocument> => ({
  optimizer: { ...initialNetwork.optimizer, learningRate },
})

export const withData = (kind: NetworkDocument['data']['kind']): Partial<NetworkDocument> => ({
  data: { ...initialNetwork.data, kind },
})

export const stepsUntil = (steps: number): Partial<NetworkDocument> => ({
  until: { ...initialNetwork.until, steps },
})
