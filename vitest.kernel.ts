// Builds the kernel, unoptimized, if the inlined binary is older than its sources.
import { fileURLToPath } from 'node:url'
import { isFresh } from './packages/kernel/sources.mjs'
import { run } from './scripts/bootstrap.mjs'

export default function (): void {
  if (!isFresh())
    run(process.execPath, ['build.mjs', '--quick'], {
      cwd: fileURLToPath(new URL('packages/kernel', import.meta.url)),
    })
}
