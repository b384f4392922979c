// The programs that graphs are written as: TypeScript runs as a file and prints the numbers of the trace, Python parses.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, parse } from '@bp/expression'
import { openComposites, toPyTorch, toTypeScript, trace } from '@bp/lab'
import { afterAll, describe, expect, it, vi } from 'vitest'

const network =
  'L2 = tf.sigmoid(tf.matmul(X, W1) + b1)\nH = tf.sigmoid(tf.matmul(L2, W2) + b2)\ncost = -tf.reduce_mean(Y*tf.log(H) + (1-Y)*tf.log(1-H))'
const graphs = {
  lecture: build(parse('f = w*x + b'), { w: -2, x: 5, b: 3 }),
  opened: openComposites(build(parse('y = sigmoid(w*x + class)'), { w: -2, x: 5, class: 10 }), ['y']),
  network: build(parse(network), {
    X: [
      [0, 1],
      [1, 1],
    ],
    Y: [[1], [0]],
    W1: [
      [1, -2],
      [3, 4],
    ],
    b1: [0, 0.5],
    W2: [[1], [2]],
    b2: [0],
  }),
  composite: build(parse('f = hardSwish(x) - selu(y)'), { x: 1, y: -1 }),
}

describe('a graph as TypeScript', () => {
  const folder = mkdtempSync(join(dirname(fileURLToPath(import.meta.url)), 'generated-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each(Object.entries(graphs))(
    'runs as a file and prints the numbers of the trace: %s',
    async (name, graph) => {
      const path = join(folder, `${name}.ts`)
      writeFileSync(path, toTypeScript(graph))
      const printed: unknown[][] = []
      const log = vi.spyOn(console, 'log').mockImplementation((...line) => void printed.push(line))
      try {
        await import(/* @vite-ignore */ path)
      } finally {
        log.mockRestore()
      }
      const { nodes, output } = trace(graph)
      const expected = nodes.filter(({ kind }) => kind === 'variable').map(({ derivative }) => derivative)
      expect(printed.map(([, value]) => value)).toEqual([output.value, ...expected])
    },
  )
})

describe.skipIf(spawnSync('python3', ['--version']).status !== 0)('a graph as PyTorch', () => {
  it.each(Object.entries(graphs))('is Python: %s', (_, graph) => {
    const { stderr, status } = spawnSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], {
      input: toPyTorch(graph),
      encoding: 'utf8',
    })
    expect([stderr, status]).toEqual(['', 0])
  })
})
