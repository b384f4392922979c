// The document of a network in an address, own data from a table, and programs made of it.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  activationNames,
  createNetworkRun,
  differencesOf,
  initializations,
  initialNetwork,
  LinkError,
  lossKinds,
  type NetworkDocument,
  networkCodec,
  networkData,
  optimizerKinds,
  PointsError,
  parsePoints,
  trainingToPyTorch,
  trainingToTypeScript,
  withSubscripts,
} from '../../src/index.js'
import { lecture, withData } from './documents.js'

const real = (low: number, high: number) => fc.double({ min: low, max: high, noNaN: true }).map((x) => x + 0)
const units = fc.integer({ min: 1, max: 16 })

const documents: fc.Arbitrary<NetworkDocument> = fc.record({
  data: fc.record({
    kind: fc.constantFrom('xor' as const, 'circle' as const, 'points' as const, 'formula' as const),
    rows: fc.integer({ min: 4, max: 2000 }),
    noise: real(0, 10),
    formula: fc.string({ maxLength: 200 }),
    points: fc.array(fc.tuple(real(-1e6, 1e6), real(-1e6, 1e6), fc.integer({ min: 0, max: 7 })), {
      maxLength: 30,
    }),
    drawn: fc.array(
      fc.record({ pixels: fc.stringMatching(/^[0-9a-g]{64}$/), label: fc.integer({ min: 0, max: 9 }) }),
      { maxLength: 3 },
    ),
    heldBack: real(0, 0.9),
  }),
  layers: fc.array(
    fc.record(
      {
        units,
        activation: fc.constantFrom(...activationNames),
        dropout: fc.double({ min: 0, minExcluded: true, max: 0.9, noNaN: true }),
      },
      { requiredKeys: ['units', 'activation'] },
    ),
    { maxLength: 8 },
  ),
  loss: fc.constantFrom(...lossKinds),
  optimizer: fc.record({
    kind: fc.constantFrom(...optimizerKinds),
    learningRate: real(1e-30, 3e38),
    momentum: real(0, 0.9999),
  }),
  l1: real(0, 10),
  l2: real(0, 10),
  batch: fc.integer({ min: 0, max: 2000 }),
  initialization: fc.constantFrom(...initializations),
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  until: fc.record({ steps: fc.constant(10_000), loss: real(0, 1), gradient: real(0, 1) }),
  edits: fc
    .array(
      fc.record({
        step: fc.nat(100),
        layer: fc.constant(0),
        from: fc.constantFrom(-1, 0, 1),
        to: fc.constant(0),
        value: fc.float({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
      }),
      { maxLength: 4 },
    )
    .map((edits) => edits.sort((a, b) => a.step - b.step)),
  freezes: fc
    .array(
      fc.record({
        step: fc.nat(100),
        layer: fc.constant(0),
        from: fc.constantFrom(-1, 0, 1),
        to: fc.constantFrom(-1, 0),
        frozen: fc.boolean(),
      }),
      { maxLength: 4 },
    )
    .map((freezes) => freezes.sort((a, b) => a.step - b.step)),
  step: fc.nat(10_000),
  speed: fc.nat(1000),
  row: fc.nat(100),
  part: fc.nat(6),
  paper: fc.array(
    fc.array(fc.tuple(fc.integer({ min: 0, max: 63 }), fc.integer({ min: 0, max: 63 })), {
      minLength: 1,
      maxLength: 20,
    }),
    { maxLength: 3 },
  ),
  compared: fc.constant([]),
  selected: fc.constantFrom(null, 'h1', 'w21', 'w1_12'),
  tab: fc.constantFrom('answers' as const, 'code' as const),
})

describe('the address of a network', () => {
  it('holds nothing for the lecture', () => {
    expect(networkCodec.write(initialNetwork)).toEqual({})
    expect(networkCodec.read(new Map())).toEqual(initialNetwork)
  })

  it('holds every document whole', () => {
    fc.assert(
      fc.property(documents, (document) => {
        expect(networkCodec.read(new Map(Object.entries(networkCodec.write(document))))).toEqual(document)
      }),
    )
  })

  it('holds the runs to compare with, each whole, the lecture among them', () => {
    fc.assert(
      fc.property(fc.array(documents, { maxLength: 4 }), documents, (compared, document) => {
        const all = { ...document, compared: [lecture(), ...compared] }
        expect(networkCodec.read(new Map(Object.entries(networkCodec.write(all))))).toEqual(all)
      }),
    )
  })

  it('names what of two runs is otherwise', () => {
    const one = lecture({ seed: 3, step: 40, ...withData('moons') })
    expect(differencesOf(one, lecture())).toEqual([
      { field: 'data', text: 'moons' },
      { field: 'seed', text: '3' },
    ])
    expect(differencesOf(lecture({ step: 40 }), lecture())).toEqual([{ field: 'step', text: '40' }])
  })

  it('is readable', () => {
    const document = lecture({
      ...withData('spiral'),
      layers: [
        { units: 8, activation: 'tanh' },
        { units: 4, activation: 'relu' },
      ],
      step: 950,
    })
    expect(networkCodec.write(document)).toEqual({ data: 'spiral', layers: '8.tanh_4.relu', step: '950' })
  })

  const refused: readonly [string, string, RegExp][] = [
    ['rate', '1e39', /rate expects a number in \(0, 3\.4/],
    ['rate', '0', /rate expects/],
    ['rate', 'NaN', /rate expects/],
    ['seed', '-1', /seed expects an integer in \[0, 4294967295\], got -1/],
    ['seed', '1.5', /seed expects/],
    ['layers', '2.sigmoid_17.tanh', /layers expects at most 8 of units\.activation/],
    ['layers', '2.constructor', /layers expects/],
    ['data', 'toString', /data expects one of xor, circle/],
    ['points', '1,2', /points expects/],
    ['points', '1,2,9', /points expects/],
    ['edits', '0,5,0,0,1', /edits expects weights that the network has/],
    ['edits', '9,0,0,0,1_3,0,0,0,1', /edits in the order of their steps/],
    ['freezes', '0,5,0,0,1', /freezes expects weights that the network has/],
    ['freezes', '0,0,0,0,2', /freezes expects/],
    ['layers', '4.tanh~1', /layers expects/],
    ['compared', 'seed=1|compared=seed', /compared expects/],
    ['compared', 'seed=-1', /seed expects an integer/],
    ['step', '1001', /step expects at most 1000/],
    ['constructor', '1', /constructor is not one of/],
  ]
  it.each(refused)('refuses %s = %s', (name, text, message) => {
    expect(() => networkCodec.read(new Map([[name, text]]))).toThrow(LinkError)
    expect(() => networkCodec.read(new Map([[name, text]]))).toThrow(message)
  })
})

describe('data', () => {
  it('of a formula has class 1 above it', () => {
    const { training } = networkData(
      lecture({ data: { ...initialNetwork.data, kind: 'formula', formula: 'x^2 - 1/2', noise: 0 } }),
    )
    for (let row = 0; row < training.rows; row++) {
      const [x, y] = training.inputs.subarray(2 * row, 2 * row + 2)
      expect(training.targets[row]).toBe(Number(y! > x! ** 2 - 0.5))
    }
  })

  it('of one class is refused', () => {
    const points = [[0, 0, 1]] as const
    const document = lecture({ data: { ...initialNetwork.data, kind: 'points', points } })
    expect(() => networkData(document)).toThrow('there is no point of class 0')
  })

  it('is held back by class', () => {
    const { training, heldBack } = networkData(
      lecture({ data: { ...initialNetwork.data, kind: 'rings', rows: 90, heldBack: 0.2 } }),
    )
    expect([training.rows, heldBack!.rows]).toEqual([72, 18])
    for (const label of [0, 1, 2])
      expect(Array.from({ length: 18 }, (_, row) => heldBack!.targets[3 * row + label]!)).toContain(1)
  })
})

describe('a pasted table', () => {
  it('is read with and without names, with commas, semicolons or tabs', () => {
    const expected = [
      [0.5, -1, 0],
      [2, 3e-3, 1],
    ]
    for (const text of [
      'x1,x2,label\n0.5,-1,0\n2,3e-3,1',
      '0.5,-1,0\n2,3e-3,1\n',
      '0.5;-1;0\r\n2;3e-3;1',
      '0.5\t-1\t0\n2\t3e-3\t1',
      '0,5;-1;0\n2;3e-3;1',
    ])
      expect(parsePoints(text).points).toEqual(expected)
  })

  it('may name its classes', () => {
    expect(parsePoints('a,b,kind\n1,2,red\n3,4,blue\n5,6,red')).toEqual({
      points: [
        [1, 2, 0],
        [3, 4, 1],
        [5, 6, 0],
      ],
      classes: ['red', 'blue'],
    })
  })

  const refused: readonly [string, string][] = [
    ['1,2,0\n3,x,1', 'line 2: column 2 is "x"; expected a number such as 0.5'],
    ['x1,x2,label\n1,2,0\n\n3,,1', 'line 4: x2 is empty; expected a number such as 0.5'],
    ['1,2\n3,4', 'line 1: 2 columns; expected 3: two inputs and a class, as in x1,x2,class'],
    ['1,2,0\n3,4,0', 'line 1: all rows are of class 0; expected at least two classes'],
    ['1,2,0\n3,4', 'line 2: column 3 is empty; expected a class such as 0 or 1'],
    ['', 'line 1: the file is empty; expected a table'],
  ]
  it.each(refused)('that is wrong says where: %j', (text, message) => {
    expect(() => parsePoints(text)).toThrow(PointsError)
    expect(() => parsePoints(text)).toThrow(message)
  })
})

describe('programs', () => {
  it('train for this library to the bits of the page', async () => {
    const document = lecture({
      ...withData('rings'),
      batch: 32,
      optimizer: { kind: 'nesterov', learningRate: 0.1, momentum: 0.8 },
      l2: 0.01,
      layers: [{ units: 4, activation: 'tanh', dropout: 0.25 }],
      until: { steps: 70, loss: 0, gradient: 0 },
    })
    for (const one of [lecture(), document, lecture({ loss: 'squaredError' })]) {
      const run = createNetworkRun(one)
      run.step(one.until.steps)
      const code = trainingToTypeScript(one, run.data)
      expect(code).toMatch(/^import \{ .*createRun.* \} from '@bp\/core'\n/)
      const body = code
        .replace(/^import (\{.*\}) from '@bp\/core'/, 'const $1 = core')
        .replace(/console\.log\(.*\)/, 'return run.weights()')
      const program = new Function('core', `return (async () => {${body}})()`)
      const weights = (await program(await import('@bp/core'))) as Float32Array
      // 70 steps are 10 epochs of 7 steps.
      expect(weights).toEqual(run.weights())
    }
  })

  it('for PyTorch hold the weights of the step', () => {
    const run = createNetworkRun(lecture())
    run.step(10)
    const code = trainingToPyTorch(run)
    for (const { values } of run.model.parameters)
      for (const value of values) expect(code).toContain(String(value))
    expect(code).toContain('nn.Linear(2, 2),\n    nn.Sigmoid(),\n    nn.Linear(2, 1)')
    expect(code).toContain('for step in range(10, 1000)')
  })

  it('draw names with subscripts', () => {
    expect([...['w21', 'x1', 'c', 'w1_12']].map(withSubscripts)).toEqual(['w₂₁', 'x₁', 'c', 'w₁‚₁₂'])
  })
})
