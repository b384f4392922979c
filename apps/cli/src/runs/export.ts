// `bp export`: the network of a run in the formats of other programs.
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { input } from '@bp/core'
import { writeJavaScript } from '@bp/formats/javascript'
import { writeOnnx } from '@bp/formats/onnx'
import { writeSafetensors } from '@bp/formats/safetensors'
import { scalarsEvent, versionEvent } from '@bp/formats/tfevents'
import { writeNew } from '../new-file.js'
import { readArguments } from '../options.js'
import { print } from '../output.js'
import { UsageError } from '../usage-error.js'
import { userPath } from '../user-path.js'
import { rowReader } from './javascript.js'
import { exportFormats, exportOptions } from './options.js'
import { pytorchModule, pytorchWeights } from './pytorch.js'
import { readMetrics } from './spec.js'
import { loadTrained, type Trained } from './trained.js'

type Format = (typeof exportFormats)[number]

interface Written {
  readonly extension: string
  readonly write: (trained: Trained) => Uint8Array | string
  /** Files beside it, without which it says less or nothing. */
  readonly beside?: readonly Beside[]
}

interface Beside {
  /** From the name of the main file. */
  readonly name: (main: string) => string
  readonly write: (trained: Trained) => Uint8Array | string
  readonly about: string
}

const about: Beside = {
  name: (main) => `${main}.json`,
  write: ({ spec }) => `${JSON.stringify(spec, null, 1)}\n`,
  about: 'how a row becomes inputs, and outputs an answer',
}

const writers: Readonly<Record<Format, Written>> = {
  js: { extension: 'js', write: javaScript },
  onnx: { extension: 'onnx', write: (trained) => writeOnnx(graphOf(trained)), beside: [about] },
  pytorch: {
    extension: 'py',
    write: pytorchModule,
    beside: [
      {
        name: (main) => `${main.replace(/\.py$/, '')}.safetensors`,
        write: pytorchWeights,
        about: 'its weights',
      },
      about,
    ],
  },
  safetensors: { extension: 'safetensors', write: ({ model }) => writeSafetensors(model), beside: [about] },
  tensorboard: {
    extension: 'tfevents',
    write: ({ folder, spec }) => {
      const started = Date.parse(spec.started) / 1000
      return Buffer.concat([
        versionEvent(started),
        ...readMetrics(folder).map((record) => scalarsEvent(record, started)),
      ])
    },
  },
}

/** For one row, with the probabilities or the standardized number as output. */
function graphOf({ model, spec }: Trained) {
  const x = input([1, spec.inputs], { name: 'x' })
  return { inputs: { x }, outputs: { y: model.predictions(x) } }
}

function javaScript(trained: Trained): string {
  const source = writeJavaScript(graphOf(trained))
  const { table } = trained.spec
  return table === null ? source : `${source}\n${rowReader(table)}`
}

/** Runs the command and returns the exit code. */
export function exportRun(args: readonly string[]): number {
  const { given, rest } = readArguments(args, exportOptions)
  if (rest.length !== 1 || given.to === undefined)
    throw new UsageError(`export takes a run and a format: bp export last --to ${exportFormats.join('|')}`)
  const trained = loadTrained(rest[0]!)
  const { extension, beside = [], write } = writers[given.to]
  if (given.output === '-') {
    if (given.to === 'pytorch')
      throw new UsageError('--to pytorch writes a program and its weights, two files; name one with --output')
    print(write(trained))
    return 0
  }
  const name = given.output ?? `${stemOf(given.to, basename(trained.folder))}.${extension}`
  const files = [
    { name, content: write(trained), about: null },
    ...beside.map((other) => ({ name: other.name(name), content: other.write(trained), about: other.about })),
  ]
  const force = given.force ?? false
  // All or none.
  const taken = force ? undefined : files.find((file) => existsSync(userPath(file.name)))
  if (taken) throw new UsageError(`${taken.name} exists; ${replace}`)
  for (const file of files) writeNew(file.name, file.content, force, replace)
  print(
    files
      .map((file) => `${file.name}: ${file.about ?? `${Buffer.byteLength(file.content)} bytes`}\n`)
      .join(''),
  )
  return 0
}

/** Python imports no module with a dash in its name. */
const stemOf = (format: Format, run: string) =>
  format === 'pytorch' ? run.replace(/[^\p{L}\p{N}_]+/gu, '_').replace(/^(?=\d)/, '_') : run

const replace = 'replace it with --force, or choose another with --output'
