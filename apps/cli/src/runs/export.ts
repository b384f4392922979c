// `bp export`: the network of a run in the formats of other programs.
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
import { rowReader } from './javascript.js'
import { exportFormats, exportOptions } from './options.js'
import { readMetrics } from './spec.js'
import { loadTrained, type Trained } from './trained.js'

type Format = (typeof exportFormats)[number]

interface Written {
  readonly extension: string
  /** Whether its inputs and outputs are told in a file beside it. */
  readonly beside: boolean
  readonly write: (trained: Trained) => Uint8Array | string
}

const writers: Readonly<Record<Format, Written>> = {
  js: { extension: 'js', beside: false, write: javaScript },
  onnx: {
    extension: 'onnx',
    beside: true,
    write: (trained) => writeOnnx(graphOf(trained)),
  },
  safetensors: { extension: 'safetensors', beside: true, write: ({ model }) => writeSafetensors(model) },
  tensorboard: {
    extension: 'tfevents',
    beside: false,
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
  const { extension, beside, write } = writers[given.to]
  const content = write(trained)
  if (given.output === '-') {
    print(content)
    return 0
  }
  const name = given.output ?? `${basename(trained.folder)}.${extension}`
  const force = given.force ?? false
  writeNew(name, content, force, replace)
  const written = [`${name}: ${Buffer.byteLength(content)} bytes`]
  if (beside) {
    const about = `${name}.json`
    writeNew(about, `${JSON.stringify(trained.spec, null, 1)}\n`, force, replace)
    written.push(`${about}: how a row becomes inputs, and outputs an answer`)
  }
  print(`${written.join('\n')}\n`)
  return 0
}

const replace = 'replace it with --force, or choose another with --output'
