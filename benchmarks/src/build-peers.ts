// Run by the build: bundles the TensorFlow.js contenders for Node, because its Node packages lack gradients, and the files
// that contain them are written for bundlers. Loading a single file is also its fastest start.
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { packageFolder } from './paths.js'

const outputFolder = join(packageFolder, 'dist', 'bundled')
mkdirSync(outputFolder, { recursive: true })

await build({
  entryPoints: ['tfjs-wasm', 'tfjs-cpu'].map((name) =>
    join(packageFolder, 'dist', 'contenders', `${name}.js`),
  ),
  outdir: outputFolder,
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'esm',
  mainFields: ['module', 'main'],
  // Globals that the packages' CommonJS parts expect.
  banner: {
    js: [
      `import { createRequire } from 'node:module'`,
      `import { dirname } from 'node:path'`,
      `import { fileURLToPath } from 'node:url'`,
      `const require = createRequire(import.meta.url)`,
      `const __filename = fileURLToPath(import.meta.url)`,
      `const __dirname = dirname(__filename)`,
    ].join('\n'),
  },
  logLevel: 'warning',
})

for (const build of ['-simd', '-threaded-simd', '']) {
  const file = `tfjs-backend-wasm${build}.wasm`
  copyFileSync(
    join(packageFolder, 'node_modules', '@tensorflow', 'tfjs-backend-wasm', 'dist', file),
    join(outputFolder, file),
  )
}
