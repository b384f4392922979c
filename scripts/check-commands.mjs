// `npm run check:commands`: runs every example, and every command in the repository's pages, verbatim. With a word, only
// those that contain it: `npm run check:commands -- graph`.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bootstrap, root } from './bootstrap.mjs'

/** In ms. */
const timeLimit = 30 * 60_000

/** Commands that are not run, and why. Any other command must work. */
const notRun = [
  [/^npm test$/, 'CI runs it before this'],
  [/ -u$/, 'rewrites what the tests compare with'],
  [/^npm run format$/, 'rewrites the sources'],
  [/^npm run check:commands/, 'is this'],
  [/^npm run check:exhaustive$/, 'takes hours; one function is run'],
  [/^npm run bench( -- --(json|svg) \S+)?$/, 'takes an hour with all peers; single cases are run'],
  [/^npm run bench -- --suite (ops|scaling)$/, 'takes long, or rewrites a page; one operation is run'],
  [/^npm run bench -- --seconds \d+$/, 'takes an hour with all peers; single cases are run'],
]

/** Commands in code blocks without a language and in inline code, with the page and line of their first occurrence. */
function commandsOfPages() {
  const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' }).trim().split('\n')
  const found = new Map()
  for (const page of pages) {
    let language = null
    for (const [index, line] of readFileSync(join(root, page), 'utf8').split('\n').entries()) {
      const fence = /^```(\w*)/.exec(line)
      if (fence) language = language === null ? fence[1] : null
      const texts =
        language === null
          ? Array.from(line.matchAll(/`([^`]+)`/g), ([, text]) => text)
          : [line.replace(/\s+#.*$/, '')]
      for (const text of texts)
        if (/^(npm|npx|node|pnpm) \S/.test(text) && !found.has(text)) found.set(text, `${page}:${index + 1}`)
    }
  }
  return found
}

/** Calls of the examples, with the arguments that their first lines name. */
function examples() {
  const folder = join(root, 'examples', 'src')
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'))
  return files.flatMap((file) => {
    const name = file.replace(/\.ts$/, '')
    const [head] = readFileSync(join(folder, file), 'utf8').split('\n')
    const variants = Array.from(head.matchAll(/`([^`]+)`/g), ([, text]) => text)
    const calls = variants.filter((text) => text.startsWith(`${name} `))
    return (calls.length > 0 ? calls : [name]).map((call) => [
      `npm run example -- ${call}`,
      `examples/src/${file}`,
    ])
  })
}

/** For files that commands write. */
const folder = mkdtempSync(join(tmpdir(), 'commands-'))

/** Runs a command to completion, or a server until it has responded; resolves to what went wrong, or `null`. */
function run(command) {
  const server = / dev$/.test(command)
  // npm resolves files from where it is called, the folder; npx finds programs only in the root.
  const child = spawn(command.replace(/^npm /, `npm --prefix '${root}' `), {
    shell: true,
    cwd: command.startsWith('npm ') ? folder : root,
    // Its own process group, so that its children can be ended with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, INIT_CWD: undefined },
  })
  return new Promise((resolve) => {
    let output = ''
    const end = (problem) => {
      clearTimeout(timer)
      try {
        process.kill(-child.pid, 'SIGTERM')
      } catch {
        // It has already exited.
      }
      resolve(problem && `${problem}\n${output.trim().split('\n').slice(-12).join('\n')}`)
    }
    const timer = setTimeout(() => end(`it took longer than ${timeLimit / 60_000} minutes`), timeLimit)
    let requested = false
    const hear = async (data) => {
      output += data
      const address = server && !requested && /http:\/\/(localhost|127\.0\.0\.1):\d+\S*/.exec(output)?.[0]
      if (!address) return
      requested = true
      try {
        const response = await fetch(address)
        const page = await response.text()
        end(response.ok && /<html/i.test(page) ? null : `${address} responded with ${response.status}`)
      } catch ({ message }) {
        end(`${address}: ${message}`)
      }
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('error', ({ message }) => end(message))
    child.on('close', (code, signal) => {
      if (!requested)
        end(server ? 'it exited without serving' : code === 0 ? null : `it exited with ${code ?? signal}`)
    })
  })
}

const [word = ''] = process.argv.slice(2)
bootstrap()
const commands = new Map([...examples(), ...commandsOfPages()])
const failures = []
let count = 0
for (const [command, place] of commands) {
  if (!command.includes(word)) continue
  // A command with a word in capitals is a template.
  if (/ [A-Z]{2,}( |$)|…/.test(command)) continue
  const reason = notRun.find(([pattern]) => pattern.test(command))?.[1]
  const line = (result, time) =>
    process.stdout.write(`${result.padEnd(8)}${time.padStart(9)}  ${command}  (${reason ?? place})\n`)
  if (reason) {
    line('not run', '')
    continue
  }
  count++
  const before = performance.now()
  const problem = await run(command)
  line(problem ? 'FAILED' : 'ok', `${((performance.now() - before) / 1000).toFixed(1)} s`)
  if (problem) failures.push(`${command}, ${place}: ${problem}`)
}
rmSync(folder, { recursive: true })
if (count === 0) failures.push(`no command contains "${word}"`)
for (const failure of failures) process.stdout.write(`\n${failure}\n`)
process.stdout.write(`\n${count} commands, ${failures.length} failed\n`)
process.exitCode = failures.length > 0 ? 1 : 0
