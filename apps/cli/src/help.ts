// The text of `--help`, generated from the tables of commands and options.
import { commands } from './commands.js'
import { wrap } from './fit.js'
import { type Options, separated } from './options.js'

export function describeProgram(): string {
  const uses = [...commands].map(
    ([name, { usage, summary }]) => [`bp ${name} ${usage.replace(/ ?\[options\]/, '')}`, summary] as const,
  )
  const column = Math.max(...uses.map(([use]) => use.length)) + 2
  return `bp shows how gradients are computed, and trains networks, in the terminal.

${uses.map(([use, summary]) => `  ${use.padEnd(column)}${summary}`).join('\n')}
  bp COMMAND --help, bp --version

  bp train my-table.csv --target price
  bp predict last new.csv > answers.csv
  bp graph "f = w*x + b" --set w=-2,x=5,b=3

BP_THREADS=2, or --threads 2, shares the work of large networks between two
threads; the results are the same, bit for bit. bp help --man is the manual.
`
}

/** What the environment says, for the manual page. */
export const variables: readonly (readonly [name: string, meaning: string])[] = [
  [
    'BP_THREADS',
    'Threads that share the work of large networks, as --threads; the results are the same, bit for bit.',
  ],
  ['NO_COLOR', 'If set, screens have no colours.'],
  ['XDG_DATA_HOME', 'Where runs are kept, in backpropagation/runs; default ~/.local/share.'],
]

export function describeCommand(name: string): string {
  const { usage, about, options, more } = commands.get(name)!
  return `bp ${name} ${usage}

${about}

${describeOptions(options)}

${more === undefined ? '' : `${more}\n\n`}${exitCodes}`
}

export const exitCodes = `Exit codes: 0 success, 1 diverged or failed, 2 invalid usage or data,
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
