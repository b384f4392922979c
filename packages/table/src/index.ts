// The public face of the package.
export type { DateForm, DateOrder, DatePart, TimeForm } from './columns/date.js'
export type { NumberForm } from './columns/number.js'
export { type ColumnReading, type KindName, kindNames, type Seen } from './columns/reading.js'
export { readValues } from './columns/values.js'
export {
  type Answer,
  answerOf,
  type EncodedRows,
  type EncodedTargets,
  encodeInputs,
  encodeTargets,
  readOptionsFor,
  writeValue,
} from './encode/apply.js'
export {
  type ColumnEncoding,
  type InputColumn,
  inputNames,
  type TableDescription,
  type Target,
} from './encode/description.js'
export {
  type InspectedColumn,
  type InspectedTarget,
  type Inspection,
  type InspectOptions,
  inspectTable,
  type Labels,
} from './encode/inspect.js'
export { type Baseline, type PreparedTable, type PrepareOptions, prepareTable } from './encode/prepare.js'
export { describeTable, type ReportLine } from './encode/report.js'
export { TableError } from './errors.js'
export type { Cells } from './read/cells.js'
export type { Encoding } from './read/encoding.js'
export { type Delimiter, delimiters, type Layout } from './read/layout.js'
export {
  type Progress,
  parseTable,
  type ReadOptions,
  readTable,
  type Table,
  type TableColumn,
  type TableFile,
} from './read/read.js'
