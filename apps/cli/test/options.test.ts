import { describe, expect, it } from 'vitest'
import { graphOptions } from '../src/graph/options.js'
import { readArguments } from '../src/options.js'
import { trainOptions } from '../src/train/options.js'
import { withDefaults } from '../src/train/settings.js'
import { UsageError } from '../src/usage-error.js'

const words = (line: string) => line.split(' ').filter((word) => word !== '')

describe('options are parsed', () => {
  it.each<[string, object, string[]]>([
    ['', {}, []],
    ['iris', {}, ['iris']],
    ['iris --epochs 5', { epochs: 5 }, ['iris']],
    ['--epochs=5 iris', { epochs: 5 }, ['iris']],
    ['--epochs 5 --epochs 6', { epochs: 6 }, []],
    ['--learning-rate 1e-3', { learningRate: 0.001 }, []],
    ['--learning-rate .5', { learningRate: 0.5 }, []],
    ['--hidden 16,8', { hidden: [16, 8] }, []],
    ['--hidden none', { hidden: [] }, []],
    ['--activation tanh --optimizer momentum', { activation: 'tanh', optimizer: 'momentum' }, []],
    ['--seed 0 --held-back 0', { seed: 0, heldBack: 0 }, []],
    ['--exit-on-done --ui plain', { exitOnDone: true, ui: 'plain' }, []],
    ['-- --epochs', {}, ['--epochs']],
    ['--lr 0.5 --random-state 3 --test-size 0.3', { learningRate: 0.5, seed: 3, heldBack: 0.3 }, []],
    [
      '--hidden-layer-sizes 16,8 --label y --early-stopping 5',
      { hidden: [16, 8], target: 'y', patience: 5 },
      [],
    ],
  ])('train %s', (line, given, rest) => {
    expect(readArguments(words(line), trainOptions)).toEqual({ given, rest })
  })

  it('a value may begin with a minus sign or contain an equals sign', () => {
    expect(readArguments(['--set', '-w=1'], graphOptions).given).toEqual({ set: '-w=1' })
    expect(readArguments(['--set', 'w=-2,x=5'], graphOptions).given).toEqual({ set: 'w=-2,x=5' })
    expect(readArguments(['--set', 'w=1', '--set', 'x=2'], graphOptions).given).toEqual({ set: 'w=1,x=2' })
  })
})

describe('options are refused with one line that says what to do', () => {
  it.each([
    ['--epocs 5', 'unknown option --epocs; did you mean --epochs?'],
    ['--lerning-rate 5', 'unknown option --lerning-rate; did you mean --learning-rate?'],
    ['--frobnicate', 'unknown option --frobnicate'],
    ['--constructor 1', 'unknown option --constructor'],
    ['-x', 'unknown option -x; put -- before an argument that begins with a dash'],
    ['--epochs', '--epochs expects a value: --epochs N'],
    ['--epochs --seed 3', '--epochs expects a value: --epochs N'],
    ['--exit-on-done=yes', '--exit-on-done takes no value'],
    ['--epochs 0', '--epochs must be an integer in [1, 1000000000], got "0"'],
    ['--epochs -5', '--epochs must be an integer in [1, 1000000000], got "-5"'],
    ['--epochs 2.5', '--epochs must be an integer in [1, 1000000000], got "2.5"'],
    ['--epochs ten', '--epochs must be an integer in [1, 1000000000], got "ten"'],
    ['--epochs 0x10', '--epochs must be an integer in [1, 1000000000], got "0x10"'],
    ['--learning-rate -1', '--learning-rate must be a positive number, e.g. 0.01, got "-1"'],
    ['--learning-rate 0', '--learning-rate must be a positive number, e.g. 0.01, got "0"'],
    ['--learning-rate NaN', '--learning-rate must be a positive number, e.g. 0.01, got "NaN"'],
    ['--learning-rate Infinity', '--learning-rate must be a positive number, e.g. 0.01, got "Infinity"'],
    ['--learning-rate 1e999', '--learning-rate must be a positive number, e.g. 0.01, got "1e999"'],
    ['--batch-size 0', '--batch-size must be an integer in [1, 1000000000], got "0"'],
    ['--seed -1', '--seed must be an integer in [0, 9007199254740991], got "-1"'],
    ['--held-back 1', '--held-back must be in [0, 1), e.g. 0.2, got "1"'],
    ['--held-back 20%', '--held-back must be in [0, 1), e.g. 0.2, got "20%"'],
    ['--hidden 16,x', '--hidden must be up to 16 comma-separated integers in [1, 4096], or none; got "16,x"'],
    ['--hidden 0', '--hidden must be up to 16 comma-separated integers in [1, 4096], or none; got "0"'],
    ['--optimizer adm', '--optimizer must be sgd, momentum or adam, got "adm"; did you mean "adam"?'],
    ['--activation step', '--activation must be relu, tanh or sigmoid, got "step"'],
    ['--ui jsn', '--ui must be tui, plain or json, got "jsn"; did you mean "json"?'],
  ])('train %s', (line, message) => {
    const attempt = () => readArguments(words(line), trainOptions)
    expect(attempt).toThrow(UsageError)
    expect(attempt).toThrow(new UsageError(message))
  })
})

describe('settings that are left out', () => {
  it('have the defaults for tables or for xor', () => {
    expect(withDefaults('table', {})).toMatchObject({ hidden: [32], learningRate: 0.003, seed: 7 })
    expect(withDefaults('xor', { seed: 0 })).toMatchObject({ hidden: [2], learningRate: 1, seed: 0 })
  })

  it.each([
    ['table', 'sgd', 0.1],
    ['table', 'momentum', 0.01],
    ['xor', 'adam', 0.05],
  ] as const)('for %s with %s the learning rate is %d', (task, optimizer, learningRate) => {
    expect(withDefaults(task, { optimizer })).toMatchObject({ optimizer, learningRate })
  })

  it('have their defaults in the help', () => {
    expect(trainOptions.epochs.help).toBe('passes over the training rows (default 40; xor: 1000)')
    expect(trainOptions.seed.help).toContain('(default 7)')
    expect(trainOptions.learningRate.help).toContain(
      '(default sgd 0.1, momentum 0.01, adam 0.003; xor: sgd 1,',
    )
  })
})
