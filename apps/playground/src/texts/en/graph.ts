// What the Graph place says, in English.
import type { RelationKind } from '@bp/lab'

export interface RelationWords {
  /** Titles of the input and of the operation's result. */
  readonly from: string
  readonly to: string
  /** Title of the other input, and its value where it is one number. */
  readonly by: string
  readonly byValue: string | null
  /** The local derivative, where it is one number. */
  readonly local: string | null
}

const times = (local: string | null) => (local === null ? '' : ` Here its slope is ${local}.`)

const relation: Readonly<Record<RelationKind, (words: RelationWords) => string>> = {
  same: ({ from, to }) => `${to} moves exactly as much as ${from}.`,
  opposite: ({ from, to }) => `Whatever ${from} does, ${to} does the opposite.`,
  scaled: ({ from, to, by, byValue }) =>
    byValue === null
      ? `${to} moves as much as ${from}, times ${by}.`
      : `${from} is multiplied by ${by}, so ${to} moves ${byValue} times as much as ${from}.`,
  divided: ({ from, to, by }) => `${from} is divided by ${by}, so ${to} moves that much less.`,
  inverse: ({ from, to, local }) => `The larger ${from}, the nearer ${to} is to 0.${times(local)}`,
  power: ({ from, to, local }) =>
    `${to} is a power of ${from}, and the steeper the larger it is.${times(local)}`,
  exponential: ({ to, local }) =>
    `The slope of an exponential is its own value, ${to}${local === null ? '' : ` = ${local}`}.`,
  logarithm: ({ from, to, local }) => `The larger ${from}, the slower ${to} grows.${times(local)}`,
  squashed: ({ from, to, local }) =>
    `${to} is ${from} pressed between two limits: steep in the middle, flat far out.${times(local)}`,
  gated: ({ from, to, local }) =>
    local === null
      ? `Each element of ${from} passes whole or not at all.`
      : local === '0'
        ? `The gate is shut: ${to} does not follow ${from} here.`
        : `The gate is open: ${to} follows ${from}.`,
  summed: ({ from }) => `Every element of ${from} counts once in the sum.`,
  averaged: ({ from }) => `Every element of ${from} counts equally in the mean.`,
  matrix: ({ from, to, by }) =>
    `${from} reaches ${to} through ${by}, so the derivative comes back through ${by} turned over.`,
  moved: ({ from, to }) => `${to} holds the numbers of ${from} in another order or shape.`,
  curve: ({ from, to, local }) => `${to} follows ${from} along a curve.${times(local)}`,
}

export const graph = {
  title: 'Graph',
  ready: 'Before the first step',
  empty: 'Write an expression above, such as f = w*x + b.',
  placing: (nodes: number) => `Placing ${nodes} nodes …`,
  begin: (output: string) =>
    `First the values, node by node, up to ${output}. Then the derivatives, from ${output} back to every variable. Can you tell each number before it appears?`,
  phases: { forward: 'forward', seed: 'seed', backward: 'backward' },
  phaseTitles: { forward: 'Forward', seed: 'Seed', backward: 'Backward' },
  stepOf: (phase: string, step: number, total: number) =>
    `${phase[0]!.toUpperCase()}${phase.slice(1)} · step ${step} of ${total}`,
  firstPart: (parts: number) =>
    `The first of ${parts} parts: it is used ${parts} times, and the parts add up.`,
  added: (before: string, part: string, after: string, last: boolean) =>
    `${last ? '=' : 'so far:'} ${before} + ${part} = ${after}`,
  overwritten: (before: string, after: string) =>
    `= ${after}: ${before} is overwritten and lost, so the result is wrong.`,
  words: {
    seed: (target: string) => `If ${target} moves by 1, ${target} moves by 1. Here the way back begins.`,
    tangentSeed: (variable: string) => `If ${variable} moves by 1, it moves by 1. Here forward mode begins.`,
    relation,
    consequence: (target: string, from: string, result: string, part: boolean) =>
      `${part ? 'By this path' : 'So'} ${target} moves ${result} times as much as ${from}.`,
  },
  openNode: (symbol: string) => `Open ${symbol}`,
  closeNode: (symbol: string) => `Close ${symbol}`,
  opened: (symbol: string) => `${symbol}, opened`,
  stopAt: (title: string) => `Stop at ${title}`,
  speed: (speed: number) => `Speed ${speed}×`,
  hint: '← → step · space play · ? keys',
  expression: 'Expression',
  examples: 'Examples',
  exampleNotes: {
    lecture: 'the lecture: g = −10, f = −7',
    sigmoid: 'opened: −x, exp, + 1, 1/x',
    twice: 'a variable that is used three times',
    square: 'a cost: the square of an error',
    xor: 'the XOR network and its cross-entropy',
    matrix: 'matrices: one layer of a network',
    softmax: 'three classes and their probabilities',
    deep: 'a long chain: derivatives fade',
  },
  applyFix: (replacement: string) => `Write ${replacement}`,
  makeVariables: (names: readonly string[]) =>
    names.length === 1 ? `Make ${names[0]} a variable` : `Make ${names.join(', ')} variables`,
  read: (from: string, as: string) => `${from} is read as ${as}`,
  derivativeOf: 'Derivative of',
  mode: 'Direction',
  reverse: 'reverse: from the end back, all variables at once',
  forwardMode: (variable: string) => `forward: along with the values, by ${variable}`,
  counts: (reverse: number, forward: number, variables: number) =>
    `Multiplications: ${reverse} in one reverse sweep; ${forward} in ${variables} forward sweeps.`,
  break: 'Break it: = instead of +=',
  whole: 'Add up again: +=',
  valueOf: (title: string) => `value of ${title}`,
  derivativeBy: (target: string, title: string) => `derivative of ${target} by ${title}`,
  tangentOf: (title: string, along: string) => `derivative of ${title} by ${along}`,
  localOf: (to: string, from: string) => `local derivative of ${to} by ${from}`,
  nodes: 'Nodes of the graph; up and down go from node to node',
  edit: {
    menu: (title: string) => `Change ${title}`,
    replace: 'in its place',
    wrap: 'around it',
    keep: 'only this stays',
  },
  tidy: 'Tidy up',
  legend: {
    value: 'value',
    derivative: (target: string) => `derivative of ${target}`,
    pending: 'not computed yet',
  },
  tabs: {
    label: 'More of this step',
    steps: 'Steps',
    nudge: 'Nudge',
    check: 'Check',
    maths: 'Maths',
    code: 'Code',
  },
  nudge: {
    first: 'When all derivatives are there, move a variable and see whether they tell the truth.',
    toEnd: 'To the end',
    variable: 'Move',
    by: 'by',
    predicted: 'predicted',
    real: 'real',
    error: 'off by',
    sentence: (variable: string, delta: string, target: string, predicted: string, real: string) =>
      `If ${variable} moves by ${delta}, ${target} moves by ${real}; the derivative says ${predicted}.`,
    curve: (target: string, variable: string) => `${target} against ${variable}, and its tangent`,
    slope: (value: string) => `slope ${value}`,
    onlyNumbers: 'Only variables that are single numbers can be moved here.',
  },
  check: {
    intro: (target: string) =>
      `Is the derivative right? Move each variable by ±h and divide how far ${target} moves by 2h. A large h bends, a tiny h rounds: the error is a V.`,
    run: 'Check',
    variable: 'variable',
    exact: 'backpropagation',
    measured: 'measured',
    error: 'best error',
    right: 'right',
    wrong: 'wrong',
    chart: 'Error of the central difference against h, both logarithmic',
  },
  maths: { copy: 'Copy LaTeX', none: 'The derivation appears as the way back is walked.' },
  code: {
    format: 'Format',
    save: 'Save',
    svg: 'Save SVG',
    png: 'Save PNG',
  },
  problems: {
    'array-target': (title: string, shape: string) =>
      `${title} is an array of ${shape}: it has no single derivative. Take sum(${title}) or mean(${title}).`,
    'no-derivative': (title: string, ops: string) =>
      `No derivative reaches ${title}: none flows through ${ops}.`,
    notFinite: (what: string, value: string, why: string) => `${what} is ${value}: ${why}.`,
    underflow: (what: string, why: string) => `${what} is 0 only by rounding: ${why}.`,
    because: {
      'division by zero': 'a division by 0. Keep the divisor away from 0',
      'zero by zero': '0 divided by 0. Keep the divisor away from 0',
      'logarithm of zero': 'the logarithm of 0. Keep its argument above 0',
      'logarithm of a negative number': 'the logarithm of a negative number. Keep its argument above 0',
      'root of a negative number': 'the root of a negative number. Keep its argument at 0 or above',
      'power of a negative number': 'a negative base with a fractional exponent. Keep the base above 0',
      overflow: 'larger than the largest number there is, 1.8e308. Use smaller numbers',
      underflow: 'smaller than the smallest number there is, 5e-324. Use inputs nearer to 0',
      vertical: 'the curve is vertical there. Move the input away',
      saturated: 'the curve is flat to the last digit there. Use an input nearer to 0',
      undefined: 'infinities cancel. Use smaller numbers',
      other: 'by the rule of the operation',
    },
    show: 'Show where it began',
  },
  keys: {
    next: 'next step',
    back: 'step back',
    play: 'play or pause',
    first: 'to the beginning',
    last: 'to the end',
    phase: 'to the next phase',
    breakpoint: 'stop at this node, or no longer',
    toBreakpoint: 'to the next stop',
    slower: 'slower',
    faster: 'faster',
  },
}
