// Operations on sequences, derived from those on images: a sequence is an image of height 1.

import { ShapeError } from '../checks/errors.js'
import type { Op, RuleContext } from '../graph/op.js'
import type { Array64 } from '../graph/reference.js'
import { describeShape, type Shape } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { expandDims, reshape } from './shape.js'

/** Where the height of 1 is inserted: for sequences after the batch dimension, for weights in front. */
type HeightAxis = 0 | 1

const withHeight = (shape: Shape, axis: HeightAxis): Shape => [
  ...shape.slice(0, axis),
  1,
  ...shape.slice(axis),
]

/**
 * Shape rule, gradients, decomposition and reference of an operation on sequences, from those of an operation on
 * images with the same inputs in the same order and its attributes. `axes` has the inserted axis of each input.
 */
export function ofSequences<const Name extends string>(
  onImages: Op,
  axes: { readonly [K in Name]: HeightAxis },
) {
  const { definition } = onImages
  const names = Object.keys(axes) as Name[]
  const imageNames = definition.inputs as string[]
  const lift = (name: Name, x: Tensor): Tensor => expandDims(x, axes[name])
  const lifted = <T>(each: (name: Name) => T): Record<string, T> =>
    Object.fromEntries(imageNames.map((image, index) => [image, each(names[index]!)]))

  const rule = (index: number) => ({
    formula: `as for ${onImages.name}`,
    rule: (context: RuleContext<never> & { readonly [K in Name]: Tensor }, attributes: object): Tensor => {
      const images = {
        ...lifted((input) => lift(input, context[input])),
        y: expandDims(context.y, 1),
        dy: expandDims(context.dy, 1),
      }
      return reshape(
        definition.vjp[imageNames[index]!]!.rule!(images, attributes, 0),
        context[names[index]!].shape,
      )
    },
  })
  return {
    shape: (shapes: { readonly [K in Name]: Shape }, attributes: object): Shape =>
      definition
        .shape(
          lifted((input) => withHeight(shapes[input], axes[input])),
          attributes,
        )
        .toSpliced(1, 1),
    vjp: Object.fromEntries(names.map((input, index) => [input, rule(index)])) as {
      [K in Name]: ReturnType<typeof rule>
    },
    decompose: (inputs: { readonly [K in Name]: Tensor }, attributes: object): Tensor => {
      const apply = onImages as unknown as (...args: unknown[]) => Tensor
      const y = apply(...names.map((input) => lift(input, inputs[input])), attributes)
      return reshape(y, y.shape.toSpliced(1, 1))
    },
    reference: (inputs: readonly Array64[], shape: Shape, attributes: object): Float64Array =>
      definition.reference(
        inputs.map(({ data, shape }, index) => ({ data, shape: withHeight(shape, axes[names[index]!]) })),
        withHeight(shape, 1),
        attributes,
      ),
  }
}

/** Options of windows that move along a sequence. */
export interface SequenceWindows {
  /** Distance between windows. */
  stride?: number
  padding?: 'valid' | 'same' | number | readonly [before: number, after: number]
}

/** The same for images of height 1. */
export function asImageWindows({ stride, padding = 'valid' }: SequenceWindows) {
  const sides = typeof padding === 'number' ? ([padding, padding] as const) : padding
  return {
    ...(stride === undefined ? {} : { stride: [1, stride] as const }),
    padding: typeof sides === 'string' ? sides : ([[0, 0], sides] as const),
  }
}

/** @throws ShapeError unless there are three dimensions. */
export function checkSequences(name: string, x: Shape): void {
  if (x.length !== 3 || x[2] === 0)
    throw new ShapeError(
      `${name}: x is ${describeShape(x)}; it must be [sequences, length, channels]. Use expandDims to turn one sequence into a batch`,
    )
}
