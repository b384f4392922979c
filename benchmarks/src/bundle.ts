// How many bytes a page loads for a small entry: bundled and minified by esbuild, then gzip -9.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { packageFolder } from './paths.js'

const gzipBytes = (content: Uint8Array) => gzipSync(content, { level: 9 }).length

/** Bytes of the bundle of `source`, and of the files that it fetches when it runs. */
export async function bundleBytes(source: string, sideFiles: readonly string[] = []): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: packageFolder },
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    logLevel: 'silent',
  })
  let total = 0
  for (const { contents } of outputFiles) total += gzipBytes(contents)
  for (const file of sideFiles) total += gzipBytes(readFileSync(join(packageFolder, 'node_modules', file)))
  return total
}
