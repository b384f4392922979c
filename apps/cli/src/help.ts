// The text of `--help`, generated from the tables of options.
import { bundledNames } from './data-sets.js'
import { wrap } from './fit.js'
import { graphOptions } from './graph/options.js'
import { type Options, separated } from './options.js'
import { inspectCommandOptions } from './table/options.js'
import { benchOptions, trainOptions } from './train/options.js'

export function describeProgram(): string {
  return `bp shows how gradients are computed, and trains networks, in the terminal.

  bp train [DATA] [options]         train a network (default DATA: xor)
  bp inspect DATA [options]         what a table is read as, column by column
  bp bench [DATA] [options]         how fast it trains on this machine, and why
  bp graph [EXPRESSION] [options]   values and derivatives of a graph's nodes
  bp --version
  bp train --help                   help for a command

  bp train digits
  bp inspect my-table.csv --target price
  bp train my-table.csv --target price --hidden 64,32
  bp graph "f = w*x + b" --set w=-2,x=5,b=3

Set BP_THREADS=2 to share the work of large networks between two threads;
the results are the same, bit for bit.
`
}

export function describeTrain(): string {
  return `bp train [DATA] [options]

DATA is xor, a bundled data set (${bundledNames.join(', ')}),
a file with a table (CSV and its relatives, also compressed by gzip), or - for
standard input. What each column is read as is shown before training.

${describeOptions(trainOptions)}

On a terminal the run is paced to take about 5 seconds and stays on the screen
until q. Keys: space pause, . one step, + and - speed, y scale, r restart,
? all keys, q quit.

${exitCodes}`
}

export function describeInspect(): string {
  return `bp inspect DATA [options]

Shows what a table is read as, a line for each column, and what to say to have
it otherwise. bp train takes the same options.

${describeOptions(inspectCommandOptions)}

${exitCodes}`
}

export function describeBench(): string {
  return `bp bench [DATA] [options]

Measures how many steps per second bp train does on this machine, and how long
each instruction of a step takes compared with the peak of the machine.

${describeOptions(benchOptions)}

${exitCodes}`
}

export function describeGraph(): string {
  return `bp graph [EXPRESSION] [options]

EXPRESSION is a formula such as "f = w*x + b" or "sigmoid(w*x + b)", or several
statements separated by semicolons: "g = w*x; f = g + b". The default is the
lecture's f = w*x + b with w = -2, x = 5, b = 3.

${describeOptions(graphOptions)}

On a terminal it steps through the forward and backward passes.
Keys: → or n step, ← or p back, space play, home and end, q quit.

${exitCodes}`
}

const exitCodes = `Exit codes: 0 success, 1 diverged or failed, 2 invalid usage or data,
130 interrupted (143 by SIGTERM).
`

const width = 80

function describeOptions(options: Options): string {
  return Object.entries(options)
    .map(([name, { value, help }]) => {
      const head = `  --${separated(name, '-')}${value === null ? '' : ` ${value}`}`
      const lines = wrap(help, width - indent)
      if (head.length <= indent - 2)
        return [head.padEnd(indent) + lines[0], ...lines.slice(1).map(indented)].join('\n')
      return [head, ...lines.map(indented)].join('\n')
    })
    .join('\n')
}

const indent = 24
const indented = (line: string) => ' '.repeat(indent) + line
