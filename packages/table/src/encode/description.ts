// How a table is read and encoded: plain JSON that is saved with a run, so that another file is read in the same way.
import type { DatePart } from '../columns/date.js'
import type { ColumnReading } from '../columns/reading.js'
import type { Layout } from '../read/layout.js'

/** How a column becomes inputs. Everything is measured on the training rows. */
export type ColumnEncoding =
  | {
      readonly as: 'number'
      /** An input is `(x - mean) / standardDeviation`. */
      readonly mean: number
      readonly standardDeviation: number
      /** What takes the place of a missing number. */
      readonly median: number
      /** Whether another input says that the number is missing. */
      readonly missingInput: boolean
    }
  | {
      readonly as: 'categories'
      /** Each is an input that is 0 or 1. */
      readonly categories: readonly string[]
      /** Whether another input stands for all other texts; without it, they are zeros. */
      readonly other: boolean
      readonly missingInput: boolean
    }
  | {
      readonly as: 'answer'
      /** An input that is 0 or 1; what takes the place of a missing answer. */
      readonly mostFrequent: 0 | 1
      readonly missingInput: boolean
    }
  | {
      readonly as: 'date'
      /** Those that differ between the training rows, standardized; 0 where the date is missing. */
      readonly parts: readonly {
        readonly part: DatePart
        readonly mean: number
        readonly standardDeviation: number
      }[]
      readonly missingInput: boolean
    }

export interface InputColumn {
  readonly reading: ColumnReading
  readonly encoding: ColumnEncoding
}

/** What is predicted. */
export type Target = {
  readonly name: string
  /** How the column is read. */
  readonly reading: ColumnReading
} & (
  | {
      readonly task: 'classification'
      /** In the order of targets and predictions, in the words of the file. */
      readonly classes: readonly string[]
    }
  | {
      readonly task: 'regression'
      /** A prediction p means `mean + standardDeviation * p`. */
      readonly mean: number
      readonly standardDeviation: number
    }
)

/** How a table becomes inputs and targets, and predictions become answers. */
export interface TableDescription {
  readonly format: 'backpropagation-table'
  readonly version: 1
  readonly layout: Layout
  /** The columns that become inputs, in the order of the inputs. */
  readonly inputs: readonly InputColumn[]
  readonly target: Target
  /** Names of the columns that are left out. */
  readonly leftOut: readonly string[]
}

/** The inputs that an encoded column becomes, such as `speed`, `speed is missing`, `airport = Oslo`. */
export function inputNames({ reading: { name }, encoding }: InputColumn): string[] {
  const missing = encoding.missingInput ? [`${name} is missing`] : []
  switch (encoding.as) {
    case 'categories':
      return [
        ...encoding.categories.map((category) => `${name} = ${category}`),
        ...(encoding.other ? [`${name} is another`] : []),
        ...missing,
      ]
    case 'date':
      return [...encoding.parts.map(({ part }) => `${name}: ${part}`), ...missing]
    default:
      return [name, ...missing]
  }
}
