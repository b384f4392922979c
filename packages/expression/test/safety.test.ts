// No text escapes the language: not into JavaScript's objects, not into a terminal, not into a crash.
import { describe, expect, it } from 'vitest'
import { expectToFit, measure } from '../../formats/test/measure.js'
import { expectToBearDamage, mutationCount, mutationTime } from '../../formats/test/mutations.js'
import {
  build,
  ExpressionError,
  evaluateLiteral,
  parse,
  parseAssignments,
  toDot,
  toLatex,
  toText,
} from '../src/index.js'
import { mutation } from './mutations.js'

const inherited = [
  'constructor',
  '__proto__',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'isPrototypeOf',
  '__defineGetter__',
  '__lookupSetter__',
  'toLocaleString',
  'propertyIsEnumerable',
  'arguments',
  'caller',
  'length',
  'name',
  'call',
  'apply',
  'bind',
  'eval',
  'Function',
  'globalThis',
  'process',
  'require',
  'this',
  'default',
  'then',
]

describe('names that every JavaScript object has', () => {
  it.each(inherited)('%s is not a value', (name) => {
    expect(() => build(parse(name), {})).toThrow(`${name} has no value`)
  })

  it.each(inherited)('%s is not a function', (name) => {
    expect(() => parse(`${name}(x)`)).toThrow(`unknown function ${name}`)
  })

  it.each(inherited)('%s can be a variable like any other', (name) => {
    const values = parseAssignments(`${name}=4`)
    expect([...values]).toEqual([[name, 4]])
    expect(build(parse(`${name}*${name}`), values).output.item()).toBe(16)
    expect(build(parse(`${name} = 4; ${name}^2`)).output.item()).toBe(16)
    expect(build(parse(`2*${name}`), Object.fromEntries(values)).output.item()).toBe(8)
  })

  it('are not found among the values passed in', () => {
    expect(() => build(parse('toString + 1'), Object.create({ toString: 1 }))).toThrow(
      'toString has no value',
    )
  })
})

const escapes = [
  'constructor.constructor("return process")()',
  "x['constructor']",
  '`$' + '{process.exit()}`',
  'x => x',
  'function(){}',
  'import("fs")',
  '(()=>{})()',
  'new Date',
  'x;process.exit(1)',
  '{}',
  '[].map',
  'a.b',
  'x?.y',
  'x ? y : z',
  '/regex/',
  '"text"',
  "'text'",
  '\\u0078',
  '<script>alert(1)</script>',
  '$(rm)',
  '$' + '{x}',
  '%00',
  '\u0000',
  '\u001b[2Jx',
  '\u001b]0;title\u0007',
  '\u009b31m',
  '\u202ex',
  '\u2066',
  '\ufeff@',
  '\ud800',
  '\udfff',
  '😀',
  '\u2028"',
  '\u0085',
  '\u00a0"',
  'x\u0008\u0008',
]

describe('text that tries to escape', () => {
  it.each(escapes)('%j is refused as an expression', (source) => {
    const values = { x: 1, y: 2, z: 3, a: 4 }
    for (const read of [
      () => build(parse(source), values),
      () => parseAssignments(source),
      () => evaluateLiteral(source),
    ])
      expect(read).toThrow(ExpressionError)
  })

  it.each(escapes)('%j leaves no control characters in the message', (source) => {
    let message = ''
    try {
      parse(source)
    } catch (error) {
      message = (error as Error).message
    }
    expect(message.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
  })
})

describe('adversarial sources take at most 16 MiB', () => {
  const times = (text: string, count: number, between = '') => Array(count).fill(text).join(between)
  it.each<[string, string, 'read' | RegExp]>([
    ['brackets', times('(', 4096), /deep/],
    ['nested lists', `x = ${times('[', 4092)}`, /deep/],
    ['signs', `${times('-', 4095)}x`, /deep/],
    ['nested functions', `${times('tanh(', 800)}x${times(')', 50)}`, /deep/],
    ['nested powers', times('x', 2048, '^'), /deep/],
    ['a sum', times('x', 1000, '+'), 'read'],
    ['a product of matrices', times('B', 1000, '@'), 'read'],
    ['sums of rows and columns', times('(B+H)', 390, '*'), 'read'],
    ['a long list', `sum([${times('1', 1900, ',')}])`, 'read'],
    [
      'many names',
      `f = ${Array.from({ length: 600 }, (_, index) => `v${index}`).join('+')}`,
      /v7 and 592 more have no values/,
    ],
    [
      'many statements',
      `f0 = x; ${Array.from({ length: 200 }, (_, at) => `f${at + 1} = f${at} + f${at}`).join(';')}`,
      'read',
    ],
    ['a source of 16 MiB', times('x+', 2 ** 23), /has 16777216 characters; the limit is 4096/],
    ['16 MiB of line breaks', times('\n', 2 ** 24), /has 16777216 characters; the limit is 4096/],
  ])('%s', (shape, source, outcome) => {
    let error: unknown
    const measured = measure(() => {
      try {
        const program = parse(source)
        toDot(
          build(program, {
            x: 0.5,
            H: 2,
            B: [
              [1, 0],
              [0, 1],
            ],
          }),
        )
        toLatex(program)
        toText(program)
      } catch (thrown) {
        error = thrown
      }
    })
    if (outcome === 'read') expect(error).toBeUndefined()
    else {
      expect(error).toBeInstanceOf(ExpressionError)
      expect((error as Error).message).toMatch(outcome)
    }
    expectToFit(`expressions, ${shape}`, source.length, measured)
  })
})

it(
  `${mutationCount} damaged sources are read, or refused with an ExpressionError that points into the source`,
  () => {
    const values = {
      x: 1,
      w: 2,
      b: 3,
      w1: 1,
      x1: 1,
      w2: 1,
      x2: 1,
      y: 1,
      a: 1,
      c: 1,
      Y: 1,
      H: 0.5,
      B: [[1, 2]],
    }
    expectToBearDamage({
      parser: 'expressions',
      make: mutation,
      read: (source) => {
        const program = parse(source)
        toDot(build(program, values))
        toLatex(program)
        toText(program)
      },
      ownError: ExpressionError,
      check: (error, source) => {
        const { position, end, line } = error as ExpressionError
        expect(position).toBeGreaterThanOrEqual(0)
        expect(end).toBeLessThanOrEqual(source.length)
        expect(end).toBeGreaterThanOrEqual(position)
        expect(line).toBe(source.slice(0, position).split(/\r\n|\r|\n/).length)
      },
    })
  },
  mutationTime,
)
