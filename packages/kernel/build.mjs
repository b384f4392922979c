// Compiles the AssemblyScript and inlines the binary, so that no file has to be found or fetched at run time.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import asc from 'assemblyscript/asc'
import { tiles } from './tiles.mjs'

mkdirSync('dist', { recursive: true })
writeFileSync('assembly/tiles.ts', tiles)
const { error, stderr } = await asc.main([
  'assembly/index.ts',
  '--outFile',
  'dist/kernel.wasm',
  '--textFile',
  'dist/kernel.wat',
  '--config',
  'none',
  '--runtime',
  'stub',
  '--enable',
  'simd',
  '--noAssert',
  '--optimizeLevel',
  '3',
  '--shrinkLevel',
  '0',
  '--converge',
])
if (error) {
  process.stderr.write(`${stderr.toString()}\n${error.message}\n`)
  process.exit(1)
}
const wasm = readFileSync('dist/kernel.wasm')
const module = new WebAssembly.Module(wasm)
const imports = WebAssembly.Module.imports(module)
if (imports.length > 0) throw new Error(`the kernel must import nothing, it wants ${JSON.stringify(imports)}`)
// Hexadecimal, since it keeps bytes whole: gzipped it is a quarter smaller than base64.
writeFileSync(
  'src/binary.ts',
  `// Written by build.mjs: the compiled kernel, ${wasm.length} bytes.\nexport const binary =\n  '${wasm.toString('hex')}'\n`,
)
const exports = WebAssembly.Module.exports(module).map(({ name }) => name)
process.stdout.write(`kernel.wasm: ${wasm.length} bytes, exports ${exports.join(', ')}\n`)
