// Puts what bundlers load of the compiled kernel into `dist`: its functions apart, as printable text, so that a bundle gets those
// that its instructions need; and for threads and relaxed SIMD, which can reach everything, each binary as a whole.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { instructions } from './dist/instructions.js'
import { textCode } from './dist/parts.js'

const wasm = readFileSync('dist/kernel.wasm')
const relaxed = readFileSync('dist/kernel-relaxed.wasm')
const { pages } = await import('./dist/binary.js')

const frequency = new Uint32Array(256)
for (const byte of wasm) frequency[byte]++
const order = Buffer.from([...frequency.keys()].sort((a, b) => frequency[b] - frequency[a] || a - b))
const { encode } = textCode(order.toString('hex'))

/** A number of seven bits a byte, the lowest first, and where it ends. */
function numberAt(start) {
  let value = 0
  let at = start
  do value |= (wasm[at] & 127) << (7 * (at - start))
  while (wasm[at++] & 128)
  return [value, at]
}

/** The section of code: where it begins, its functions, and where it ends. */
function readCode() {
  for (let at = 8; at < wasm.length; ) {
    const id = wasm[at]
    const [size, start] = numberAt(at + 1)
    if (id === 10) {
      const [count, first] = numberAt(start)
      const functions = []
      for (let next = first; functions.length < count; ) {
        const [length, begin] = numberAt(next)
        next = begin + length
        functions.push(wasm.subarray(begin, next))
      }
      return { before: at + 1, functions, after: start + size }
    }
    at = start + size
  }
}
const { before, functions, after } = readCode()

/** Of each function by its name in the text form: its index, and the functions that it calls. */
const texts = readFileSync('dist/kernel.wat', 'utf8')
  .split(/^ (?=\()/m)
  .filter((text) => text.startsWith('(func $'))
const graph = new Map(
  texts.map((text, index) => {
    const [, name] = /^\(func (\$[^\s()]+)/.exec(text)
    const called = [...text.matchAll(/\bcall (\$[^\s()]+)/g)].map((match) => match[1])
    return [name, { index, called: new Set(called) }]
  }),
)
if (graph.size !== functions.length)
  throw new Error(`${graph.size} functions in kernel.wat, ${functions.length} in kernel.wasm`)

const place = (name) => graph.get(name).index
const nameOf = (opcode) => `$assembly/interpreter/run${opcode}`
const own = new Map(Object.keys(instructions).map((opcode) => [nameOf(opcode), opcode]))

/** The functions that some need, these included. */
function closure(names) {
  const found = new Set(names)
  // The interpreter calls the functions of all instructions.
  for (const name of found)
    for (const other of graph.get(name)?.called ?? [])
      if (graph.has(other) && !(name === '$assembly/interpreter/run' && own.has(other))) found.add(other)
  return found
}

const text = readFileSync('dist/kernel.wat', 'utf8')
const entries = [...text.matchAll(/^ \((?:export "[^"]*" \(func|start) (\$[^\s()]+)/gm)].map(
  (match) => match[1],
)
const always = closure(entries)
/** What the compiler's passes make of an instruction comes with it. */
const parts = new Map(
  Object.keys(instructions).map((opcode) => [
    opcode,
    [...closure([opcode, `${opcode}WithDerivative`].map(nameOf).filter((name) => graph.has(name)))].filter(
      (name) => !always.has(name),
    ),
  ]),
)
const partial = [...parts.keys()].filter((opcode) => parts.get(opcode).length > 0)

const codeOf = (name) => `[${place(name)}, '${encode(functions[place(name)])}']`
const apart = [...new Set(partial.flatMap((opcode) => parts.get(opcode)))].sort()

writeFileSync(
  'dist/opcodes.js',
  `// The names of instructions; whoever emits one gets its functions with it.
import { part } from './parts.js'
${apart.map((name) => `const f${place(name)} = ${codeOf(name)}`).join('\n')}
${Object.keys(instructions)
  .map((opcode) => {
    const list = parts.get(opcode).map((name) => `f${place(name)}`)
    return `export const op${opcode} = ${list.length === 0 ? `'${opcode}'` : `/* @__PURE__ */ part('${opcode}', ${list.join(', ')})`}`
  })
  .join('\n')}
`,
)
writeFileSync(
  'dist/bytes.js',
  `// The compiled kernel as bytes: what a program can reach of it, or all.
import { assemble, hasParts, textCode } from './parts.js'
export { hasGrown } from './parts.js'
export const pages = ${pages}
const skeleton = {
  before: '${encode(wasm.subarray(0, before))}',
  after: '${encode(wasm.subarray(after))}',
  count: ${functions.length},
  always: [${[...always].sort().map(codeOf).join(', ')}],
  partial: '${partial.join(' ')}'.split(' '),
}
const code = /* @__PURE__ */ textCode('${order.toString('hex')}')
export const decode = (text) => code.decode(text)
export const kernelBytes = () => assemble(skeleton, decode)
export const wholeBytes = async () => decode((await import('./binary.js')).binary)
export const isReached = (opcode) => hasParts(skeleton, opcode)
`,
)
for (const [name, binary] of [
  ['binary', wasm],
  ['binary-relaxed', relaxed],
])
  writeFileSync(`dist/${name}.js`, `export const binary = '${encode(binary)}'\n`)
writeFileSync('dist/index.js', `${readFileSync('dist/index.js', 'utf8')}\nexport * from './opcodes.js'\n`)

for (const file of readdirSync('dist')) if (file.endsWith('.wat')) rmSync(`dist/${file}`)
rmSync('dist/kernel-relaxed.wasm')
