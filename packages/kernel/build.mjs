// Compiles the AssemblyScript and inlines the binaries, so that no file has to be found or fetched at run time.
//
// `--quick`, for development: without optimization and without relaxed SIMD, in seconds. Results have the same bits.
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build, transform } from 'esbuild'
import { interpreter, opcodes } from './interpreter.mjs'
import { loops, sourcesHash } from './sources.mjs'
import { tiles } from './tiles.mjs'

const asc = fileURLToPath(import.meta.resolve('assemblyscript/bin/asc.js'))

/** Taken first, so that what is edited meanwhile does not count as built. */
const hash = sourcesHash()
const quick = process.argv.includes('--quick')

// Files whose names change with their contents would pile up. What else a full build made is kept by a quick one.
if (!quick) rmSync('dist', { recursive: true, force: true })
mkdirSync('dist', { recursive: true })
writeFileSync('assembly/tiles.ts', tiles)

const { code } = await transform(readFileSync('src/instructions.ts', 'utf8'), { loader: 'ts' })
const table = await import(`data:text/javascript,${encodeURIComponent(code)}`)
writeFileSync('assembly/opcodes.ts', opcodes(table))
try {
  const sources = loops.map((file) => [file.slice(0, -3), readFileSync(`assembly/${file}`, 'utf8')])
  writeFileSync('assembly/interpreter.ts', interpreter(table, Object.fromEntries(sources)))
} catch (error) {
  fail(error.message)
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

const allowed = ['env.memory', 'env.fork', 'env.join']

/** Compiles to `dist/NAME.wasm`, in a process of its own; gives the binary and the pages of memory that it starts with. */
async function compile(name, ...features) {
  try {
    await promisify(execFile)(process.execPath, [
      asc,
      'assembly/index.ts',
      '--outFile',
      `dist/${name}.wasm`,
      ...(quick ? [] : ['--textFile', `dist/${name}.wat`]),
      '--config',
      'none',
      '--transform',
      './loops.mjs',
      '--runtime',
      'stub',
      ...['simd', ...features].flatMap((feature) => ['--enable', feature]),
      '--importMemory',
      '--noExportMemory',
      '--zeroFilledMemory',
      '--maximumMemory',
      '65536',
      '--noAssert',
      ...(quick ? ['--optimizeLevel', '0'] : ['--optimizeLevel', '3', '--shrinkLevel', '1', '--converge']),
    ])
  } catch (error) {
    fail(error.stderr ?? error.message)
  }
  const wasm = readFileSync(`dist/${name}.wasm`)
  // "env", "memory", a memory with a maximum, and what it starts with: a number of seven bits a byte, the lowest first.
  const [, digits] = /656e76066d656d6f72790201((?:[89a-f].)*..)/.exec(wasm.toString('hex'))
  const pages = Buffer.from(digits, 'hex').reduceRight((total, byte) => 128 * total + (byte & 127), 0)
  return { wasm, pages }
}

/** Hexadecimal, since it keeps bytes whole: gzipped it is a quarter smaller than base64. */
const inlined = ({ wasm, pages }) => `// Written by build.mjs: the compiled kernel, ${wasm.length} bytes.
// Made of ${hash}.
export const binary: string =
  '${wasm.toString('hex')}'
/** Pages of 64 KiB that its memory starts with. */
export const pages: number = ${pages}
`

// Each takes some 20 s of one core.
const [strict, relaxed] = await Promise.all([
  compile('kernel'),
  quick ? null : compile('kernel-relaxed', 'relaxed-simd'),
])
writeFileSync('src/binary.ts', inlined(strict))
// Of an empty binary every engine says that it is not valid, as one without relaxed SIMD does of the real one.
writeFileSync('src/binary-relaxed.ts', relaxed ? inlined(relaxed) : "export const binary: string = ''\n")

// Of the worker, one file without imports for whoever bundles or serves it, and its text for where no file is found.
const worker = await build({
  entryPoints: ['src/worker.ts'],
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  outfile: 'dist/worker.js',
  write: false,
})
const [{ text }] = worker.outputFiles
writeFileSync('dist/worker.js', text)
writeFileSync(
  'src/worker-text.ts',
  `// Written by build.mjs: worker.ts and what it imports, as a script.
export const workerText =
  ${JSON.stringify(text.trim())}
`,
)

const module = new WebAssembly.Module(strict.wasm)
const imports = WebAssembly.Module.imports(module).map(({ module, name }) => `${module}.${name}`)
const surprising = imports.filter((name) => !allowed.includes(name))
if (surprising.length > 0)
  throw new Error(`the kernel may import ${allowed} alone; it also imports ${surprising}`)
const exports = WebAssembly.Module.exports(module).map(({ name }) => name)
process.stdout.write(`kernel.wasm: ${strict.wasm.length} bytes, exports ${exports.join(', ')}\n`)
