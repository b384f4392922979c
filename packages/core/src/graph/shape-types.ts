// Shapes in types: what TypeScript can know of a shape at compile time. Shapes that are not literal are `Shape`, which
// fits everything; all are checked again when nodes are created.
import type { Shape } from './shape.js'
import type { shapeOf, Tensor, TensorLike } from './tensor.js'
import type { NumberArray } from './values.js'

/** The shape of a tensor, or of numbers in place of one: `readonly [2, 3]`, or `Shape` when unknown. */
export type ShapeOf<X> = X extends { [shapeOf]?(shape: infer S extends Shape): void }
  ? S
  : X extends number | boolean
    ? readonly []
    : X extends NumberArray
      ? readonly [number]
      : X extends readonly unknown[]
        ? NestedShape<X>
        : Shape

/** `[[1, 2], [3, 4]]` is `[2, 2]`; for `number[][]` only the rank is known. */
type NestedShape<X extends readonly unknown[]> = X extends readonly [infer First, ...unknown[]]
  ? ShapeOf<First> extends infer Rest extends Shape
    ? readonly [X['length'], ...Rest]
    : Shape
  : X extends readonly []
    ? readonly [0]
    : X extends readonly (infer Entry)[]
      ? [Entry] extends [number | boolean]
        ? readonly [number]
        : [Entry] extends [readonly unknown[]]
          ? unknown extends Entry[number]
            ? Shape
            : ShapeOf<Entry> extends infer Rest extends Shape
              ? readonly [number, ...Rest]
              : Shape
          : Shape
      : Shape

/** The given shape, or that of the values. */
export type GivenShape<Values, Given> = [Given] extends [Shape] ? Known<Given> : ShapeOf<Values>

/** Unknown ranks become `Shape`. */
type Known<S> = S extends Shape ? (number extends S['length'] ? Shape : S) : Shape

/** The result of a rule as a tensor; mistakes are reported at an argument, see `Fits`. */
type Result<S> = Tensor<Known<S>>

/** An extra constraint on an argument: none, or, where shapes do not fit, a message that no argument satisfies. */
type Fits<S> = S extends string ? S : unknown

/** `3×4`, as in messages. */
type Text<S extends Shape> = S extends readonly [infer Only extends number]
  ? `[${Only}]`
  : S extends readonly [infer First extends number, ...infer Rest extends readonly [number, ...number[]]]
    ? `${First}×${Rest extends readonly [infer Last extends number] ? Last : Text<Rest>}`
    : 'a scalar'

/** The shape that both are broadcast to, or a message. */
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

/** The dimension that two are broadcast to; a string when they cannot be. */
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

/** The option `Key`, given by name or as a bare value. */
type Option<Given, Key extends string> = Given extends number | string | readonly unknown[]
  ? Given
  : Key extends keyof Given
    ? Given[Key]
    : undefined

/** Whether a flag is set; `boolean` when unknown at compile time. */
type Flag<Given, Key extends string> = Given extends Readonly<Record<Key, infer Value>> ? Value : false

/** The shape of a matrix product, or a message. */
type MatmulShape<A extends Shape, B extends Shape, Given> =
  Sides<A, Flag<Given, 'transposeA'>, 'row'> extends readonly [
    infer StackA extends Shape,
    infer M extends Shape,
    infer K extends number,
  ]
    ? Sides<B, Flag<Given, 'transposeB'>, 'column'> extends readonly [
        infer StackB extends Shape,
        infer N extends Shape,
        infer Rows extends number,
      ]
      ? [K & Rows] extends [never]
        ? `matmul: a is ${Text<A>}${Flag<Given, 'transposeA'> extends true ? ' transposed' : ''}, so b must have ${K} ${N extends readonly [] ? 'elements' : Flag<Given, 'transposeB'> extends true ? 'columns' : 'rows'}; got ${Text<B>}`
        : Broadcast<StackA, StackB> extends infer Stack
          ? Stack extends Shape
            ? readonly [...Stack, ...M, ...N]
            : Stack
          : never
      : Shape
    : Shape

/** A batch of matrices as the batch shape, the dimension that remains, and the one that is summed over. */
type Sides<S extends Shape, Transposed, Side> = S extends readonly [infer Only extends number]
  ? readonly [readonly [], readonly [], Only]
  : S extends readonly [...infer Stack extends Shape, infer Rows extends number, infer Columns extends number]
    ? [Transposed] extends [boolean]
      ? boolean extends Transposed
        ? readonly [Stack, readonly [number], number]
        : [Side, Transposed] extends ['row', false] | ['column', true]
          ? readonly [Stack, readonly [Rows], Columns]
          : readonly [Stack, readonly [Columns], Rows]
      : Shape
    : Shape

/**
 * Shape of a convolution, or a message: [images, …space, channels] with weights [...kernel, channels, outputs]. The
 * spatial size is computed only where the convolution keeps it.
 */
type ConvolvedShape<X extends Shape, W extends Shape, Given> = X extends readonly [
  infer Images extends number,
  ...infer Space extends readonly [number, ...number[]],
  infer Channels extends number,
]
  ? W extends readonly [
      ...infer Kernel extends Shape,
      infer Depth extends number,
      infer Outputs extends number,
    ]
    ? Kernel['length'] extends Space['length']
      ? [Channels & Depth, undefined] extends [never, Option<Given, 'groups'>]
        ? `x is ${Text<X>}, ${Channels} channels, but weights, ${Text<W>}, are for ${Depth}`
        : readonly [Images, ...Moved<Space, Kernel, Given>, Outputs]
      : `x is ${Text<X>} and weights ${Text<W>}; both must have the same number of dimensions`
    : Shape
  : Shape

/** `same` padding, and kernels of one cell, keep the size at stride 1. */
type Moved<Space extends Shape, Kernel extends Shape, Given> = [Option<Given, 'stride'>] extends [
  undefined | 1,
]
  ? [Option<Given, 'padding'>] extends ['same']
    ? Space
    : [Option<Given, 'padding'>, Kernel[number]] extends [undefined | 'valid' | 0, 1]
      ? Space
      : { readonly [Axis in keyof Space]: number }
  : { readonly [Axis in keyof Space]: number }

/** The shape of an einsum, or a message. Without an arrow it is not inferred. */
type EinsumShape<Xs extends readonly TensorLike[], Given> =
  Option<Given, 'equation'> extends infer Equation extends string
    ? WithoutSpaces<Equation> extends `${infer Terms}->${infer Output}`
      ? LetterSizes<Terms, Xs> extends infer Sizes
        ? Sizes extends string
          ? `einsum "${Equation}": ${Sizes}`
          : Lettered<Output, Sizes>
        : never
      : Shape
    : Shape

type WithoutSpaces<Text extends string> = Text extends `${infer Head} ${infer Tail}`
  ? WithoutSpaces<`${Head}${Tail}`>
  : Text

/** The size of each letter in comma-separated terms, or a message. */
type LetterSizes<Terms extends string, Xs extends readonly unknown[], Sizes = unknown> = Xs extends readonly [
  infer X,
  ...infer Others,
]
  ? (Terms extends `${infer Term},${string}` ? Term : Terms) extends infer Term extends string
    ? TermSizes<Term, ShapeOf<X>, Sizes, X> extends infer More
      ? More extends string
        ? More
        : Terms extends `${Term},${infer Rest}`
          ? LetterSizes<Rest, Others, More>
          : Others extends readonly []
            ? More
            : 'more tensors are given than it has terms'
      : never
    : never
  : Xs extends readonly []
    ? 'it has more terms than tensors are given'
    : unknown

type TermSizes<Term extends string, S extends Shape, Sizes, X> = number extends S['length']
  ? Sizes
  : Term extends `${infer Letter}${infer Rest}`
    ? S extends readonly [infer Size extends number, ...infer Others extends Shape]
      ? Letter extends keyof Sizes
        ? [Sizes[Letter] & Size] extends [never]
          ? `${Letter} is ${Sizes[Letter] & number} and, in ${Text<ShapeOf<X>>}, ${Size}; a letter must have one size`
          : TermSizes<Rest, Others, Sizes & Readonly<Record<Letter, Size>>, X>
        : TermSizes<Rest, Others, Sizes & Readonly<Record<Letter, Size>>, X>
      : `"${Term}" names more dimensions than there are in ${Text<ShapeOf<X>>}`
    : S extends readonly []
      ? Sizes
      : `its term names fewer dimensions than there are in ${Text<ShapeOf<X>>}`

type Lettered<
  Letters extends string,
  Sizes,
  Done extends Shape = readonly [],
> = Letters extends `${infer Letter}${infer Rest}`
  ? Lettered<Rest, Sizes, readonly [...Done, Letter extends keyof Sizes ? Sizes[Letter] & number : number]>
  : Done

/** The shape after a reduction along the option `axes`, which remain as 1 with `keepDims`. */
type ReducedShape<S extends Shape, Given, Bare> = number extends S['length']
  ? Shape
  : (Bare extends 'axes' ? Option<Given, 'axes'> : Option<Named<Given>, 'axes'>) extends infer Axes
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

/** Options that are given by name. */
type Named<Given> = Given extends object ? Given : undefined

/** Walks the axes; the index from the front is the length of `Done`, from the end that of `S`. */
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

/** The option `shape`; a dimension that is to be inferred is a `number`. */
type NewShape<Given> =
  Option<Given, 'shape'> extends infer S extends Shape
    ? number extends S['length']
      ? Shape
      : { readonly [Axis in keyof S]: S[Axis] extends -1 ? number : S[Axis] }
    : Shape

/** Dimensions in the order of the option `permutation`; reversed without it. */
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

/** The argument for each input: a tensor, or a list for `...xs`. */
type Given<Names extends readonly unknown[]> = {
  [K in keyof Names]: Names[K] extends `...${string}` ? readonly TensorLike[] : TensorLike
}

/** The call of an op whose result may have any shape. The method of a list op takes the others: `a.concat([b, c])`. */
export interface Call<Names extends readonly string[], Options> {
  function: (...args: [...Given<Names>, attributes?: Options]) => Tensor
  method: Names extends readonly [`...${string}`]
    ? (others: readonly TensorLike[], attributes?: Options) => Tensor
    : Names extends readonly [string, ...infer Others]
      ? (...args: [...Given<Others>, attributes?: Options]) => Tensor
      : unknown
}

/** The call of a reduction; `Bare` says whether a bare value sets the axes. */
interface Reduction<Options, Bare> {
  function: <const X extends TensorLike, const Given extends Options | undefined = undefined>(
    x: X,
    options?: Given,
  ) => Result<ReducedShape<ShapeOf<X>, Given, Bare>>
  method: <This extends Tensor, const Given extends Options | undefined = undefined>(
    this: This,
    options?: Given,
  ) => Result<ReducedShape<ShapeOf<This>, Given, Bare>>
}

/**
 * How the shape of the result follows from those of the inputs, for ops that name one of these rules in their type;
 * each as a function and as a method of the first input.
 */
export interface ShapeRules<Names extends readonly string[], Options> {
  /** By broadcasting; inferred for one input or two. */
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
  reduce: Reduction<Options, 'axes'>
  /** A reduction whose bare value does not set the axes. */
  reduceByName: Reduction<Options, null>
  convolve: {
    function: <
      const X extends TensorLike,
      const W extends TensorLike,
      const Given extends Options | undefined = undefined,
    >(
      x: X,
      weights: W & Fits<ConvolvedShape<ShapeOf<X>, ShapeOf<W>, Given>>,
      options?: Given,
    ) => Result<ConvolvedShape<ShapeOf<X>, ShapeOf<W>, Given>>
    method: <
      This extends Tensor,
      const W extends TensorLike,
      const Given extends Options | undefined = undefined,
    >(
      this: This,
      weights: W & Fits<ConvolvedShape<ShapeOf<This>, ShapeOf<W>, Given>>,
      options?: Given,
    ) => Result<ConvolvedShape<ShapeOf<This>, ShapeOf<W>, Given>>
  }
  einsum: {
    function: <const Xs extends readonly TensorLike[], const Given extends Options>(
      xs: Xs & Fits<EinsumShape<Xs, Given>>,
      options: Given,
    ) => Result<EinsumShape<Xs, Given>>
    method: <This extends Tensor, const Xs extends readonly TensorLike[], const Given extends Options>(
      this: This,
      others: Xs & Fits<EinsumShape<readonly [This, ...Xs], Given>>,
      options: Given,
    ) => Result<EinsumShape<readonly [This, ...Xs], Given>>
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
