// The numbers of a run's record, each with the way to it.
import { check, isRecord, type RunRecord } from '@bp/core'

export const checkRecord = check<RunRecord>(
  'a record of a run, as onRecord gets it',
  (value) => isRecord(value) && typeof value.epoch === 'number' && typeof value.step === 'number',
)

/** `null` where the record says that there is none. */
type NumberAt = readonly [path: readonly string[], value: number | null]

/** Each number of a record, or of a part of one, in the order in which they stand there. */
export function numbersIn(record: object, path: readonly string[] = []): NumberAt[] {
  return Object.entries(record).flatMap(([key, value]: [string, number | null | object | undefined]) =>
    typeof value === 'object' && value !== null
      ? numbersIn(value, [...path, key])
      : value === undefined
        ? []
        : [[[...path, key], value] satisfies NumberAt],
  )
}
