// Runs the parts in every available engine and compares their fingerprints with those in fingerprints.json:
// `npm run check:engines`. Exits with 1 when one differs or fails.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { build } from 'esbuild'
import { ensureBrowser, quietFirefox } from '../../../../scripts/browser.mjs'

const expected = JSON.parse(readFileSync(new URL('fingerprints.json', import.meta.url), 'utf8'))
const parts = Object.keys(expected)
const runs = ['main', 'worker'].flatMap((place) => [1, 2].map((threads) => ({ place, threads })))
/** In ms: what says nothing for so long is ended. */
const patience = 300_000

const folder = mkdtempSync(join(tmpdir(), 'engines-'))
const source = (path) => fileURLToPath(new URL(path, import.meta.url))
await build({
  entryPoints: {
    main: source('main.ts'),
    'in-worker': source('in-worker.ts'),
    // The kernel's threads, for which a page looks beside it.
    worker: source('../../node_modules/@bp/kernel/dist/worker.js'),
  },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  conditions: ['@bp/source'],
  outdir: folder,
})
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
writeFileSync(
  join(folder, 'index.html'),
  '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="main.js"></script>',
)

/** What the page of the browser that runs calls. */
let page
const files = readdirSync(folder)
const types = { '.html': 'text/html', '.js': 'text/javascript' }
const server = createServer(async (request, response) => {
  if (request.method === 'POST') {
    if (request.url === '/end') page.end()
    else page.take(JSON.parse(await text(request)))
    response.end()
    return
  }
  const name = request.url === '/' ? 'index.html' : request.url.slice(1)
  if (!files.includes(name)) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, {
    'Content-Type': types[extname(name)],
    // Without these a page cannot share memory with threads.
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
  })
  response.end(readFileSync(join(folder, name)))
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const address = `http://127.0.0.1:${server.address().port}/`

const inNpm = (name, version, ...before) => ({
  name: `${name[0].toUpperCase()}${name.slice(1)}`,
  find: () => ['npx', '--yes', '-p', `${name}@${version}`, name],
  args: () => [...before, join(folder, 'main.js')],
})
const [major] = process.versions.node.split('.')
const engines = [
  { name: 'Node', find: () => [process.execPath], args: () => [join(folder, 'main.js')] },
  ...['20', '22', '24'].filter((other) => other !== major).map((other) => inNpm('node', other)),
  inNpm('deno', 2, 'run', `--allow-read=${folder}`),
  inNpm('bun', 1),
  {
    name: 'Chromium',
    find: () => [ensureBrowser('chromium')],
    args: (profile) => [
      '--headless',
      `--user-data-dir=${profile}`,
      // Chromium's sandbox refuses to run as root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      address,
    ],
  },
  {
    name: 'Firefox',
    find: () => [ensureBrowser('firefox')],
    args: (profile) => {
      const settings = {
        ...quietFirefox,
        // A part is longer than a page may usually compute without a question.
        'dom.max_script_run_time': 0,
      }
      writeFileSync(
        join(profile, 'user.js'),
        Object.entries(settings)
          .map(([name, value]) => `user_pref('${name}', ${value})\n`)
          .join(''),
      )
      return ['--headless', '--no-remote', '--profile', profile, address]
    },
  },
]

/** Runs an engine to its end; resolves to why it ended too early, if it did. */
function execute([program, ...first], args, take) {
  return new Promise((resolve) => {
    const child = spawn(program, [...first, ...args], {
      // A group of its own, to end what it starts with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DO_NOT_TRACK: '1', DENO_NO_UPDATE_CHECK: '1' },
    })
    const end = (reason) => {
      clearTimeout(timer)
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It has ended by itself.
      }
      resolve(reason)
    }
    const giveUp = () => end(`it said nothing for ${patience / 60_000} minutes`)
    let timer = setTimeout(giveUp, patience)
    const hear = (report) => {
      clearTimeout(timer)
      timer = setTimeout(giveUp, patience)
      take(report)
    }
    page = { take: hear, end: () => end() }
    createInterface({ input: child.stdout }).on(
      'line',
      (line) => line.startsWith('{') && hear(JSON.parse(line)),
    )
    const complaints = text(child.stderr)
    child.on('error', ({ message }) => end(message))
    child.on('close', async (code) =>
      end(code === 0 ? undefined : `it ended with ${code}: ${shortened(await complaints)}`),
    )
  })
}

const shortened = (message) => message.trim().split('\n').slice(0, 3).join('; ').slice(0, 300)

let wrong = false
const notes = []

/** What came of each part of each run, and what else is to be said, as lines of the table. */
async function linesOf({ name, find, args }) {
  const unavailable = (reason) => {
    notes.push(`${name}: ${reason}`)
    return [[name, '', '', ...parts.map(() => '–')]]
  }
  let command
  let version
  try {
    command = find()
    const { status, stdout, stderr, error } = spawnSync(command[0], [...command.slice(1), '--version'], {
      encoding: 'utf8',
    })
    if (error) return unavailable(error.message)
    if (status !== 0) return unavailable(shortened(stderr))
    version = /\d+(\.\d+)+/.exec(stdout)[0]
  } catch ({ message }) {
    return unavailable(message)
  }
  const title = `${name} ${version}`
  process.stderr.write(`${title} …\n`)
  const profile = join(folder, title)
  mkdirSync(profile)
  const reports = []
  const ended = await execute(command, args(profile), (report) => reports.push(report))
  if (ended) {
    wrong = true
    notes.push(`${title}: ${ended}`)
  }
  return runs.map(({ place, threads }) => {
    const own = reports.filter((report) => report.place === place && report.threads === threads)
    const say = (what) => notes.push(`${title}, ${place}, threads: ${threads}: ${what}`)
    const cells = parts.map((part) => {
      const report = own.find((each) => each.part === part)
      if (!report?.fingerprint) return '–'
      if (isDeepStrictEqual(report.fingerprint, expected[part])) return 'same'
      const ops = Object.keys(expected[part]).filter((op) => report.fingerprint[op] !== expected[part][op])
      if (typeof expected[part] === 'object') say(`${part} differs in ${ops.join(', ')}`)
      return 'DIFFERS'
    })
    const refusal = own.find((report) => report.refusal)?.refusal
    if (refusal) say(refusal)
    else if (cells.some((cell) => cell !== 'same')) {
      wrong = true
      for (const { part, error } of own) if (error) say(`${part}: ${error}`)
    }
    return [title, place, `${threads}`, ...cells]
  })
}

const lines = [['engine', 'place', 'threads', ...parts]]
for (const engine of engines) lines.push(...(await linesOf(engine)))
const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)))
for (const line of lines)
  process.stdout.write(
    `${line
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd()}\n`,
  )
if (notes.length > 0) process.stdout.write(`\n– could not be run\n${notes.join('\n')}\n`)
server.close()
rmSync(folder, { recursive: true, maxRetries: 5, retryDelay: 200 })
process.exitCode = wrong ? 1 : 0
