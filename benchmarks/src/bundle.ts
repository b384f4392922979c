// The bytes a page loads: bundled and minified by esbuild, then gzip -9.
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { packageFolder } from './paths.js'

const gzipBytes = (content: Uint8Array) => gzipSync(content, { level: 9 }).length

/**
 * Bytes of the bundle of `source`, and of the files it fetches at run time. Dynamic imports are not loaded initially, so
 * they do not count.
 */
export async function bundleBytes(source: string, sideFiles: readonly string[] = []): Promise<number> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: packageFolder },
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    splitting: true,
    outdir: packageFolder,
    metafile: true,
    absWorkingDir: packageFolder,
    write: false,
    logLevel: 'silent',
  })
  const loaded = new Set(
    Object.keys(metafile.outputs).filter((name) => metafile.outputs[name]!.entryPoint === '<stdin>'),
  )
  for (const name of loaded)
    for (const { path, kind } of metafile.outputs[name]!.imports)
      if (kind === 'import-statement') loaded.add(path)
  let total = 0
  for (const { path, contents } of outputFiles)
    if (loaded.has(relative(packageFolder, path))) total += gzipBytes(contents)
  for (const file of sideFiles) total += gzipBytes(readFileSync(join(packageFolder, 'node_modules', file)))
  return total
}
