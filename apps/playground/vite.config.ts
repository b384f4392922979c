// How the page is built: for any folder of any web server, with a strict Content-Security-Policy inside.
import { existsSync } from 'node:fs'
import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig, type Plugin } from 'vite'
import { leanKernel, withoutKernel } from './vite.kernel.ts'
import { offline } from './vite.offline.ts'
import { preloadFirst } from './vite.preload.ts'
import { singleFile } from './vite.single.ts'

const policy = [
  "default-src 'self'",
  // WebAssembly needs a permission of its own; JavaScript from text stays forbidden.
  "script-src 'self' 'wasm-unsafe-eval'",
  "object-src 'none'",
  "base-uri 'none'",
].join('; ')

// Only in the build: the development server puts scripts into the page, which the policy would refuse.
const contentSecurityPolicy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: policy },
      injectTo: 'head-prepend',
    },
  ],
}

/** What is another way in the page that is one file: `x.single.ts` takes the place of `x.ts`. */
const single: Plugin = {
  name: 'single',
  enforce: 'pre',
  async resolveId(source, importer) {
    if (!source.startsWith('.')) return null
    const found = await this.resolve(source, importer, { skipSelf: true })
    if (!found) return null
    const other = found.id.replace(/\.ts$/, '.single.ts')
    return other !== found.id && existsSync(other) ? other : found
  },
}

export default defineConfig(({ command, mode }) => {
  const inOneFile = mode === 'single'
  return {
    base: './',
    plugins: inOneFile
      ? [react(), single, leanKernel({ kept: true }), singleFile()]
      : [react(), leanKernel(), withoutKernel, contentSecurityPolicy, preloadFirst, offline()],
    worker: {
      // From a file, browsers start no worker that is a module.
      format: inOneFile ? 'iife' : 'es',
      plugins: () => (inOneFile ? [single, leanKernel({ kept: true })] : [leanKernel()]),
    },
    // While developing, the sources of the workspace's packages; what is built is made of their builds.
    ...(command === 'serve' && { resolve: { conditions: ['@bp/source', ...defaultClientConditions] } }),
  }
})
