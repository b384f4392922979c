// Reads protobuf's text format (protobuf.dev/reference/protobuf/textformat-spec) entry by entry, without a schema.

/** A field with what follows its name, which must be read or skipped before the next one. */
export interface Entry {
  readonly name: string
  /** The entries of a message: `node { … }`. */
  entries(): Generator<Entry>
  /** A string, of at most so many characters. */
  text(longest: number): string
  integer(): number
  /** A number, or a word such as `true`. */
  word(): string
  skip(): void
  /** The error for what is wrong here. */
  refuse(problem: string): Error
}

/** Deeper than any graph nests its messages. */
const deepest = 50

/** Names, numbers and words; then the beginnings of strings and comments, and single characters. */
const token = /[ \t\r\n\f\v]*(?:([\w.+-]+)|([\s\S]))?/y

/** After a backslash. */
const escaped = /(?:x([\da-fA-F]{1,2})|([0-7]{1,3})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]))/y

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** The entries of a text. `refuse` is called with the line, from 1. */
export function entriesOf(text: string, refuse: (line: number, problem: string) => Error): Generator<Entry> {
  /** Where the token that was read last begins, and where the text goes on after it. */
  let start = text.startsWith('\uFEFF') ? 1 : 0
  let at = start
  let word = ''
  let sign = ''

  const lineOf = () => {
    let line = 1
    for (let end = text.indexOf('\n'); end >= 0 && end < start; end = text.indexOf('\n', end + 1)) line++
    return line
  }
  const wrong = (problem: string) => refuse(lineOf(), problem)
  const found = () => {
    const given = word || sign
    return given === '' ? 'the end' : `"${given.length > 40 ? `${given.slice(0, 39)}…` : given}"`
  }
  /** Reads a token: a word, a single character, or neither at the end. */
  const next = () => {
    for (;;) {
      token.lastIndex = at
      const match = token.exec(text)!
      word = match[1] ?? ''
      sign = match[2] ?? ''
      at = token.lastIndex
      if (sign !== '#') break
      const end = text.indexOf('\n', at)
      at = end < 0 ? text.length : end
    }
    start = at - word.length - sign.length
  }
  const is = (expected: string) => sign === expected
  const isQuote = () => sign === '"' || sign === "'"

  /** The string whose quote was read, with those right behind it; `null` for `longest` only passes it. */
  const string = (longest: number | null): string => {
    let value = ''
    do {
      const quote = sign
      for (;;) {
        let end = at
        while (end < text.length && text[end] !== quote && text[end] !== '\\' && text[end] !== '\n') end++
        if (longest !== null) {
          if (value.length + end - at > longest) throw wrong(`text of more than ${longest} characters`)
          value += text.slice(at, end)
        }
        at = end + 1
        if (text[end] === quote) break
        if (text[end] !== '\\') throw wrong('a string is never closed')
        escaped.lastIndex = at
        const match = escaped.exec(text)
        if (!match) throw wrong('a string is never closed')
        const [whole, hex, octal, short, long, letter] = match
        const point = hex ?? short ?? long
        const number = point !== undefined ? Number.parseInt(point, 16) : Number.parseInt(octal ?? '0', 8)
        if (number > 0x10ffff) throw wrong(`\\${whole} is no character`)
        if (longest !== null)
          value += letter !== undefined ? (escapes[letter] ?? letter) : String.fromCodePoint(number)
        at += whole.length
      }
      next()
    } while (isQuote())
    return value
  }

  /** Up to the closing sign that is given, which is read too; `''` for the end of the text. */
  function* level(close: string, depth: number): Generator<Entry> {
    next()
    for (;;) {
      while (sign === ',' || sign === ';') next()
      if (word === '' && sign === close) {
        if (close !== '') next()
        return
      }
      const extension = sign === '['
      if (extension) {
        while (sign !== ']' && (word || sign)) next()
        if (sign !== ']') throw wrong('a name in brackets is never closed')
      } else if (word === '') throw wrong(`expected the name of a field, got ${found()}`)
      const name = extension ? '[]' : word
      next()
      const colon = sign === ':'
      if (colon) next()
      let read = false
      const open = sign === '{' ? '}' : sign === '<' ? '>' : ''
      if (!colon && open === '') throw wrong(`expected ":" or "{" after ${name}, got ${found()}`)
      const value = () => {
        if (word === '') throw wrong(`${name} expects a value, got ${found()}`)
        const given = word
        next()
        return given
      }
      const skip = (level: number): void => {
        if (level > deepest) throw wrong(`nested more than ${deepest} deep`)
        if (isQuote()) string(null)
        else if (word) next()
        else if (is('[')) {
          next()
          while (!is(']')) {
            skip(level + 1)
            if (is(',')) next()
            else if (!is(']')) throw wrong(`a list expects "," or "]", got ${found()}`)
          }
          next()
        } else if (is('{') || is('<')) {
          const end = is('{') ? '}' : '>'
          next()
          for (;;) {
            while (is(',') || is(';')) next()
            if (is(end)) break
            if (is('[')) while (!is(']') && (word || sign)) next()
            else if (word === '') throw wrong(`expected the name of a field, got ${found()}`)
            next()
            if (is(':')) next()
            skip(level + 1)
          }
          next()
        } else throw wrong(`expected a value, got ${found()}`)
      }
      yield {
        name,
        refuse: wrong,
        *entries() {
          read = true
          if (open === '') throw wrong(`${name} expects { … }, got ${found()}`)
          if (depth >= deepest) throw wrong(`nested more than ${deepest} deep`)
          yield* level(open, depth + 1)
        },
        text(longest) {
          read = true
          if (!isQuote()) throw wrong(`${name} expects text in quotes, got ${found()}`)
          return string(longest)
        },
        integer() {
          read = true
          const given = value()
          const number = Number(given)
          if (!Number.isSafeInteger(number)) throw wrong(`${name} expects an integer, got ${found()}`)
          return number
        },
        word() {
          read = true
          return value()
        },
        skip() {
          read = true
          skip(depth)
        },
      }
      if (!read) throw new Error(`${name} was not read`)
    }
  }
  return level('', 0)
}
