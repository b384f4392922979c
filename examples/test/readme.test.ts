// The README's programs compile, run, and print what the README says.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { afterAll, expect, test } from 'vitest'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const folder = fileURLToPath(new URL('..', import.meta.url))

/** Each program, and the output that the text after it claims. */
const programs = Array.from(
  readme.matchAll(/^```ts\n(.*?)^```\n\n(?:prints `([^`]*)`)?/gms),
  ([, code, printed]) =>
    [code!.split('\n').find((line) => line !== '' && !line.startsWith('import'))!, code!, printed] as const,
)

// Inside the package, where programs can resolve the library.
const place = mkdtempSync(join(folder, 'node_modules', 'readme-'))
afterAll(() => rmSync(place, { recursive: true }))

function run(code: string): string {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  })
  const file = join(place, 'program.mjs')
  writeFileSync(file, outputText)
  const { stdout, stderr, status } = spawnSync(process.execPath, [file], { encoding: 'utf8' })
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  return stdout
}

test('the README has programs', () => {
  expect(programs.length).toBeGreaterThanOrEqual(2)
  expect(programs.some(([, , printed]) => printed !== undefined)).toBe(true)
})

test.each(programs)('%s … compiles and prints what the README says', (_, code, printed) => {
  const file = join(place, 'program.mts')
  writeFileSync(file, code)
  const compiled = ts.createProgram([file], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
    types: [],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  })
  const complaints = ts.getPreEmitDiagnostics(compiled)
  expect(complaints.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
  expect(run(code)).toBe(printed === undefined ? '' : `${printed}\n`)
})

test('the README’s XOR gets all four rows right', () => {
  const [, code] = programs.find(([, text]) => text.includes('xor()'))!
  expect(run(`${code}\nconsole.log(accuracy)`)).toBe('1\n')
})
