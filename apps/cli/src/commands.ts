// The commands of bp: what each is for, its options, and where it is.
import { bundledNames } from './data-sets.js'
import { checkOptions, graphOptions } from './graph/options.js'
import { lineOptions, type Options } from './options.js'
import { exportOptions, predictOptions, resumeOptions, showOptions } from './runs/options.js'
import { specOption } from './runs/spec-file.js'
import { openOptions, pageDataSets } from './shell/options.js'
import { inspectCommandOptions } from './table/options.js'
import { benchOptions, trainOptions } from './train/options.js'

export interface Command {
  /** What may stand after its name. */
  readonly usage: string
  /** In a few words. */
  readonly summary: string
  /** For its help. */
  readonly about: string
  /** For its help, after the options. */
  readonly more?: string
  readonly options: Options
  /** Computes in a thread of its own, which shares the work among others if it is to. */
  readonly elsewhere?: true
  /** Its program, which returns the exit code. */
  readonly load: () => Promise<(args: readonly string[]) => number | Promise<number>>
}

export const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  [
    'train',
    {
      usage: '[DATA|SPEC] [options]',
      summary: 'train a network (default DATA: xor)',
      about: `DATA is xor, a bundled data set (${bundledNames.join(', ')}),
a file with a table (CSV and its relatives, also compressed by gzip), or - for
standard input. What each column is read as is shown before training. The run
is saved as it trains: see bp runs. SPEC is a run spec, .json, .js or .ts, which
says all that options say, e.g. { "data": "iris", "epochs": 20 }.`,
      options: { spec: specOption, ...trainOptions },
      more: `On a terminal the run stays on the screen until q. Keys: space pauses, . and ,
go a step forward and back, - slows down, l changes the learning rate, s saves,
x stops after the epoch, 1 to 6 are pages, ? shows all keys, q leaves.`,
      elsewhere: true,
      load: async () => {
        const [{ train }, { withSpec }] = await Promise.all([
          import('./train/command.js'),
          import('./runs/spec-file.js'),
        ])
        return async (args) => train(await withSpec(args, (text) => process.stderr.write(`note: ${text}\n`)))
      },
    },
  ],
  [
    'inspect',
    {
      usage: 'DATA [options]',
      summary: 'what a table is read as, column by column',
      about: `Shows what a table is read as, a line for each column, and what to say to have
it otherwise. bp train takes the same options.`,
      options: inspectCommandOptions,
      load: async () => (await import('./table/command.js')).inspect,
    },
  ],
  [
    'predict',
    {
      usage: 'RUN FILE [options]',
      summary: 'the answers of a trained network, as CSV',
      about: `Writes the rows of FILE to standard output with the answers of the network of RUN
beside them: the class and its probability, or the number. FILE has the columns
that the run was trained on, in any order; - is standard input. RUN is last, a
name that bp runs lists, or the folder of a run.`,
      options: predictOptions,
      load: async () => (await import('./runs/predict.js')).predict,
    },
  ],
  [
    'eval',
    {
      usage: 'RUN FILE [options]',
      summary: 'how well it does on the rows of a file',
      about: `Compares the answers of the network of RUN with those in FILE: the score, a
baseline, and for classes which are taken for which.`,
      options: lineOptions,
      load: async () => (await import('./runs/evaluate.js')).evaluate,
    },
  ],
  [
    'runs',
    {
      usage: '[options]',
      summary: 'the last 50 runs and their scores',
      about: 'Lists the runs that are kept, the newest first.',
      options: lineOptions,
      load: async () => (await import('./runs/show.js')).listRuns,
    },
  ],
  [
    'show',
    {
      usage: '[RUN] [options]',
      summary: 'all that is known of a run (default RUN: last)',
      about: 'Shows the data, settings and scores of a run; with --ui json also its records.',
      options: showOptions,
      load: async () => (await import('./runs/show.js')).show,
    },
  ],
  [
    'compare',
    {
      usage: 'RUN RUN … [options]',
      summary: 'in what runs differ',
      about: 'Shows the settings in which runs differ, and their scores side by side.',
      options: lineOptions,
      load: async () => (await import('./runs/show.js')).compare,
    },
  ],
  [
    'resume',
    {
      usage: '[RUN] [options]',
      summary: 'go on where a run stopped (default RUN: last)',
      about: `Goes on with a run that was stopped, to the same weights as without the stop, or
past its end with --epochs. The data must be what it was.`,
      options: resumeOptions,
      elsewhere: true,
      load: async () => (await import('./train/command.js')).resume,
    },
  ],
  [
    'export',
    {
      usage: 'RUN --to FORMAT [options]',
      summary: 'a network for other programs',
      about: `Writes the network of RUN for other programs: a JavaScript module without
dependencies that answers for a row, ONNX, a PyTorch program with its weights,
safetensors, or TensorBoard events.`,
      options: exportOptions,
      load: async () => (await import('./runs/export.js')).exportRun,
    },
  ],
  [
    'bench',
    {
      usage: '[DATA] [options]',
      summary: 'how fast it trains on this machine, and why',
      about: `Measures how many steps per second bp train does on this machine, and how long
each instruction of a step takes compared with the peak of the machine.`,
      options: benchOptions,
      load: async () => (await import('./profile/command.js')).bench,
    },
  ],
  [
    'graph',
    {
      usage: '[EXPRESSION|RUN] [options]',
      summary: "values and derivatives of a graph's nodes",
      about: `EXPRESSION is a formula such as "f = w*x + b" or "sigmoid(w*x + b)", or several
statements separated by semicolons: "g = w*x; f = g + b". The default is the
lecture's f = w*x + b with w = -2, x = 5, b = 3. For a RUN, e.g. last --row 3,
it is the graph of its network for a row of its table, with its weights; with
--scopes that of a training step: forward, loss, gradients, update.`,
      options: graphOptions,
      more: `On a terminal it steps through the forward and backward passes, and takes other
values, nudges, checks, opens composites and more by keys: ? lists them, : finds
one by a word, q quits.`,
      load: async () => (await import('./graph/command.js')).graph,
    },
  ],
  [
    'check',
    {
      usage: '[EXPRESSION] [options]',
      summary: 'derivatives against central differences',
      about: `Compares the derivatives of EXPRESSION, as of bp graph, with central differences
for steps h from 0.1 to 1e-12. The exit code is 1 if one is wrong.`,
      options: checkOptions,
      load: async () => (await import('./graph/check.js')).check,
    },
  ],
  [
    'open',
    {
      usage: '[RUN|EXPRESSION|DATA] [options]',
      summary: 'a link to the playground, and the page',
      about: `Prints a link that opens the playground with a graph, a run or a data set
(${pageDataSets.join(', ')}), and serves the page to browsers of
this machine until ctrl-c. A run on XOR, or on a table of two inputs and classes, is
opened as a network; any other with --row as the graph of a row.`,
      options: openOptions,
      load: async () => (await import('./shell/open.js')).open,
    },
  ],
  [
    'doctor',
    {
      usage: '[options]',
      summary: 'what this machine and terminal can do',
      about: 'Shows what is found, and what to do about what is in the way.',
      options: lineOptions,
      load: async () => (await import('./shell/doctor.js')).doctor,
    },
  ],
  [
    'completion',
    {
      usage: 'bash|zsh|fish',
      summary: 'a script that completes what is typed',
      about: `Writes a script for the shell: eval "$(bp completion bash)" in ~/.bashrc, the
same with zsh in ~/.zshrc, bp completion fish | source in config.fish.`,
      options: {},
      load: async () => (await import('./shell/completion.js')).completion,
    },
  ],
])
