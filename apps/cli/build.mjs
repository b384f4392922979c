// Builds `dist`: the program and its training thread, each with what it needs of the workspace's packages and of Ink and
// React; a command loads its own part when it runs. Not so many files start in half the time.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

/** Ink and we measure text by `src/width.ts`, which asks the library for what is not simple. */
const quickWidth = {
  name: 'quick-width',
  setup({ onResolve }) {
    onResolve({ filter: /^string-width$/ }, ({ importer }) =>
      importer.endsWith('src/width.ts') ? undefined : { path: resolve('src/width.ts') },
    )
  },
}

rmSync('dist', { recursive: true, force: true })
const { metafile } = await build({
  entryPoints: { main: 'src/main.ts', trainer: 'src/train/worker.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  jsx: 'automatic',
  // The sources of the workspace's packages, never a stale build.
  conditions: ['@bp/source'],
  // Core is a file of its own already; Ink's developer tools are not for users.
  external: ['@bp/core', '@bp/kernel', 'react-devtools-core'],
  // React takes its production build.
  define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
  // CommonJS modules of others call it.
  banner: {
    js: "import { createRequire as requireHere } from 'node:module'; const require = requireHere(import.meta.url);",
  },
  minifySyntax: true,
  minifyWhitespace: true,
  metafile: true,
  plugins: [quickWidth],
  logLevel: 'warning',
})

// What others wrote comes with their licences.
const folders = new Set(
  Object.keys(metafile.inputs).flatMap((path) => {
    const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path) ?? []
    return folder ? [folder] : []
  }),
)
const licences = [...folders].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each))
  return `${name} ${version}, ${license}\n\n${file ? readFileSync(join(folder, file), 'utf8').trim() : ''}\n`
})
writeFileSync('dist/licences-of-others.txt', licences.join(`\n${'-'.repeat(72)}\n\n`))
