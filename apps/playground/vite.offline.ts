// Lets the page work without a network after the first visit: a service worker that keeps the files of this build.
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import type { Plugin } from 'vite'

/** The script; `files` are all of the build, `version` changes with any of them. */
const script = (
  files: readonly string[],
  version: string,
) => `// Keeps the files of this build, so that the page opens without a network.
const name = 'backpropagation-${version}'
const files = ${JSON.stringify(files)}
self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(name).then((cache) => cache.addAll(files)))
})
// It begins to serve when no page of an older build is open any more, so that none loses its files.
self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches.keys().then((names) =>
      Promise.all(
        names
          .filter((other) => other.startsWith('backpropagation-') && other !== name)
          .map((other) => caches.delete(other)),
      ),
    ),
  )
})
self.addEventListener('fetch', (event) => {
  if (event.request.method !== 'GET' || new URL(event.request.url).origin !== location.origin) return
  event.respondWith(
    caches
      .open(name)
      .then((cache) => cache.match(event.request, { ignoreSearch: true, ignoreVary: true }))
      .then((kept) => kept ?? fetch(event.request)),
  )
})
`

export function offline(): Plugin {
  let publicFiles: string[] = []
  return {
    name: 'offline',
    apply: 'build',
    enforce: 'post',
    configResolved({ publicDir }) {
      publicFiles = readdirSync(publicDir).sort()
    },
    generateBundle(_, bundle) {
      const hash = createHash('sha256')
      const files = ['./', ...publicFiles.map((name) => `./${name}`)]
      for (const [name, file] of Object.entries(bundle).sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (name.endsWith('.map')) continue
        hash.update(name).update(file.type === 'chunk' ? file.code : file.source)
        if (name !== 'index.html') files.push(`./${name}`)
      }
      this.emitFile({
        type: 'asset',
        fileName: 'service-worker.js',
        source: script(files, hash.digest('hex').slice(0, 16)),
      })
    },
  }
}
