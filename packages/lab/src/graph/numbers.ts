// Values of nodes as plain data: a number, or nested arrays of numbers.
import { type NestedArray, type Shape, sizeOf } from '@bp/core/lean'
import { formatNumber } from '../format-number.js'

/** One number for a scalar, nested arrays for a tensor. */
export type Numbers = number | NestedArray

/** Elementwise sum of two of the same shape. */
export function addNumbers(a: Numbers, b: Numbers): Numbers {
  if (typeof a === 'number') return a + (b as number)
  return a.map((entry, index) => addNumbers(entry, (b as NestedArray)[index]!))
}

// More would not read as part of a sentence.
const maxWrittenOut = 9

/** The numbers written out if they are few, else `4×8 numbers`. */
export function formatNumbers(numbers: Numbers, shape: Shape): string {
  const count = sizeOf(shape)
  return count <= maxWrittenOut ? writeOut(numbers) : `${shape.join('×')} numbers`
}

function writeOut(numbers: Numbers): string {
  return typeof numbers === 'number' ? formatNumber(numbers) : `[${numbers.map(writeOut).join(', ')}]`
}
