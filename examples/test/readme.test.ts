// The README's programs compile, run, and print what the README says.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import { afterAll, expect, test } from 'vitest'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const folder = fileURLToPath(new URL('..', import.meta.url))
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))

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
  const file = join(place, 'program.mjs')
  writeFileSync(file, transformSync(code, { loader: 'ts', target: 'es2022' }).code)
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
  const options =
    '--ignoreConfig --module nodenext --target es2022 --lib es2023,dom --strict --noEmit --skipLibCheck --types'
  const { stdout, status } = spawnSync(process.execPath, [tsc, ...options.split(' '), '', file], {
    encoding: 'utf8',
  })
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 })
  expect(run(code)).toBe(printed === undefined ? '' : `${printed}\n`)
})

test('the README’s XOR gets all four rows right', () => {
  const [, code] = programs.find(([, text]) => text.includes('xor()'))!
  expect(run(`${code}\nconsole.log(accuracy)`)).toBe('1\n')
})
