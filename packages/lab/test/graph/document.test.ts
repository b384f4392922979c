// The Graph place's document in an address: nothing lost, nothing taken for what it is not.
import { random } from '@bp/core'
import { describe, expect, it } from 'vitest'
import { type GraphDocument, graphCodec, initialGraph, LinkError } from '../../src/index.js'

const through = (document: GraphDocument) =>
  graphCodec.read(new Map(Object.entries(graphCodec.write(document))))
const read = (fields: Record<string, string>) => graphCodec.read(new Map(Object.entries(fields)))

describe('the document of the graph', () => {
  it('is nothing in the address while it is the initial one', () => {
    expect(graphCodec.write(initialGraph)).toEqual({})
    expect(read({})).toEqual(initialGraph)
  })

  it('is written as a person would', () => {
    expect(
      graphCodec.write({
        ...initialGraph,
        source: 'y = sigmoid(w*x + b)',
        values: { w: -2, x: 5, b: 10 },
        opened: ['y'],
        position: 3,
      }),
    ).toEqual({ e: 'y = sigmoid(w*x + b)', w: '-2', x: '5', b: '10', open: 'y', step: '3' })
    expect(graphCodec.write({ ...initialGraph, values: { w: -2, x: 5, b: 4 } })).toEqual({ b: '4' })
  })

  it('comes back the same, whatever it holds', () => {
    const draw = random(5)
    const documents: GraphDocument[] = [
      {
        source: 'f = e*step + v; # & = +\n',
        values: {
          e: 2,
          step: -0,
          v: 1e-300,
          ['__proto__']: 3,
          ünï: 0.1,
          W: [
            [1, -2.5],
            [3e20, 0],
          ],
        },
        opened: ['f', 'f₂', '#0'],
        target: 'g',
        mode: 'forward',
        along: 'W[0,1]',
        breakpoints: ['g', 'h'],
        moved: { w: { x: 12, y: -30 }, '#0': { x: 0, y: 40 } },
        broken: true,
        position: 12,
        selected: 'W>g.a',
        tab: 'code',
      },
      { ...initialGraph, values: {} },
      { ...initialGraph, values: { w: -2, x: 5, b: 3, c: 1 } },
      ...Array.from({ length: 50 }, (_, index) => ({
        ...initialGraph,
        values: { w: draw.normal(2 * index), x: draw.uniform(2 * index + 1), b: 3 },
        position: draw.integer(index, 1000),
      })),
    ]
    for (const document of documents) expect(through(document)).toEqual(document)
  })

  it('of a source of its own takes no values from the initial one', () => {
    expect(read({ e: 'f = w*q' }).values).toEqual({})
  })

  it.each<[fields: Record<string, string>, message: string]>([
    [{ w: 'two' }, "the link's field w expects a finite number or an array such as [[1,2],[3,4]], got two"],
    [{ w: '' }, "the link's field w expects"],
    [{ w: '1e999' }, "the link's field w expects"],
    [{ w: '[1,[2]]' }, "the link's field w expects"],
    [{ w: '[]' }, "the link's field w expects"],
    [{ w: '["<script>"]' }, "the link's field w expects"],
    [{ '<script>': '1' }, "the link's field <script> is none of the graph's"],
    [{ '.2': '1' }, "the link's field .2 is none of the graph's"],
    [{ step: '-1' }, "the link's field step expects an integer in [0, "],
    [{ tab: 'answers' }, "the link's field tab expects steps, nudge, check, maths, code, got answers"],
    [{ mode: 'sideways' }, "the link's field mode expects reverse, forward"],
    [{ broken: 'maybe' }, "the link's field broken expects"],
    [{ e: 'x'.repeat(5000) }, "the link's field e expects at most 4096 characters, got 5000"],
    [{ open: 'x,'.repeat(5000) }, "the link's field open expects at most 2000 nodes"],
  ])('refuses what it cannot be: $1', (fields, message) => {
    expect(() => read(fields)).toThrow(LinkError)
    expect(() => read(fields)).toThrow(message)
  })
})
