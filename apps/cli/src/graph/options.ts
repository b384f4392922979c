// The options of `bp graph` and `bp check`.
import { choice, flag, integer, type Option, text, ui } from '../options.js'

const set: Option<string> = {
  ...text('NAME=VALUE,…', 'values of the variables, e.g. w=-2,x=1/3,b=pi; also several times'),
  add: (before, more) => `${before},${more}`,
}

const expand: Option<readonly string[]> = {
  value: 'NODE,…',
  help: 'show composite operations as what they are made of, e.g. sigmoid as −x, exp, + 1, 1 ÷ x',
  read: (given) => given.split(',').map((name) => name.trim()),
  add: (before, more) => [...before, ...more],
}

/** What of a graph is looked at. */
export const subjectOptions = {
  set,
  expand,
  of: text('NODE', 'what is differentiated (default: the output)'),
  forward: text('VARIABLE', 'derivatives by this variable, W[0,1] for an element, in forward mode'),
}

/** Of a run: its network for which row, with which weights. */
export const runSubjectOptions = {
  row: integer('N', 'of a run: which row of its table the network answers for (default 1)', 1, 1e9),
  weights: choice(
    ['best', 'last'],
    'of a run: by the held-back loss, or as training left them (default best)',
  ),
  data: text('FILE', 'of a run: take the row from this file, e.g. where the table is now'),
}

export const graphOptions = {
  ...subjectOptions,
  ...runSubjectOptions,
  scopes: flag('of a run: the graph of a training step, as a list of scopes that open and close'),
  output: text('FILE', 'write it to a new file instead: FILE.ts, .py (PyTorch), .tex, .dot or .json'),
  ui,
}

export const checkOptions = { set, of: subjectOptions.of, ui }
