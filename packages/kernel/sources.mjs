// Whether the inlined kernel was built from the current sources, so that no test runs a stale one.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const folder = new URL('./', import.meta.url)
const generated = ['opcodes.ts', 'interpreter.ts', 'tiles.ts']

/** Files of hand-written AssemblyScript, in order. */
export const loops = readdirSync(new URL('assembly/', folder))
  .filter((file) => file.endsWith('.ts') && !generated.includes(file))
  .sort()

/** SHA-256 of everything that the inlined files are built from. */
export function sourcesHash() {
  const hash = createHash('sha256')
  for (const file of [
    ...['build.mjs', 'interpreter.mjs', 'loops.mjs', 'tiles.mjs'],
    ...loops.map((name) => `assembly/${name}`),
    ...['activation', 'instance', 'instructions', 'worker'].map((name) => `src/${name}.ts`),
  ])
    hash.update(readFileSync(new URL(file, folder)))
  return hash.digest('hex')
}

/** Whether the inlined files exist and were built from the current sources. */
export function isFresh() {
  const file = new URL('src/binary.ts', folder)
  return existsSync(file) && readFileSync(file, 'utf8').includes(sourcesHash())
}
