import { expect, test } from 'vitest'
import { createStore } from '../src/index.js'

test('a store tells listeners of every change until they unsubscribe', () => {
  const store = createStore(1)
  const heard: number[] = []
  const leave = store.subscribe(() => heard.push(store.getState()))
  store.setState(2)
  store.setState(3)
  leave()
  store.setState(4)
  expect(heard).toEqual([2, 3])
  expect(store.getState()).toBe(4)
})
