// Serves the built playground to browsers of this machine, and nothing else.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, relative, sep } from 'node:path'
import { pageFolder as folder } from '../beside.js'
import { UsageError } from '../usage-error.js'

/** The page as one file, which needs no server. */
export const singlePage = join(folder, 'single', 'index.html')

/** How the page comes into being, where it is not there. */
export const buildPage = 'build it in the folder of the project: npx turbo run build --filter=playground'

export const pageIsBuilt = (): boolean => existsSync(join(folder, 'index.html'))

const types = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.csv', 'text/csv; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.wasm', 'application/wasm'],
  ['.json', 'application/json'],
  ['.webmanifest', 'application/manifest+json'],
  ['.png', 'image/png'],
  ['.woff2', 'font/woff2'],
])

export interface PageServer {
  /** `http://127.0.0.1:43127/`. */
  readonly address: string
  readonly close: () => Promise<void>
}

/**
 * @param port 0 for any that is free.
 * @throws UsageError if the page is not built, or the port is taken.
 */
export async function servePage(port: number): Promise<PageServer> {
  if (!pageIsBuilt()) throw new UsageError(`the page is not built; ${buildPage}`)
  const files = pageFiles()
  const server = createServer({ maxHeaderSize: 16_384 }, (request, response) => {
    const answer = (status: number, type: string, content: Uint8Array | string) => {
      response.writeHead(status, {
        'Content-Type': type,
        'Content-Length': Buffer.byteLength(content),
        'Cache-Control': 'no-cache',
        'Cross-Origin-Resource-Policy': 'same-origin',
        'Referrer-Policy': 'no-referrer',
        'X-Content-Type-Options': 'nosniff',
        ...(status === 405 && { Allow: 'GET' }),
      })
      response.end(content)
    }
    const refuse = (status: number, why: string) => answer(status, 'text/plain; charset=utf-8', `${why}\n`)
    // A site elsewhere may have a name that leads here; its pages must not read anything.
    const hosts = ['127.0.0.1', 'localhost'].map((name) => `${name}:${portOf(server)}`)
    if (!hosts.includes(request.headers.host ?? '')) refuse(403, 'this server is for this machine only')
    else if (request.method !== 'GET') refuse(405, 'only GET')
    else {
      // Only names of files that are there are known: no path leads out of the folder.
      const path = files.get((request.url ?? '').replace(/[?#].*$/, ''))
      if (path === undefined) refuse(404, 'there is no such file')
      else
        try {
          answer(200, types.get(extname(path)) ?? 'application/octet-stream', readFileSync(path))
        } catch {
          refuse(404, 'the file is gone; the page was built again, so start bp open again')
        }
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new UsageError(
          error.code === 'EADDRINUSE'
            ? `port ${port} is taken; give another with --port, or leave it out for any that is free`
            : error.code === 'EACCES'
              ? `port ${port} needs permission; give one above 1023 with --port`
              : `the page cannot be served: ${error.message}`,
        ),
      ),
    )
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    address: `http://127.0.0.1:${portOf(server)}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const portOf = (server: Server) => (server.address() as AddressInfo).port

/** By their paths in an address. */
function pageFiles(): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  return new Map([
    ...files.map((path) => [`/${relative(folder, path).split(sep).join('/')}`, path] as const),
    ['/', join(folder, 'index.html')],
  ])
}
