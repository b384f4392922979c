// The command line: what it accepts, and the one line it prints for anything else.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { help, parseArguments } from '../src/arguments.js'
import { describeFailure, UsageError } from '../src/failure.js'
import { rootFolder } from '../src/paths.js'

test('without arguments: every case, every peer, no file', () => {
  const { cases, peers, json, seconds } = parseArguments([])
  expect(cases.map(({ id }) => id)).toEqual([
    'xor-step',
    'xor-8-step',
    'mlp-784-128-10-b32',
    'mlp-784-128-10-b128',
    'mlp-784-512-512-10-b128',
    'mlp-784-512-512-10-b128-2threads',
    'adam-mlp-784-128-10-b32',
    'cnn-28x28-b32',
    'cnn-28x28-b32-2threads',
    'transformer-d64-t64-b16',
    ...[16, 64, 256, 1024].flatMap((side) => ['nn', 'nt', 'tn'].map((layout) => `gemm-${layout}-${side}`)),
    'gemm-nn-256-relaxed',
    'peak',
    'peak-relaxed',
    'cold-start',
    'compile-time',
    'memory-mlp',
    'memory-mlp-wasm',
    'bundle-gzip',
    'bundle-gzip-all',
  ])
  expect(peers.map(({ name }) => name)).toEqual([
    'tfjs-wasm',
    'tfjs-cpu',
    'jax-js',
    'brain.js',
    'handwritten-js',
    'pytorch',
    'openblas',
  ])
  expect(json).toBeUndefined()
  expect(seconds).toBeGreaterThan(0)
})

test('cases and peers can be selected, in the order of the table', () => {
  const { cases, peers } = parseArguments(['--case', 'gemm-nn-256', '--case=xor-step', '--peer', 'pytorch'])
  expect(cases.map(({ id }) => id)).toEqual(['xor-step', 'gemm-nn-256'])
  expect(peers.map(({ name }) => name)).toEqual(['pytorch'])
})

test('operations of the suite ops can be selected', () => {
  expect(parseArguments(['--suite', 'ops', '--only', 'mul', '--only', 'add']).ops).toEqual(['add', 'mul'])
})

test('a file in an existing folder is accepted', () => {
  const file = join(tmpdir(), 'figures.json')
  expect(parseArguments(['--json', file]).json).toBe(file)
})

test.each([
  [['--case', 'xor'], "Unknown case 'xor'. Choose from: xor-step, xor-8-step"],
  [['--peer', 'torch'], "Unknown peer 'torch'. Choose from: tfjs-wasm, tfjs-cpu"],
  [['--json', 'no/such/folder/x.json'], "folder 'no/such/folder' does not exist. Create it first"],
  [['--json', tmpdir()], 'is a folder; choose a file in it'],
  [['--json', ' '], 'needs a file name'],
  [['--json'], '--json'],
  [['--seconds', 'fast'], '--seconds fast: must be a number in [0.05, 600]'],
  [['--seconds', '0'], 'must be a number in [0.05, 600]'],
  [['--seconds', ''], 'must be a number in [0.05, 600]'],
  [['--suite', 'all'], "Unknown suite 'all'. Choose from: main, scaling, ops"],
  [['--suite', 'ops', '--only', 'plus'], "Unknown operation 'plus'. Choose from: "],
  [['--suite', 'ops', '--case', 'xor-step'], '--case does not apply to the suite ops'],
  [['--only', 'add'], '--only does not apply to the suite main'],
  [['--svg', tmpdir()], 'is a folder; choose a file in it'],
  [['xor-step'], 'xor-step'],
])('%j is refused in one line', (args, expected) => {
  const refusal = () => parseArguments(args)
  expect(refusal).toThrow(UsageError)
  expect(refusal).toThrow(expected)
  expect(refusal).not.toThrow('\n')
})

test('the help names every case and peer', () => {
  const { cases, peers } = parseArguments([])
  for (const name of [...cases.map(({ id }) => id), ...peers.map(({ name }) => name)])
    expect(help).toContain(name)
})

test('a failure is one line, without the paths of this machine', () => {
  const failure = new Error(`Cannot find module '${rootFolder}packages/core/dist/index.js'\n  at somewhere`)
  expect(describeFailure(failure)).toBe("Cannot find module 'packages/core/dist/index.js'")
})
