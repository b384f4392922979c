// Builds the kernel quickly when the one that is inlined was made of other sources.
import { fileURLToPath } from 'node:url'
import { isFresh } from './packages/kernel/sources.mjs'
import { run } from './scripts/bootstrap.mjs'

export default function (): void {
  if (!isFresh())
    run(process.execPath, ['build.mjs', '--quick'], {
      cwd: fileURLToPath(new URL('packages/kernel', import.meta.url)),
    })
}
