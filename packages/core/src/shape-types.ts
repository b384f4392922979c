// Shapes in types: what TypeScript can know of a shape before the program runs. Shapes that are not written out
// in the program are `Shape`, which fits everything; all are checked again when nodes are made.
import type { Shape } from './shape.js'
import type { NumberArray, shapeOf, Tensor, TensorLike } from './tensor.js'

/** The shape of a tensor, or of the numbers that stand for one: `readonly [2, 3]`, or `Shape` when it is not known. */
export type ShapeOf<X> = X extends { [shapeOf]?(shape: infer S extends Shape): void }
  ? S
  : X extends number
    ? readonly []
    : X extends NumberArray
      ? readonly [number]
      : X extends readonly unknown[]
        ? NestedShape<X>
        : Shape

/** `[[1, 2], [3, 4]]` is `[2, 2]`; of `number[][]` only the rank is known. */
type NestedShape<X extends readonly unknown[]> = X extends readonly [infer First, ...unknown[]]
  ? ShapeOf<First> extends infer Rest extends Shape
    ? readonly [X['length'], ...Rest]
    : Shape
  : X extends readonly []
    ? readonly [0]
    : X extends readonly (infer Entry)[]
      ? [Entry] extends [number]
        ? readonly [number]
        : [Entry] extends [readonly unknown[]]
          ? unknown extends Entry[number]
            ? Shape
            : ShapeOf<Entry> extends infer Rest extends Shape
              ? readonly [number, ...Rest]
              : Shape
          : Shape
      : Shape

/** The shape that was given, or else that of the values. */
export type GivenShape<Values, Given> = [Given] extends [Shape] ? Known<Given> : ShapeOf<Values>

/** Ranks that are not known become `Shape`. */
type Known<S> = S extends Shape ? (number extends S['length'] ? Shape : S) : Shape

/** The result of a rule as a tensor; mistakes are reported at an argument, see `Fits`. */
type Result<S> = Tensor<Known<S>>

/** What an argument must be besides a tensor: nothing more, or, where shapes do not fit, a message that it is not. */
type Fits<S> = S extends string ? S : unknown

/** `3×4`, as in messages. */
type Text<S extends Shape> = S extends readonly [infer Only extends number]
  ? `[${Only}]`
  : S extends readonly [infer First extends number, ...infer Rest extends readonly [number, ...number[]]]
    ? `${First}×${Rest extends readonly [infer Last extends number] ? Last : Text<Rest>}`
    : 'a scalar'

/** The shape that both broadcast to, or a message. */
type Broadcast<A extends Shape, B extends Shape> = number extends A['length'] | B['length']
  ? Shape
  : [BroadcastFrom<A, B>] extends [never]
    ? `${Text<A>} and ${Text<B>} do not broadcast: dimensions, counted from the last, must be equal or 1`
    : BroadcastFrom<A, B>

type BroadcastFrom<A extends Shape, B extends Shape, Tail extends Shape = readonly []> = A extends readonly [
  ...infer HeadA extends Shape,
  infer LastA extends number,
]
  ? B extends readonly [...infer HeadB extends Shape, infer LastB extends number]
    ? Dimension<LastA, LastB> extends infer D extends number
      ? BroadcastFrom<HeadA, HeadB, readonly [D, ...Tail]>
      : never
    : readonly [...A, ...Tail]
  : readonly [...B, ...Tail]

/** What two dimensions broadcast to; a text when they do not. */
type Dimension<A extends number, B extends number> = number extends A
  ? B extends 1
    ? number
    : B
  : number extends B
    ? A extends 1
      ? number
      : A
    : A extends 1
      ? B
      : B extends 1
        ? A
        : A extends B
          ? A
          : 'no'

/** The option `Key`, given by name or bare. */
type Option<Given, Key extends string> = Given extends number | readonly unknown[]
  ? Given
  : Key extends keyof Given
    ? Given[Key]
    : undefined

/** Whether a flag is set; `boolean` when only the program will know. */
type Flag<Given, Key extends string> = Given extends Readonly<Record<Key, infer Value>> ? Value : false

/** Shape of a matrix product, or a message. Products of stacks of matrices are not worked out. */
type MatmulShape<A extends Shape, B extends Shape, Given> =
  Turned<A, Flag<Given, 'transposeA'>> extends readonly [infer M extends number, infer K extends number]
    ? Turned<B, Flag<Given, 'transposeB'>> extends readonly [
        infer Rows extends number,
        infer N extends number,
      ]
      ? number extends K | Rows
        ? readonly [M, N]
        : K extends Rows
          ? readonly [M, N]
          : `matmul: a is ${Text<A>}${Flag<Given, 'transposeA'> extends true ? ' transposed' : ''}, so b must have ${K} ${Flag<Given, 'transposeB'> extends true ? 'columns' : 'rows'}; got ${Text<B>}`
      : Shape
    : Shape

type Turned<S extends Shape, Transposed> = S extends readonly [infer Rows, infer Columns]
  ? [Transposed] extends [true]
    ? readonly [Columns, Rows]
    : [Transposed] extends [false]
      ? S
      : readonly [number, number]
  : Shape

/** Shape after a reduction along the option `axes`, whose axes stay as 1 with `keepDims`. */
type ReducedShape<S extends Shape, Given> = number extends S['length']
  ? Shape
  : Option<Given, 'axes'> extends infer Axes
    ? [Axes] extends [undefined]
      ? Reduce<S, number, Flag<Given, 'keepDims'>>
      : [Axes] extends [number]
        ? number extends Axes
          ? Shape
          : Reduce<S, Axes, Flag<Given, 'keepDims'>>
        : [Axes] extends [readonly number[]]
          ? number extends Axes['length']
            ? Shape
            : Reduce<S, Axes[number], Flag<Given, 'keepDims'>>
          : Shape
    : Shape

/** Goes through the axes, whose number from the front is the length of `Done` and from the end that of `S`. */
type Reduce<
  S extends Shape,
  Axes extends number,
  Keep,
  Done extends Shape = readonly [],
> = S extends readonly [infer First extends number, ...infer Rest extends Shape]
  ? readonly [
      ...(`${Done['length']}` extends `${Axes}`
        ? Kept<Keep>
        : `-${S['length']}` extends `${Axes}`
          ? Kept<Keep>
          : readonly [First]),
      ...Reduce<Rest, Axes, Keep, readonly [...Done, First]>,
    ]
  : readonly []

type Kept<Keep> = [Keep] extends [true] ? readonly [1] : [Keep] extends [false] ? readonly [] : Shape

/** The option `shape`; a dimension that is to be worked out is a `number`. */
type NewShape<Given> =
  Option<Given, 'shape'> extends infer S extends Shape
    ? number extends S['length']
      ? Shape
      : { readonly [Axis in keyof S]: S[Axis] extends -1 ? number : S[Axis] }
    : Shape

/** Dimensions in the order of the option `permutation`, or reversed without. */
type TransposedShape<S extends Shape, Given> = number extends S['length']
  ? Shape
  : Option<Given, 'permutation'> extends infer Order
    ? [Order] extends [undefined]
      ? Reversed<S>
      : [Order] extends [readonly number[]]
        ? number extends Order['length']
          ? Shape
          : { readonly [Axis in keyof Order]: Order[Axis] extends keyof S ? S[Order[Axis]] & number : number }
        : Shape
    : Shape

type Reversed<S extends Shape> = S extends readonly [infer First extends number, ...infer Rest extends Shape]
  ? readonly [...Reversed<Rest>, First]
  : readonly []

/** What is given for each input: a tensor, or for `...xs` a list. */
type Given<Names extends readonly unknown[]> = {
  [K in keyof Names]: Names[K] extends `...${string}` ? readonly TensorLike[] : TensorLike
}

/** How an op is called whose result may have any shape. The method of a list takes the others: `a.concat([b, c])`. */
export interface Call<Names extends readonly string[], Options> {
  function: (...args: [...Given<Names>, attributes?: Options]) => Tensor
  method: Names extends readonly [`...${string}`]
    ? (others: readonly TensorLike[], attributes?: Options) => Tensor
    : Names extends readonly [string, ...infer Others]
      ? (...args: [...Given<Others>, attributes?: Options]) => Tensor
      : unknown
}

/**
 * How the shape of a result follows from those of the inputs, for ops that name one of these in their type; each
 * as a function and as a method of its first input.
 */
export interface ShapeRules<Names extends readonly string[], Options> {
  /** By broadcasting; worked out for one input or two. */
  broadcast: Names extends readonly [string]
    ? {
        function: <const X extends TensorLike>(x: X, options?: Options) => Result<ShapeOf<X>>
        method: <This extends Tensor>(this: This, options?: Options) => Result<ShapeOf<This>>
      }
    : Names extends readonly [string, string]
      ? {
          function: <const A extends TensorLike, const B extends TensorLike>(
            a: A,
            b: B & Fits<Broadcast<ShapeOf<A>, ShapeOf<B>>>,
            options?: Options,
          ) => Result<Broadcast<ShapeOf<A>, ShapeOf<B>>>
          method: <This extends Tensor, const B extends TensorLike>(
            this: This,
            b: B & Fits<Broadcast<ShapeOf<This>, ShapeOf<B>>>,
            options?: Options,
          ) => Result<Broadcast<ShapeOf<This>, ShapeOf<B>>>
        }
      : Call<Names, Options>
  matmul: {
    function: <
      const A extends TensorLike,
      const B extends TensorLike,
      const Given extends Options | undefined = undefined,
    >(
      a: A,
      b: B & Fits<MatmulShape<ShapeOf<A>, ShapeOf<B>, Given>>,
      options?: Given,
    ) => Result<MatmulShape<ShapeOf<A>, ShapeOf<B>, Given>>
    method: <
      This extends Tensor,
      const B extends TensorLike,
      const Given extends Options | undefined = undefined,
    >(
      this: This,
      b: B & Fits<MatmulShape<ShapeOf<This>, ShapeOf<B>, Given>>,
      options?: Given,
    ) => Result<MatmulShape<ShapeOf<This>, ShapeOf<B>, Given>>
  }
  reduce: {
    function: <const X extends TensorLike, const Given extends Options | undefined = undefined>(
      x: X,
      options?: Given,
    ) => Result<ReducedShape<ShapeOf<X>, Given>>
    method: <This extends Tensor, const Given extends Options | undefined = undefined>(
      this: This,
      options?: Given,
    ) => Result<ReducedShape<ShapeOf<This>, Given>>
  }
  reshape: {
    function: <const Given extends Options>(x: TensorLike, options: Given) => Result<NewShape<Given>>
    method: <const Given extends Options>(this: Tensor, options: Given) => Result<NewShape<Given>>
  }
  transpose: {
    function: <const X extends TensorLike, const Given extends Options | undefined = undefined>(
      x: X,
      options?: Given,
    ) => Result<TransposedShape<ShapeOf<X>, Given>>
    method: <This extends Tensor, const Given extends Options | undefined = undefined>(
      this: This,
      options?: Given,
    ) => Result<TransposedShape<ShapeOf<This>, Given>>
  }
}
