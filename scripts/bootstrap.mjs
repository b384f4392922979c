// Builds a fresh clone with nothing but Node and npm: installs with the pinned pnpm when the lockfile has changed, then
// builds with turbo, which skips whatever is unchanged.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { packageManager, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** Runs a command in the root folder; exits with its exit code if it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (result.error) fail(`${command}: ${result.error.message}`)
  if (result.status !== 0) {
    if (result.stdout || result.stderr) process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`)
    process.exit(result.status ?? 1)
  }
  return result
}

export function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

/** Path of a command from the root's dev dependencies. */
export const bin = (name) => join(root, 'node_modules', '.bin', name)

function requireNode() {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(engines.node).map(Number)
  const [haveMajor, haveMinor] = process.versions.node.split('.').map(Number)
  if (haveMajor < major || (haveMajor === major && haveMinor < minor))
    fail(
      `Node ${engines.node} is required, this is ${process.versions.node}. Install a newer Node and try again.`,
    )
}

function install() {
  const stamp = join(root, 'node_modules', '.installed')
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  process.stderr.write('Installing (once, about a minute) …\n')
  run(
    'npx',
    ['--yes', packageManager, 'install', '--frozen-lockfile', '--ignore-scripts', '--reporter=append-only'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    },
  )
  writeFileSync(stamp, lock)
}

/** Runs turbo tasks, quiet unless one fails. Turbo expects pnpm on the PATH, which a fresh machine lacks. */
export function turbo(...args) {
  const path = `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`
  run(bin('turbo'), ['run', ...args, '--output-logs=errors-only', '--log-order=grouped'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, PATH: path, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
  })
}

/** Installs and builds the package `filter` with its dependencies; without `filter`, everything. */
export function bootstrap(filter) {
  requireNode()
  install()
  turbo('build', ...(filter ? [`--filter=${filter}`] : []))
}
