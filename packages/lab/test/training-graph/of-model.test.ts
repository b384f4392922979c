// The graph of a step of a model, and its list of scopes.
import { layers, sequential } from '@bp/core'
import { describe, expect, it } from 'vitest'
import { operationsOfModel, scopeOutline } from '../../src/index.js'

const model = sequential([layers.dense({ units: 3, activation: 'relu' }), layers.dense({ units: 2 })], {
  inputShape: [4],
  seed: 1,
})
const operations = operationsOfModel({
  model,
  loss: 'softmaxCrossEntropy',
  update: 'Adam',
  rows: 5,
  inputShape: [4],
  targetShape: [2],
})

describe('the graph of a step', () => {
  it('has every operation after those that it takes', () => {
    const before = new Set<string>()
    for (const { name, inputs } of operations.values()) {
      for (const one of inputs) expect(before).toContain(one)
      before.add(name)
    }
  })

  it('ends with an update of each parameter by a gradient of its shape', () => {
    const updates = [...operations.values()].filter(({ part }) => part === 'update')
    expect(updates.map(({ of, op }) => [of, op])).toEqual(model.parameters.map(({ name }) => [name, 'Adam']))
    for (const { inputs, shape } of updates) {
      const gradient = operations.get(inputs[0]!)!
      expect([gradient.part, gradient.shape]).toEqual(['gradients', shape])
    }
  })

  it('has products of matrices for a layer: one forward, two backward, but for the inputs', () => {
    const products = (part: string) =>
      [...operations.values()].filter((one) => one.part === part && one.op === 'MatMul').length
    expect([products('forward'), products('gradients')]).toEqual([2, 3])
  })
})

describe('its outline', () => {
  it('lists each operation once, under its scopes, if all are open', () => {
    const rows = scopeOutline(operations, null)
    expect(
      rows
        .filter(({ kind }) => kind === 'operation')
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...operations.keys()].sort())
  })

  it('closed, has a scope for each layer, the cost, the gradients and the update, with what they hold', () => {
    const rows = scopeOutline(operations, new Set())
    const scopes = rows.filter((row) => row.kind === 'scope')
    expect(scopes.every(({ open }) => !open)).toBe(true)
    expect(scopes.map(({ label }) => label)).toEqual(expect.arrayContaining(['cost', 'gradients', 'update']))
    expect(scopes.reduce((sum, { count }) => sum + count, rows.length - scopes.length)).toBe(operations.size)
    expect(scopeOutline(operations, new Set(['gradients'])).length).toBeGreaterThan(rows.length)
  })
})
