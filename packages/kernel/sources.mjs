// Says whether the kernel that is inlined was built of the sources as they are, so that no test runs a stale one.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const folder = new URL('./', import.meta.url)
const generated = ['opcodes.ts', 'interpreter.ts', 'tiles.ts']

/** Names of the loops' files that are written by hand. */
export const loops = readdirSync(new URL('assembly/', folder)).filter(
  (file) => file.endsWith('.ts') && !generated.includes(file),
)

/** SHA-256 of all that the inlined files are made of. */
export function sourcesHash() {
  const hash = createHash('sha256')
  for (const file of [
    ...['build.mjs', 'interpreter.mjs', 'tiles.mjs'],
    ...loops.sort().map((name) => `assembly/${name}`),
    ...['activation', 'instance', 'instructions', 'worker'].map((name) => `src/${name}.ts`),
  ])
    hash.update(readFileSync(new URL(file, folder)))
  return hash.digest('hex')
}

/** Whether the inlined files are there and were made of the sources as they are. */
export function isFresh() {
  const file = new URL('src/binary.ts', folder)
  return existsSync(file) && readFileSync(file, 'utf8').includes(sourcesHash())
}
