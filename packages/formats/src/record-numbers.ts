// The numbers in a run's record, each with its path.
import { check, isRecord, type RunRecord } from '@bp/core/lean'

export const checkRecord = check<RunRecord>(
  'a run record, as passed to onRecord',
  (value) => isRecord(value) && typeof value.epoch === 'number' && typeof value.step === 'number',
)

/** `null` where the record has `null`. */
type NumberAt = readonly [path: readonly string[], value: number | null]

/** Each number in a record, or in part of one, in order. */
export function numbersIn(record: object, path: readonly string[] = []): NumberAt[] {
  return Object.entries(record).flatMap(([key, value]: [string, number | null | object | undefined]) =>
    typeof value === 'object' && value !== null
      ? numbersIn(value, [...path, key])
      : value === undefined
        ? []
        : [[[...path, key], value] satisfies NumberAt],
  )
}
