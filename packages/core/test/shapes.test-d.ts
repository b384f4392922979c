// What TypeScript knows of shapes, checked by the compiler alone.
import { expectTypeOf } from 'vitest'
import {
  add,
  constant,
  conv1d,
  conv2d,
  einsum,
  grad,
  gradients,
  input,
  matmul,
  type Shape,
  type ShapeOf,
  sum,
  type Tensor,
  transpose,
  variable,
  where,
} from '../src/index.js'

const a = input([3, 4])
const b = variable([1, 2, 3, 4, 5, 6, 7, 8], { shape: [4, 2] })
const wrong = variable(new Float32Array(10), { shape: [5, 2] })
const row = constant([1, 2, 3, 4])
const nested: number[][] = [[1]]
declare const unknown: Tensor
declare const rows: number
const batch = input([rows, 4])

declare function shape<T extends Tensor>(tensor: T): ShapeOf<T>
const number = 0 as number

// Leaves
expectTypeOf(shape(a)).toEqualTypeOf<readonly [3, 4]>()
expectTypeOf(shape(b)).toEqualTypeOf<readonly [4, 2]>()
expectTypeOf(
  shape(
    constant([
      [1, 2],
      [3, 4],
    ]),
  ),
).toEqualTypeOf<readonly [2, 2]>()
expectTypeOf(shape(constant(5))).toEqualTypeOf<readonly []>()
expectTypeOf(shape(constant([]))).toEqualTypeOf<readonly [0]>()
expectTypeOf(shape(row)).toEqualTypeOf<readonly [4]>()
expectTypeOf(constant(nested)).toExtend<Tensor<readonly [number, number]>>()
expectTypeOf(shape(unknown)).toEqualTypeOf<Shape>()
expectTypeOf(shape(constant([[true, false]]))).toEqualTypeOf<readonly [1, 2]>()
expectTypeOf(shape(constant(nested))).toEqualTypeOf<readonly [number, number]>()
expectTypeOf(shape(constant(new Float32Array(3)))).toEqualTypeOf<readonly [number]>()
expectTypeOf(shape(input([1, 2] as number[]))).toEqualTypeOf<Shape>()

// Matrix products
expectTypeOf(shape(a.matmul(b))).toEqualTypeOf<readonly [3, 2]>()
expectTypeOf(shape(matmul(a, b))).toEqualTypeOf<readonly [3, 2]>()
expectTypeOf(shape(a.matmul(variable([0], { shape: [3, 5] }), { transposeA: true }))).toEqualTypeOf<
  readonly [4, 5]
>()
expectTypeOf(shape(a.matmul(b, { transposeB: number > 0 }))).toEqualTypeOf<readonly [3, number]>()
expectTypeOf(
  shape(
    a.matmul([
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
    ]),
  ),
).toEqualTypeOf<readonly [3, 2]>()
expectTypeOf(shape(batch.matmul(b))).toEqualTypeOf<readonly [number, 2]>()
expectTypeOf(shape(a.matmul(unknown))).toEqualTypeOf<Shape>()
// @ts-expect-error matmul: a is 3×4, so b must have 4 rows; got 5×2
a.matmul(wrong)
// @ts-expect-error matmul: a is 3×4, so b must have 4 rows; got 5×2
matmul(a, wrong)
// @ts-expect-error matmul: a is 3×4, so b must have 4 rows; got 1×2
a.matmul([[1, 2]])
// @ts-expect-error matmul: a is 3×4, so b must have 4 columns; got 4×2
a.matmul(b, { transposeB: true })
// @ts-expect-error matmul: a is 3×4 transposed, so b must have 3 rows; got 4×2
matmul(a, b, { transposeA: true })
// @ts-expect-error there is no option of that name
a.matmul(b, { transpose: true })

// Stacks of matrices, and vectors
const stack = input([5, 1, 3, 4])
expectTypeOf(shape(stack.matmul(b))).toEqualTypeOf<readonly [5, 1, 3, 2]>()
expectTypeOf(shape(stack.matmul(input([7, 4, 2])))).toEqualTypeOf<readonly [5, 7, 3, 2]>()
expectTypeOf(shape(matmul(input([rows, 3, 4]), b))).toEqualTypeOf<readonly [number, 3, 2]>()
expectTypeOf(shape(stack.matmul(input([3, 6]), { transposeA: true }))).toEqualTypeOf<readonly [5, 1, 4, 6]>()
expectTypeOf(shape(stack.matmul(row))).toEqualTypeOf<readonly [5, 1, 3]>()
expectTypeOf(shape(row.matmul(input([2, 4, 3])))).toEqualTypeOf<readonly [2, 3]>()
expectTypeOf(shape(row.matmul(row))).toEqualTypeOf<readonly []>()
// @ts-expect-error [2] and [3] do not broadcast: dimensions, counted from the last, must be equal or 1
input([2, 3, 4]).matmul(input([3, 4, 5]))
// @ts-expect-error matmul: a is 5×1×3×4, so b must have 4 rows; got 7×5×2
stack.matmul(input([7, 5, 2]))
// @ts-expect-error matmul: a is 3×4, so b must have 4 elements; got [3]
a.matmul(input([3]))

// Sums of products by letters
expectTypeOf(shape(einsum([a, b], 'ij,jk->ik'))).toEqualTypeOf<readonly [3, 2]>()
expectTypeOf(shape(einsum([a, b], { equation: 'ij, jk -> kij' }))).toEqualTypeOf<readonly [2, 3, 4]>()
expectTypeOf(shape(einsum([a], 'ij->'))).toEqualTypeOf<readonly []>()
expectTypeOf(shape(einsum([batch, a], 'bj,ij->bi'))).toEqualTypeOf<readonly [number, 3]>()
expectTypeOf(shape(einsum([unknown, a], 'ij,jk->ik'))).toEqualTypeOf<readonly [number, 4]>()
expectTypeOf(shape(einsum([a, b], 'ij,jk'))).toEqualTypeOf<Shape>()
expectTypeOf(shape(einsum([a, b], 'ij,jk->ik' as string))).toEqualTypeOf<Shape>()
expectTypeOf(shape(a.einsum([b], 'ij,jk->ki'))).toEqualTypeOf<readonly [2, 3]>()
// @ts-expect-error einsum "ij,jk->ik": j is 4 and, in 5×2, 5; a letter must have one size
einsum([a, wrong], 'ij,jk->ik')
// @ts-expect-error einsum "ii->i": i is 3 and, in 3×4, 4; a letter must have one size
a.einsum([], 'ii->i')
// @ts-expect-error einsum "ijk,jk->i": "k" names more dimensions than there are in 3×4
einsum([a, b], 'ijk,jk->i')
// @ts-expect-error einsum "ij->i": more tensors are given than it has terms
einsum([a, b], 'ij->i')

// Convolution
const images = input([rows, 28, 26, 3])
expectTypeOf(shape(conv2d(images, input([5, 5, 3, 8])))).toEqualTypeOf<readonly [number, number, number, 8]>()
expectTypeOf(shape(images.conv2d(input([5, 5, 3, 8]), { padding: 'same' }))).toEqualTypeOf<
  readonly [number, 28, 26, 8]
>()
expectTypeOf(shape(images.conv2d(input([5, 5, 3, 8]), { padding: 'same', stride: 2 }))).toEqualTypeOf<
  readonly [number, number, number, 8]
>()
expectTypeOf(shape(images.conv2d(input([1, 1, 3, 8])))).toEqualTypeOf<readonly [number, 28, 26, 8]>()
expectTypeOf(shape(images.conv2d(input([3, 3, 1, 6]), { groups: 3 }))).toEqualTypeOf<
  readonly [number, number, number, 6]
>()
expectTypeOf(shape(conv1d(input([2, 9, 4]), input([3, 4, 5]), { dilation: 2 }))).toEqualTypeOf<
  readonly [2, number, 5]
>()
expectTypeOf(shape(unknown.conv2d(input([3, 3, 1, 6])))).toEqualTypeOf<Shape>()
// @ts-expect-error x is number×28×26×3, 3 channels, but weights, 5×5×4×8, are for 4
images.conv2d(input([5, 5, 4, 8]))
// @ts-expect-error x is 2×9×4 and weights 1×3×4×5; both must have the same number of dimensions
conv1d(input([2, 9, 4]), input([1, 3, 4, 5]))

// Elementwise, with broadcasting
expectTypeOf(shape(a.sigmoid().exp().neg())).toEqualTypeOf<readonly [3, 4]>()
expectTypeOf(shape(a.add(row))).toEqualTypeOf<readonly [3, 4]>()
expectTypeOf(shape(add(row, a))).toEqualTypeOf<readonly [3, 4]>()
expectTypeOf(shape(a.mul(2).sub([[1], [2], [3]]))).toEqualTypeOf<readonly [3, 4]>()
expectTypeOf(shape(a.div(input([2, 1, 4])))).toEqualTypeOf<readonly [2, 3, 4]>()
expectTypeOf(shape(batch.add(a))).toEqualTypeOf<readonly [3, 4]>()
expectTypeOf(shape(batch.add(row))).toEqualTypeOf<readonly [number, 4]>()
expectTypeOf(shape(where(a, unknown, 0))).toEqualTypeOf<Shape>()
// @ts-expect-error 3×4 and [3] do not broadcast: dimensions, counted from the last, must be equal or 1
a.add(input([3]))
// @ts-expect-error 3×4 and 4×2 do not broadcast: dimensions, counted from the last, must be equal or 1
add(a, b)

// Reductions
expectTypeOf(shape(a.sum())).toEqualTypeOf<readonly []>()
expectTypeOf(shape(a.mean(0))).toEqualTypeOf<readonly [4]>()
expectTypeOf(shape(a.max(-1))).toEqualTypeOf<readonly [3]>()
expectTypeOf(shape(a.min({ axes: 1, keepDims: true }))).toEqualTypeOf<readonly [3, 1]>()
expectTypeOf(shape(sum(a, { keepDims: true }))).toEqualTypeOf<readonly [1, 1]>()
expectTypeOf(shape(sum(input([2, 3, 4]), [0, -1]))).toEqualTypeOf<readonly [3]>()
expectTypeOf(
  shape(
    sum(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      1,
    ),
  ),
).toEqualTypeOf<readonly [3]>()
expectTypeOf(shape(a.sum(number))).toEqualTypeOf<Shape>()
expectTypeOf(shape(a.norm(1))).toEqualTypeOf<readonly []>()
expectTypeOf(shape(a.norm({ order: 1, axes: 0 }))).toEqualTypeOf<readonly [4]>()

// Shapes
expectTypeOf(shape(a.reshape([12]))).toEqualTypeOf<readonly [12]>()
expectTypeOf(shape(a.reshape([2, -1]))).toEqualTypeOf<readonly [2, number]>()
expectTypeOf(shape(a.broadcastTo({ shape: [2, 3, 4] }))).toEqualTypeOf<readonly [2, 3, 4]>()
expectTypeOf(shape(a.transpose())).toEqualTypeOf<readonly [4, 3]>()
expectTypeOf(shape(transpose(input([2, 3, 4]), [2, 0, 1]))).toEqualTypeOf<readonly [4, 2, 3]>()
expectTypeOf(shape(unknown.transpose())).toEqualTypeOf<Shape>()

// A tensor whose shape is not known goes where a known one is wanted, and the other way round; one of another shape does not.
expectTypeOf<Tensor<readonly [3, 4]>>().toExtend<Tensor>()
expectTypeOf<Tensor>().toExtend<Tensor<readonly [3, 4]>>()
expectTypeOf<Tensor<readonly [3, 4]>>().not.toExtend<Tensor<readonly [4, 3]>>()
let total = a.sum()
total = total.add(unknown)
expectTypeOf(shape(total)).toEqualTypeOf<readonly []>()

// Derivatives have the shape of what they are by.
const [da, db] = gradients(a.matmul(b).sum(), [a, b])
expectTypeOf(shape(da)).toEqualTypeOf<readonly [3, 4]>()
expectTypeOf(shape(db)).toEqualTypeOf<readonly [4, 2]>()
expectTypeOf(shape(a.grad)).toEqualTypeOf<readonly [3, 4]>()
expectTypeOf(gradients(a.sum(), [a] as Tensor[])).toExtend<Tensor[]>()
expectTypeOf(grad((x) => x.square())(1)).toExtend<Tensor>()
expectTypeOf(grad(({ w }: { w: Tensor }, _rate: number) => w.sum())({ w: [1] }, 2)).toExtend<{ w: Tensor }>()
// @ts-expect-error there is no v
grad(({ w }: { w: Tensor }) => w.sum())({ v: [1] })
