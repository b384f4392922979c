// How programs are printed: of tensors computed at once, of compiled functions, of training steps.
import { expect, test } from 'vitest'
import {
  compile,
  compileStep,
  constant,
  DtypeError,
  describe,
  gradients,
  input,
  mean,
  sgd,
  sigmoidCrossEntropyWithLogits,
  type Tensor,
  ValueError,
  variable,
} from '../src/index.js'

const x = input([4, 2], { name: 'x' })
const w = variable([[1], [2]], { name: 'w' })
const b = variable([0], { name: 'b' })
const logits = x.matmul(w).add(b)
const loss = mean(sigmoidCrossEntropyWithLogits(logits, input([4, 1])))

/** The opcodes of a table, which stand between its heading and its sum. */
const opcodes = (table: string) =>
  table
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split(' ')[0])

test('tensors to be computed at once are described as the one program that computes them', () => {
  const table = describe([logits.sigmoid(), logits.square()])
  expect(opcodes(table)).toEqual(['MatmulTile', 'Sigmoid', 'Square'])
  expect(table).toMatch(/MatmulTile.* m=4 n=1 k=2 bias=b\d\[1\].* ← matmul, add$/m)
})

test('a compiled function of inputs is described by its outputs', () => {
  const f = compile({ inputs: { x }, outputs: { y: logits.sigmoid() } })
  expect(f.describe()).toBe(describe([logits.sigmoid()]))
})

test('a compiled function of tensors has a program for each list of shapes it was called with', () => {
  const f = compile((x: Tensor) => x.square().sum())
  expect(() => f.describe()).toThrow(
    new ValueError('describe: nothing is planned yet; call the compiled function first'),
  )
  f(constant([1, 2]))
  f(constant([1, 2, 3]))
  const [first, second] = f.describe().split('\n\n')
  expect(first).toMatch(/^0 f32 \[2\]:\n/)
  expect(second).toMatch(/^0 f32 \[3\]:\n/)
  expect(opcodes(first!.slice(first!.indexOf('\n') + 1))).toEqual(['Square', 'Sum'])
})

test('with passes, each stage is printed by name, and that a pass changed nothing', () => {
  const stages = describe([loss, ...gradients(loss, [w, b])], { passes: true }).split('\n\n')
  const stage = (name: string) => stages.find((text) => text.startsWith(`${name}:`))!
  expect(stages.map((text) => /^\w+/.exec(text)![0])).toEqual([
    'lowered',
    'fuseProducts',
    'fuseColumnSums',
    'fuseAttention',
    'fuseLossGradients',
    'fuseMeanLoss',
    'keepDerivatives',
    'chainBlocks',
    'program',
  ])
  expect(opcodes(stage('lowered').replace('lowered:\n', ''))).toContain('Add')
  expect(opcodes(stage('fuseProducts').replace('fuseProducts:\n', ''))).not.toContain('Add')
  expect(stage('fuseAttention')).toBe('fuseAttention: no change')
  expect(stage('fuseMeanLoss')).toContain('SigmoidCrossEntropyMean')
  expect(stage('program').replace('program:\n', '')).toBe(describe([loss, ...gradients(loss, [w, b])]))
})

test('the passes of a training step come before its program, which also records and updates', () => {
  const labels = input([4, 1])
  const loss = mean(sigmoidCrossEntropyWithLogits(logits, labels))
  const step = compileStep({ inputs: { x, labels }, loss, optimizer: sgd({ learningRate: 0.1 }) })
  const text = step.describe({ passes: true })
  expect(text).toMatch(/^lowered:\n/)
  expect(text.endsWith(`program:\n${step.describe()}`)).toBe(true)
  expect(opcodes(step.describe()).slice(-2)).toEqual(['Record', 'Sgd'])
})

test('what is computed in float64 has no program to describe', () => {
  const y = variable([1], { name: 'v', dtype: 'f64' }).square()
  expect(() => describe([y])).toThrow(DtypeError)
  expect(() => compile({ inputs: {}, outputs: { y } }).describe()).toThrow(
    /is f64, .*make its variables and inputs f32/,
  )
})

test('the program of a step as data has the nodes that each instruction computes, and what its table adds up', () => {
  const step = compileStep({
    inputs: { x, y: loss.inputs[0]!.inputs[1] as ReturnType<typeof input> },
    loss,
    optimizer: sgd({ learningRate: 1 }),
  })
  const { program } = step
  expect(program.map(({ instruction }) => instruction)).toEqual(opcodes(step.describe()))
  expect(program[0]!.nodes.map(({ op }) => op?.name)).toEqual(['matmul', 'add'])
  expect(program.at(-1)!.nodes).toEqual(expect.arrayContaining([w, b]))
  const total = (key: 'operations' | 'bytes') => program.reduce((sum, line) => sum + line[key], 0)
  expect(step.describe().split('\n').at(-1)).toMatch(
    new RegExp(`\\b${total('operations')} +${total('bytes')}$`),
  )
})
