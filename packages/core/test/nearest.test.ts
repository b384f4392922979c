import { describe, expect, it } from 'vitest'
import { nearest } from '../src/index.js'

describe('nearest', () => {
  it.each([
    ['specis', ['sepal_length', 'species'], 'species'],
    ['sepcies', ['specials', 'species'], 'species'],
    ['SPECIES', ['species'], 'species'],
    ['sgdd', ['adam', 'sgd'], 'sgd'],
    ['epoch', ['epochs', 'seed'], 'epochs'],
    ['x', ['y'], 'y'],
    ['weight', ['label'], null],
    ['anything', [], null],
    ['', ['long'], null],
  ])('of %s among %j is %s', (name, candidates, expected) => {
    expect(nearest(name, candidates)).toBe(expected)
  })

  it('is the first of equally near ones', () => {
    expect(nearest('cat', ['hat', 'bat'])).toBe('hat')
  })
})
