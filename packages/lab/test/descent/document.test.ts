// The document of a descent survives its address; what cannot be read is refused by name.
import { describe, expect, it } from 'vitest'
import {
  bowlNames,
  compileBowl,
  type DescentDocument,
  descentCodec,
  LinkError,
  presets,
  racer,
  rules,
} from '../../src/index.js'

const { initial } = descentCodec
const fieldsOf = (document: DescentDocument) => new Map(Object.entries(descentCodec.write(document)))

describe('the document of a descent', () => {
  it('has no fields at the beginning', () => {
    expect(descentCodec.write(initial)).toEqual({})
    expect(descentCodec.read(new Map())).toEqual(initial)
  })

  it.each(bowlNames)('of %s survives its address', (name) => {
    const document = { ...initial, ...presets[name] }
    expect(descentCodec.read(fieldsOf(document))).toEqual(document)
    expect(compileBowl(document.cost, document.points).parameters).toHaveLength(document.start.length)
  })

  it('survives with everything changed, to the bit', () => {
    const document: DescentDocument = {
      cost: 'mean((w*x + b - y)^2)',
      points: [
        [0.1, 1 / 3],
        [-2e-7, 5],
      ],
      start: [Math.PI, -0],
      rate: 0.1 + 0.2,
      racers: [...rules.map(racer)].toSpliced(1, 1, { rule: 'momentum', settings: [0.1 + 0.2] }),
      step: 37,
      view: 'surface',
      look: { turn: -2.5, tilt: 1 / 3 },
      ranges: [
        [-1, 1 / 3],
        [0, 5],
      ],
    }
    expect(descentCodec.read(fieldsOf(document))).toEqual(document)
  })

  it('has readable fields', () => {
    expect(descentCodec.write({ ...initial, ...presets.valley })).toEqual({
      e: '(x^2 + 20*y^2)/10',
      data: '',
      at: '-2.6,0.9',
      rate: '0.45',
      race: 'sgd,momentum,rmsProp,adam',
    })
  })

  it.each([
    ['data', '1,2;3', 'rows of 2 numbers, as 1,1;2,2, got 1,2;3'],
    ['data', '1,a', 'got 1,a'],
    ['at', '', 'one or two numbers'],
    ['at', '1,2,3', 'one or two numbers'],
    ['at', '1;2', 'one or two numbers'],
    ['rate', '-1', 'expects a number in'],
    ['rate', '0', 'expects a number in'],
    ['rate', 'NaN', 'expects a number in'],
    ['race', 'sdg', 'expects each of sgd, momentum, nesterov, rmsProp, adam at most once'],
    ['race', 'sgd,sgd', 'at most once'],
    ['race', 'momentum:1', 'settings in [0, 1)'],
    ['race', 'adam:0.9', 'settings in [0, 1)'],
    ['step', '1.5', 'an integer in [0, 400]'],
    ['step', '401', 'an integer in [0, 400]'],
    ['view', 'globe', 'expects map, surface, got globe'],
    ['look', '1,2', 'a turn and a tilt in [0.15, 1.45] in radians'],
    ['range', '3,1', 'a low and a higher number'],
    ['range', 'Infinity,1', 'expects'],
    ['e', 'w'.repeat(1001), 'at most 1000 characters, got 1001'],
  ])('refuses %s=%s', (name, text, message) => {
    expect(() => descentCodec.read(new Map([[name, text]]))).toThrow(LinkError)
    expect(() => descentCodec.read(new Map([[name, text]]))).toThrow(message)
  })
})
