// The text of loops: places in arrays, expressions that know where they need brackets, blocks, and names in them.

/** A place along a dimension or in an array: counters times whole numbers, and a whole number. */
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

/** The place in an array whose numbers stand row by row. */
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
  /** A name, a number or an element: what costs nothing to write twice. */
  Atom,
}

/** A number as JavaScript. */
export interface Expression {
  readonly text: string
  readonly binding: Binding
  /** For one that is 1 or 0: what it is 1 for. */
  readonly condition?: string
}

export const atom = (text: string): Expression => ({ text, binding: Binding.Atom })

/** The text, in brackets if what stands around it binds tighter. */
export function within(binding: Binding, expression: Expression): string {
  return expression.binding < binding ? `(${expression.text})` : expression.text
}

export function literal(value: number): Expression {
  const negative = value < 0 || Object.is(value, -0)
  return { text: Object.is(value, -0) ? '-0' : `${value}`, binding: negative ? Binding.Sign : Binding.Atom }
}

/** 1 where a condition holds, else 0. */
export const truth = (condition: string): Expression => ({
  text: `${condition} ? 1 : 0`,
  binding: Binding.Choice,
  condition,
})

/** `i * 8 + j + 3`. */
export function indexText({ terms, constant }: Index): Expression {
  const parts = [...terms].flatMap(([name, times]) => (times === 0 ? [] : [{ name, times }]))
  // One that is added first, so that the text does not begin with a sign.
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

/** A block that is being written. */
interface Block {
  readonly lines: string[]
  /** Names that it declares. */
  readonly names: Set<string>
  /** Expressions that are constants in it, by what they are of. */
  readonly known: Map<string, Expression>
}

const counters = ['i', 'j', 'k', 'l', 'm', 'n']
/** A statement that fits into a line of this length stands in that of its loop. */
const lineLength = 110

/** Statements that are being written, in blocks. */
export class Statements {
  readonly #blocks: Block[]
  readonly #reserved: (name: string) => boolean

  /** `names` are declared in the outermost block already, and get those that it will declare. */
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

  /** A name for the block, the first of those wanted that is free. */
  name(...wanted: readonly string[]): string {
    return this.#nameIn(this.#block, wanted)
  }

  /** Declares what changes, and gives its name. */
  variable(wanted: string, start: string): string {
    const name = this.name(wanted)
    this.line(`let ${name} = ${start}`)
    return name
  }

  /** A name that is visible in all blocks, those that are written already too. */
  outerName(...wanted: readonly string[]): string {
    return this.#nameIn(this.#blocks[0]!, wanted)
  }

  #nameIn(block: Block, wanted: readonly string[]): string {
    const free = (name: string) =>
      !this.#reserved(name) && this.#blocks.every(({ names }) => !names.has(name))
    let found = wanted.find(free)
    for (let count = 2; found === undefined; count++)
      if (free(`${wanted[0]}${count}`)) found = `${wanted[0]}${count}`
    block.names.add(found)
    return found
  }

  /**
   * A constant. `of` says what it is, so that it is made once; it stands in the outermost block that has the counters
   * of `places`, or where they are not given, here.
   */
  constant(
    wanted: string,
    expression: Expression,
    { of, places }: { readonly of?: string; readonly places?: readonly Index[] } = {},
  ): Expression {
    const known = of === undefined ? undefined : this.known(of)
    if (known) return known
    const needed = places?.flatMap(({ terms }) => [...terms.keys()])
    const depth = this.#blocks.findLastIndex(({ names }) => needed?.some((name) => names.has(name)))
    const block = needed ? this.#blocks[Math.max(0, depth)]! : this.#block
    const name = this.#nameIn(block, [wanted])
    block.lines.push(`const ${name} = ${expression.text}`)
    const made = atom(name)
    if (of !== undefined) block.known.set(of, made)
    return made
  }

  /** Keeps what was made of something, for the block. */
  keep(of: string, expression: Expression): void {
    this.#block.known.set(of, expression)
  }

  /** What was made of it, here or in a block around. */
  known(of: string): Expression | undefined {
    return this.#blocks.findLast(({ known }) => known.has(of))?.known.get(of)
  }

  /** Loops inside of one another over the dimensions; one of size 1 has none. */
  loops(sizes: readonly number[], write: (position: readonly Index[]) => void): void {
    const [size, ...inner] = sizes
    const within = (index: Index) => this.loops(inner, (position) => write([index, ...position]))
    if (size === undefined) write([])
    else if (size === 1) within(fixed(0))
    else this.upTo(`${size}`, within)
  }

  /** A loop from 0 up to but without what the text says. */
  upTo(end: string, write: (index: Index) => void): void {
    let name = ''
    const lines = this.#inside(() => {
      name = this.name(...counters)
      write(counter(name))
    })
    this.#close(`for (let ${name} = 0; ${name} < ${end}; ${name}++)`, lines)
  }

  /** What is done where all conditions hold; without conditions, always. */
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
