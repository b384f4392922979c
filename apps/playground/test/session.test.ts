// The state of the page: what is changed can be undone and done again, gesture by gesture.
import { expect, test, vi } from 'vitest'
import { createSession } from '../src/shell/session.js'

const start = { place: 'a' as const, documents: { a: 1, b: 'x' } }
const session = () => createSession<{ a: number; b: string }>(start)

test('changes are undone and done again one by one, across places', () => {
  const { change, undo, redo, getState } = session()
  change('a', 2)
  change('b', 'y')
  undo()
  expect(getState()).toMatchObject({ place: 'a', documents: { a: 2, b: 'x' } })
  undo()
  expect(getState()).toMatchObject(start)
  undo()
  expect(getState()).toMatchObject(start)
  redo()
  redo()
  expect(getState()).toMatchObject({ place: 'b', documents: { a: 2, b: 'y' } })
  redo()
  expect(getState().documents.b).toBe('y')
})

test('a gesture is one step of undo, and another gesture another', () => {
  const { change, undo, getState } = session()
  for (const value of [2, 3, 4]) change('a', value, { merge: 'drag' })
  for (const value of [5, 6]) change('a', value, { merge: 'type' })
  undo()
  expect(getState().documents.a).toBe(4)
  undo()
  expect(getState().documents.a).toBe(1)
})

test('after an undo the same gesture begins a new step', () => {
  const { change, undo, getState } = session()
  change('a', 2, { merge: 'drag' })
  change('b', 'y')
  undo()
  change('a', 3, { merge: 'drag' })
  undo()
  expect(getState().documents.a).toBe(2)
})

test('what was undone is gone once something else is done', () => {
  const { change, undo, redo, getState } = session()
  change('a', 2)
  undo()
  change('a', 3)
  redo()
  expect(getState().documents.a).toBe(3)
})

test('to go to a place is no step of undo, unless it is opened with a document', () => {
  const { open, undo, getState } = session()
  open('b')
  expect(getState().past).toEqual([])
  open('a', 9)
  undo()
  expect(getState()).toMatchObject({ place: 'b', documents: { a: 1 } })
})

test('a change to the same document changes nothing, and listeners are told of the others', () => {
  const { change, subscribe, getState } = session()
  const listener = vi.fn()
  subscribe(listener)
  change('a', 1)
  expect(listener).not.toHaveBeenCalled()
  change('a', 2)
  expect(listener).toHaveBeenCalledOnce()
  expect(getState().past).toHaveLength(1)
})

test('of thousands of changes the last 500 can be undone', () => {
  const { change, undo, getState } = session()
  for (let value = 2; value < 3000; value++) change('a', value)
  for (let count = 0; count < 600; count++) undo()
  expect(getState().documents.a).toBe(2999 - 500)
})

test('a press ends a gesture, but not the steps through time', () => {
  const { change, settle, undo, getState } = session()
  change('a', 2, { merge: 'value' })
  settle()
  change('a', 3, { merge: 'value' })
  for (const step of [4, 5]) {
    settle()
    change('a', step, { merge: 'position' })
  }
  undo()
  expect(getState().documents.a).toBe(3)
  undo()
  expect(getState().documents.a).toBe(2)
})
