// The messages between the page and the worker that builds, places and reads training graphs.
import type {
  Fused,
  GraphFile,
  HistogramCurve,
  InsideStep,
  Instruction,
  Operation,
  OperationNumbers,
  PlacedGraph,
  ScalarCurve,
  TrainingGraphDocument,
} from '@bp/lab'

/** From the page to the worker. */
export type Request =
  | { readonly type: 'show'; readonly number: number; readonly document: TrainingGraphDocument }
  | { readonly type: 'open'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly type: 'export' }
  | { readonly type: 'inside'; readonly row: number }

/** From the worker to the page. */
export type Report =
  | { readonly type: 'shown'; readonly number: number; readonly shown: Shown }
  | { readonly type: 'refused'; readonly number: number; readonly message: string }
  | { readonly type: 'opened'; readonly file: GraphFile; readonly complete: boolean }
  | { readonly type: 'unreadable'; readonly name: string; readonly message: string }
  | { readonly type: 'exported'; readonly bytes: Uint8Array<ArrayBuffer>; readonly step: number }
  | { readonly type: 'inside'; readonly inside: InsideStep }

/** All that is drawn of a document. */
export interface Shown {
  readonly document: TrainingGraphDocument
  readonly placed: PlacedGraph
  readonly operations: ReadonlyMap<string, Operation>
  /** Every scope there is. */
  readonly scopes: readonly string[]
  /** Names that the search finds; `null` if it is no pattern. */
  readonly found: readonly string[] | null
  readonly curves: readonly ScalarCurve[]
  readonly histograms: readonly HistogramCurve[]
  /** What a file does not have. */
  readonly run: {
    readonly step: number
    /** Units of every layer, the inputs first. */
    readonly sizes: readonly number[]
    /** Training rows that the step takes. */
    readonly rows: readonly number[]
    readonly numbers: ReadonlyMap<string, OperationNumbers>
    readonly program: readonly Instruction[]
    readonly fused: Fused
    readonly isOver: boolean
  } | null
}
