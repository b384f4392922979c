// Source text of loops: array indices, expressions that know where they need parentheses, blocks, and names in them.

/** An affine index along a dimension or into an array: integer multiples of loop counters, plus an integer. */
export interface Index {
  readonly terms: ReadonlyMap<string, number>
  readonly constant: number
}

export const fixed = (constant: number): Index => ({ terms: new Map(), constant })
export const counter = (name: string): Index => ({ terms: new Map([[name, 1]]), constant: 0 })

export function times({ terms, constant }: Index, factor: number): Index {
  return {
    terms: new Map([...terms].map(([name, times]) => [name, times * factor])),
    constant: constant * factor,
  }
}

export function plus(...parts: readonly (Index | number)[]): Index {
  const terms = new Map<string, number>()
  let constant = 0
  for (const part of parts) {
    const index = typeof part === 'number' ? fixed(part) : part
    for (const [name, times] of index.terms) terms.set(name, (terms.get(name) ?? 0) + times)
    constant += index.constant
  }
  return { terms, constant }
}

/** The index into a row-major array. */
export function inOrder(shape: readonly number[], position: readonly Index[]): Index {
  let place = fixed(0)
  for (const [axis, size] of shape.entries()) place = plus(times(place, size), position[axis]!)
  return place
}

/** How tightly the outermost operation of an expression binds. */
export enum Binding {
  Choice,
  Sum,
  Product,
  Sign,
  Call,
  /** A name, a number or an element, which is free to repeat. */
  Atom,
}

/** A JavaScript expression for a number. */
export interface Expression {
  readonly text: string
  readonly binding: Binding
  /** For one that is 1 or 0: the condition under which it is 1. */
  readonly condition?: string
}

export const atom = (text: string): Expression => ({ text, binding: Binding.Atom })

/** The text, parenthesized if the surrounding operation binds tighter. */
export function within(binding: Binding, expression: Expression): string {
  return expression.binding < binding ? `(${expression.text})` : expression.text
}

export function literal(value: number): Expression {
  const negative = value < 0 || Object.is(value, -0)
  return { text: Object.is(value, -0) ? '-0' : `${value}`, binding: negative ? Binding.Sign : Binding.Atom }
}

/** 1 where the condition holds, else 0. */
export const truth = (condition: string): Expression => ({
  text: `${condition} ? 1 : 0`,
  binding: Binding.Choice,
  condition,
})

/** `i * 8 + j + 3`. */
export function indexText({ terms, constant }: Index): Expression {
  const parts = [...terms].flatMap(([name, times]) => (times === 0 ? [] : [{ name, times }]))
  // A positive term first, so that the text does not begin with a sign.
  parts.sort((a, b) => Math.sign(b.times) - Math.sign(a.times))
  if (parts.length === 0) return literal(constant)
  const [first] = parts
  const begins = parts.every(({ times }) => times < 0) && constant > 0
  let text = begins ? `${constant}` : ''
  for (const { name, times } of parts) {
    const size = Math.abs(times) === 1 ? name : `${name} * ${Math.abs(times)}`
    text += text === '' ? (times < 0 ? `-${size}` : size) : `${times < 0 ? ' - ' : ' + '}${size}`
  }
  if (constant !== 0 && !begins) text += `${constant < 0 ? ' - ' : ' + '}${Math.abs(constant)}`
  const alone = parts.length === 1 && constant === 0 && first!.times > 0
  return { text, binding: !alone ? Binding.Sum : first!.times === 1 ? Binding.Atom : Binding.Product }
}

/** A block under construction. */
interface Block {
  readonly lines: string[]
  /** Names that it declares. */
  readonly names: Set<string>
  /** Expressions held by its constants, by key. */
  readonly known: Map<string, Expression>
}

const counters = ['i', 'j', 'k', 'l', 'm', 'n']
/** A statement that fits on a line of this length shares the line of its loop. */
const lineLength = 110

/** Statements under construction, in nested blocks. */
export class Statements {
  readonly #blocks: Block[]
  readonly #reserved: (name: string) => boolean

  /** `names` are already declared in the outermost block; those it declares are added. */
  constructor(reserved: (name: string) => boolean, names: Set<string>) {
    this.#reserved = reserved
    this.#blocks = [{ lines: [], names, known: new Map() }]
  }

  get lines(): readonly string[] {
    return this.#blocks[0]!.lines
  }

  get #block(): Block {
    return this.#blocks.at(-1)!
  }

  line(text: string): void {
    this.#block.lines.push(text)
  }

  /** A name in the current block, the first of `preferred` that is free. */
  name(...preferred: readonly string[]): string {
    return this.#nameIn(this.#block, preferred)
  }

  /** Declares a variable, and returns its name. */
  variable(preferred: string, start: string): string {
    const name = this.name(preferred)
    this.line(`let ${name} = ${start}`)
    return name
  }

  /** A name visible in all blocks, including finished ones. */
  outerName(...preferred: readonly string[]): string {
    return this.#nameIn(this.#blocks[0]!, preferred)
  }

  #nameIn(block: Block, preferred: readonly string[]): string {
    const free = (name: string) =>
      !this.#reserved(name) && this.#blocks.every(({ names }) => !names.has(name))
    let found = preferred.find(free)
    for (let count = 2; found === undefined; count++)
      if (free(`${preferred[0]}${count}`)) found = `${preferred[0]}${count}`
    block.names.add(found)
    return found
  }

  /**
   * Declares a constant, once per key `of`. It goes into the outermost block that has the counters of `places`; without
   * `places`, into the current block.
   */
  constant(
    preferred: string,
    expression: Expression,
    { of, places }: { readonly of?: string; readonly places?: readonly Index[] } = {},
  ): Expression {
    const known = of === undefined ? undefined : this.known(of)
    if (known) return known
    const needed = places?.flatMap(({ terms }) => [...terms.keys()])
    const depth = this.#blocks.findLastIndex(({ names }) => needed?.some((name) => names.has(name)))
    const block = needed ? this.#blocks[Math.max(0, depth)]! : this.#block
    const name = this.#nameIn(block, [preferred])
    block.lines.push(`const ${name} = ${expression.text}`)
    const made = atom(name)
    if (of !== undefined) block.known.set(of, made)
    return made
  }

  /** Remembers an expression under a key, for the current block. */
  keep(of: string, expression: Expression): void {
    this.#block.known.set(of, expression)
  }

  /** The expression remembered under a key, in this block or an enclosing one. */
  known(of: string): Expression | undefined {
    return this.#blocks.findLast(({ known }) => known.has(of))?.known.get(of)
  }

  /** Nested loops over the dimensions; size 1 needs no loop. */
  loops(sizes: readonly number[], write: (position: readonly Index[]) => void): void {
    const [size, ...inner] = sizes
    const within = (index: Index) => this.loops(inner, (position) => write([index, ...position]))
    if (size === undefined) write([])
    else if (size === 1) within(fixed(0))
    else this.upTo(`${size}`, within)
  }

  /** A loop over [0, end). */
  upTo(end: string, write: (index: Index) => void): void {
    let name = ''
    const lines = this.#inside(() => {
      name = this.name(...counters)
      write(counter(name))
    })
    this.#close(`for (let ${name} = 0; ${name} < ${end}; ${name}++)`, lines)
  }

  /** A block that runs where all conditions hold; always, if there are none. */
  when(conditions: readonly string[], write: () => void): void {
    if (conditions.length === 0) write()
    else this.#close(`if (${conditions.join(' && ')})`, this.#inside(write))
  }

  #inside(write: () => void): readonly string[] {
    const block: Block = { lines: [], names: new Set(), known: new Map() }
    this.#blocks.push(block)
    write()
    this.#blocks.pop()
    return block.lines
  }

  #close(head: string, lines: readonly string[]): void {
    const [only] = lines
    const short = lines.length === 1 && !/^(for|if|const) /.test(only!) && `${head} ${only}`
    if (short && short.length <= lineLength) this.line(short)
    else if (lines.length > 0)
      for (const line of [`${head} {`, ...lines.map((line) => `  ${line}`), '}']) this.line(line)
  }
}
