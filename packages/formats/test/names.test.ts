// Unique names: what they are, and what they cost.
import { expect, test } from 'vitest'
import { distinctNames } from '../src/names.js'

test('a name is returned unchanged, then with numbers, skipping those taken', () => {
  const nameFor = distinctNames(new Set(['add', 'add_3']))
  expect(['add', 'add', 'mul', 'add_4', 'add', 'mul'].map(nameFor)).toEqual([
    'add_2',
    'add_4',
    'mul',
    'add_4_2',
    'add_5',
    'mul_2',
  ])
})

test('a thousand equal names take linear time, not quadratic', () => {
  let looked = 0
  class Counted extends Set<string> {
    override has(name: string): boolean {
      looked++
      return super.has(name)
    }
  }
  const nameFor = distinctNames(new Counted())
  const names = Array.from({ length: 1000 }, () => nameFor('add'))
  expect(new Set(names).size).toBe(1000)
  expect(looked).toBeLessThan(3000)
})
