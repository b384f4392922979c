// Checks of numbers that callers give as options, with errors that name the option and what it may be.
import { ValueError } from './errors.js'

/** @throws ValueError unless it is a finite number. */
export function checkFinite(caller: string, name: string, value: number): number {
  return check(Number.isFinite(value), caller, name, 'a finite number', value)
}

/** @throws ValueError unless it is a finite number above 0. */
export function checkPositive(caller: string, name: string, value: number): number {
  return check(value > 0 && Number.isFinite(value), caller, name, 'a finite number above 0', value)
}

/** @throws ValueError unless it is a finite number from 0 up. */
export function checkNotNegative(caller: string, name: string, value: number): number {
  return check(value >= 0 && Number.isFinite(value), caller, name, 'a finite number from 0 up', value)
}

/** @throws ValueError unless it is a number from 0 up to but without 1. */
export function checkShare(caller: string, name: string, value: number): number {
  return check(value >= 0 && value < 1, caller, name, 'from 0 up to but without 1', value)
}

/** @throws ValueError unless it is a whole number from `least` up. */
export function checkCount(caller: string, name: string, value: number, least = 1): number {
  return check(
    Number.isSafeInteger(value) && value >= least,
    caller,
    name,
    `a whole number from ${least} up`,
    value,
  )
}

/** @throws ValueError unless it is true or false. */
export function checkFlag(caller: string, name: string, value: boolean): boolean {
  return check(typeof value === 'boolean', caller, name, 'true or false', value)
}

function check<T>(fine: boolean, caller: string, name: string, wanted: string, value: T): T {
  if (!fine) throw new ValueError(`${caller}: ${name} must be ${wanted}, got ${value}`)
  return value
}
