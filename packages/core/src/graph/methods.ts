// Every operation of the table as a method of tensors.
import { integerFrom, listOf } from '../checks/check-options.js'
import { ShapeError } from '../checks/errors.js'
import * as ops from '../ops/index.js'
import { isList } from './input-names.js'
import { type InternalName, isInternal, type MethodOf } from './op.js'
import { blaming, type Method } from './reading.js'
import { describeShape, normalizeAxis, type Shape } from './shape.js'
import { Tensor } from './tensor.js'

type Table = typeof ops
type OpMethods = {
  [Name in keyof Table as Name extends InternalName ? never : Name]: MethodOf<Table[Name]>
}

declare module './tensor.js' {
  interface Tensor<S extends Shape = Shape> extends OpMethods {
    /**
     * Splits the tensor along a dimension (default 0) into a number of equal parts, or into parts of the given sizes.
     * `concat` is the inverse.
     * @throws ShapeError when the parts do not make up the dimension.
     */
    split(parts: number | readonly number[], axis?: number): Tensor[]
  }
}

Object.defineProperty(Tensor.prototype, 'split', { value: blaming(split as Method) })
for (const op of Object.values(ops)) {
  if (isInternal(op.name)) continue
  const call = op as (...args: unknown[]) => Tensor
  const ofList = isList(op.definition.inputs[0])
  Object.defineProperty(Tensor.prototype, op.name, {
    value: blaming(function (...rest) {
      if (!ofList) return call(this, ...rest)
      const [others, ...more] = rest
      return call(Array.isArray(others) ? [this, ...others] : others, ...more)
    }),
  })
}

function equalParts(length: number, count: number): number[] {
  return Number.isInteger(count) && count > 0 && length % count === 0
    ? new Array<number>(count).fill(length / count)
    : []
}

function split(this: Tensor, parts: number | readonly number[], axis = 0): Tensor[] {
  const along = normalizeAxis('split', axis, this.rank)
  const length = this.shape[along]!
  const sizes =
    typeof parts === 'number' ? equalParts(length, parts) : listOf(integerFrom(0))('split', 'parts', parts)
  if (sizes.reduce((total, size) => total + size, 0) !== length)
    throw new ShapeError(
      `split: axis ${along} of x, which is ${describeShape(this.shape)}, cannot be split into ${typeof parts === 'number' ? `${parts} equal parts` : `parts of [${parts.join(', ')}]`}`,
    )
  let start = 0
  return sizes.map((size) => {
    const begin = this.shape.map((_, at) => (at === along ? start : 0))
    start += size
    return ops.slice(this, { begin, size: this.shape.with(along, size) })
  })
}
