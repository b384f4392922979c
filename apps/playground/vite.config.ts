// How the page is built: for any folder of any web server, with a strict Content-Security-Policy inside.
import react from '@vitejs/plugin-react'
import { defaultClientConditions, defineConfig, type Plugin } from 'vite'
import { kernelFromFile } from './vite.kernel.ts'
import { offline } from './vite.offline.ts'

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

export default defineConfig(({ command }) => ({
  base: './',
  plugins: [react(), kernelFromFile(), contentSecurityPolicy, offline()],
  worker: { format: 'es', plugins: () => [kernelFromFile()] },
  // While developing, the sources of the workspace's packages; what is built is made of their builds.
  ...(command === 'serve' && { resolve: { conditions: ['@bp/source', ...defaultClientConditions] } }),
}))
