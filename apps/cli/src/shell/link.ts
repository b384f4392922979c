// Links of the playground: the hash that holds a graph, a network's run or a data set.
import {
  dataKinds,
  type GraphDocument,
  graphCodec,
  initialNetwork,
  LinkError,
  limits,
  type NetworkDocument,
  networkCodec,
  readAddress,
  type WeightEdit,
  writeAddress,
} from '@bp/lab'
import { encodeInputs, encodeTargets, type TableDescription } from '@bp/table'
import { tableOfRun } from '../runs/data.js'
import { loadTrained, type Trained } from '../runs/trained.js'
import { UsageError } from '../usage-error.js'

export interface Link {
  /** `#/graph?v=1&e=…`. */
  readonly hash: string
  /** What it opens, in words. */
  readonly about: string
}

export async function linkOfGraph(document: GraphDocument, title: string): Promise<Link> {
  const hash = await writeAddress('graph', graphCodec.write(document))
  try {
    await readAddress(hash)
  } catch (error) {
    if (!(error instanceof LinkError)) throw error
    throw new UsageError(
      `the graph ${title} is too large for a link: ${error.message}; look at it here with bp graph`,
    )
  }
  return { hash, about: `the graph ${title}` }
}

export async function linkOfDataSet(name: string): Promise<Link> {
  const kind = dataKinds.find((one) => one === name)!
  return linkOfNetwork({ ...initialNetwork, data: { ...initialNetwork.data, kind } }, `a network on ${name}`)
}

/**
 * The run in the Network place, at its step or with its weights.
 * @throws UsageError for a run that the page cannot take, which says why.
 */
export async function linkOfRun(reference: string, data: string | undefined): Promise<Link> {
  const trained = loadTrained(reference)
  const { table } = trained.spec
  return table === null ? linkOfXor(reference, trained) : linkOfTable(reference, trained, table, data)
}

/** The page trains a network on XOR to the same bits, so the step says everything. */
async function linkOfXor(reference: string, { spec: { settings }, step }: Trained): Promise<Link> {
  const document: NetworkDocument = {
    ...initialNetwork,
    ...networkOf(settings),
    batch: Math.min(settings.batchSize, 4),
    until: { ...initialNetwork.until, steps: stepsOf(settings) },
    step,
  }
  return linkOfNetwork(document, `the run ${reference} at step ${step}`, reference)
}

const stepsOf = ({ epochs, batchSize }: Trained['spec']['settings']) =>
  Math.min(limits.steps, epochs * Math.ceil(4 / batchSize))

function networkOf({
  hidden,
  activation,
  optimizer,
  learningRate,
  seed,
}: Trained['spec']['settings']): Pick<NetworkDocument, 'layers' | 'optimizer' | 'seed'> {
  return {
    layers: hidden.map((units) => ({ units, activation })),
    optimizer: { kind: optimizer, learningRate, momentum: 0.9 },
    seed,
  }
}

/** Rows of two inputs are points of a plane; the weights come along as long as a link can hold them. */
async function linkOfTable(
  reference: string,
  trained: Trained,
  description: TableDescription,
  data: string | undefined,
): Promise<Link> {
  const { spec, model } = trained
  const { target } = description
  const instead = `; open the graph of one of its rows: bp open ${reference} --row 1`
  const refused = (why: string) => new UsageError(`the page's network ${why}${instead}`)
  if (spec.inputs !== 2) throw refused(`takes two inputs, and the run ${reference} has ${spec.inputs}`)
  if (target.task === 'regression')
    throw refused(`tells classes apart, and ${target.name} of the run ${reference} is a number`)
  if (target.classes.length > limits.classes)
    throw refused(`takes up to ${limits.classes} classes, and ${target.name} has ${target.classes.length}`)
  const { table } = await tableOfRun(reference, spec, description, data)
  const { inputs } = encodeInputs(table, description)
  const { targets, rows } = encodeTargets(table, description)
  if (rows.length > limits.points)
    throw refused(`takes up to ${limits.points} points, and the run ${reference} has ${rows.length} rows`)
  const width = target.classes.length
  const points = Array.from(rows, (row, at): [number, number, number] => [
    inputs[2 * row]!,
    inputs[2 * row + 1]!,
    targets.subarray(at * width, (at + 1) * width).indexOf(1),
  ])
  const edits = editsOf(model.parameters, width)
  const withWeights = edits.length <= limits.edits
  return linkOfNetwork(
    {
      ...initialNetwork,
      ...networkOf(spec.settings),
      data: { ...initialNetwork.data, kind: 'points', points, heldBack: spec.settings.heldBack },
      batch: Math.min(spec.settings.batchSize, limits.rows),
      until: { ...initialNetwork.until, steps: 10_000 },
      edits: withWeights ? edits : [],
    },
    withWeights
      ? `the network of the run ${reference} with its weights`
      : `the data and network of the run ${reference}, to be trained anew: a link holds up to ${limits.edits} weights, and it has ${edits.length}`,
    reference,
  )
}

/**
 * The weights as they would be set by hand before the first step. Of two classes the page has one output, whose sum is the
 * difference of the two: softmax of two is the sigmoid of that.
 */
function editsOf(parameters: Trained['model']['parameters'], classes: number): WeightEdit[] {
  const last = parameters.length / 2 - 1
  return parameters.flatMap(({ values, shape }, index) => {
    const layer = index >> 1
    const bias = index % 2 === 1
    const units = shape.at(-1)!
    const joined = layer === last && classes === 2
    return Array.from({ length: values.length / units }, (_, from) =>
      Array.from({ length: joined ? 1 : units }, (_, to): WeightEdit => {
        const at = from * units
        const value = joined ? Math.fround(values[at + 1]! - values[at]!) : values[at + to]!
        return { step: 0, layer, from: bias ? -1 : from, to, value }
      }),
    ).flat()
  })
}

async function linkOfNetwork(document: NetworkDocument, about: string, reference = ''): Promise<Link> {
  const fields = networkCodec.write(document)
  try {
    networkCodec.read(new Map(Object.entries(fields)))
  } catch (error) {
    if (!(error instanceof LinkError)) throw error
    throw new UsageError(
      `the page cannot take the run ${reference}: ${error.message}; open the graph of one of its rows: bp open ${reference} --row 1`,
    )
  }
  return { hash: await writeAddress('network', fields), about }
}
