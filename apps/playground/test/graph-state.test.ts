// The state of the graph half: how each action changes it.
import { describe, expect, test } from 'vitest'
import { type GraphState, initialState, presets, reduce } from '../src/graph/state.js'

const node = (state: GraphState, name: string) =>
  state.picture.trace.nodes.find((node) => node.name === name)!
const type = (state: GraphState, source: string) => reduce(state, { type: 'source', source })

describe('the lecture’s graph', () => {
  test.each([
    ['w', -2, 5],
    ['x', 5, -2],
    ['b', 3, 1],
    ['g', -10, 1],
    ['f', -7, 1],
  ])('%s is %d with derivative %d', (name, value, derivative) => {
    expect(node(initialState(), name)).toMatchObject({ value, derivative })
  })

  test('b changed to 4 changes f to −6, and the others keep their values', () => {
    const state = reduce(initialState(), { type: 'value', name: 'b', value: 4 })
    expect(['f', 'g', 'w', 'x'].map((name) => node(state, name).value)).toEqual([-6, -10, -2, 5])
  })
})

describe('sigmoid', () => {
  const at = (b: number) => reduce(initialState(presets[1]), { type: 'value', name: 'b', value: b })

  test.each([
    [10, 0.5, 0.25],
    [3, 0.000911051194, 0.00091022118],
  ])(
    'with b = %d its chain has the value %d and the derivative %d with respect to b',
    (b, value, derivative) => {
      const state = at(b)
      expect(node(state, 'y').value).toBeCloseTo(value, 12)
      expect(node(state, 'b').derivative).toBeCloseTo(derivative, 12)
    },
  )

  test('drawn as one node it has the value and derivatives of its chain', () => {
    const chain = at(3)
    const compact = reduce(chain, { type: 'expanded', expanded: false })
    expect(compact.picture.trace.nodes.map(({ op }) => op)).toContain('sigmoid')
    expect(chain.picture.trace.nodes.map(({ op }) => op)).toEqual(
      expect.arrayContaining(['neg', 'exp', 'add', 'reciprocal']),
    )
    for (const name of ['w', 'x', 'b'])
      expect(node(compact, name).derivative).toBeCloseTo(node(chain, name).derivative as number, 14)
  })

  test('two of them are both expanded', () => {
    const state = reduce(type(initialState(), 'f = sigmoid(w) * sigmoid(x)'), {
      type: 'expanded',
      expanded: true,
    })
    expect(state.picture.trace.nodes.filter(({ op }) => op === 'exp')).toHaveLength(2)
    expect(state.picture.trace.nodes.filter(({ expandable }) => expandable)).toHaveLength(0)
  })
})

describe('typing an expression', () => {
  test('a new letter is a variable with the value 1', () => {
    const state = type(initialState(), 'f = w*x + b*c')
    expect(state.problem).toBeNull()
    expect(node(state, 'c').value).toBe(1)
    expect(node(state, 'f').value).toBe(-7)
  })

  test('wx is read as w*x', () => {
    const state = type(initialState(), 'f = wx + b')
    expect(state.problem).toBeNull()
    expect(node(state, 'f').value).toBe(-7)
  })

  test('an unknown name becomes a variable when it is given a value', () => {
    const state = reduce(type(initialState(), 'f = wx + b'), { type: 'value', name: 'wx', value: 1 })
    expect(state.problem).toBeNull()
    expect(node(state, 'wx').value).toBe(1)
  })

  test.each([
    ['f = w*x +', 9],
    ['f = (w', 4],
    ['f = w $ x', 6],
  ])('%s is refused at offset %d', (source, start) => {
    expect(type(initialState(), source).problem!.span!.start).toBe(start)
  })

  test('a value in the source is not overridden, and so not editable', () => {
    const state = type(initialState(), 'w = 7; f = w*x + b')
    expect(node(state, 'w').value).toBe(7)
    expect([...state.picture.editable]).toEqual(['x', 'b'])
  })

  test('a variable that returns has its former value', () => {
    const state = type(
      type(reduce(initialState(), { type: 'value', name: 'w', value: 9 }), 'f = x'),
      'f = w*x',
    )
    expect(node(state, 'w').value).toBe(9)
  })
})

describe('the position', () => {
  test('is initially the end, and stays the end when the graph grows', () => {
    const state = initialState()
    expect(state.position).toBe(state.picture.trace.steps.length)
    const grown = type(state, 'f = w*x + b + 1')
    expect(grown.picture.trace.steps.length).toBeGreaterThan(state.picture.trace.steps.length)
    expect(grown.position).toBe(grown.picture.trace.steps.length)
  })

  test('stays when only a value changes', () => {
    const middle = reduce(initialState(), { type: 'position', position: 3 })
    expect(reduce(middle, { type: 'value', name: 'b', value: 4 }).position).toBe(3)
  })

  test.each([
    [-1, 0],
    [99, 7],
  ])('%d becomes %d', (position, expected) => {
    expect(reduce(initialState(), { type: 'position', position }).position).toBe(expected)
  })
})
