// `npm run affected`: runs the tests most likely to break from the changes since the last commit, in some 15 s;
// `npm run affected -- main~3` since another. It selects those whose text mentions the changes most, in any package, and, of
// the tests that loop over the op table, the changed operations. It lists those left to `npm test`.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { bin, root, run } from './bootstrap.mjs'

const git = (...args) =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean)
const since = process.argv[2] ?? 'HEAD'

const isSource = (file) => /^(packages|apps)\/[^/]+\/src\/.*\.tsx?$/.test(file)
const untracked = git('ls-files', '--others', '--exclude-standard')
const changed = [...git('diff', '--name-only', '--diff-filter=d', since), ...untracked]
const text = (file) => readFileSync(`${root}/${file}`, 'utf8')

/** The changed line ranges of a file, as [first, last]. */
function changedLines(file) {
  if (untracked.includes(file)) return [[1, Infinity]]
  return git('diff', '-U0', since, '--', file).flatMap((line) => {
    const [, first, count = 1] = /^@@ \S+ \+(\d+)(?:,(\d+))? @@/.exec(line) ?? []
    return first ? [[Number(first), Number(first) + Math.max(0, count - 1)]] : []
  })
}

/** Top-level names of a file whose declarations have changed, and those in the same file that use them. */
function changedNames(file) {
  const lines = text(file).split('\n')
  const declarations = []
  for (const [at, line] of lines.entries()) {
    const [, name] =
      /^(?:export )?(?:async )?(?:const|let|function\*?|class|interface|type) (\w+)/.exec(line) ?? []
    if (name) declarations.push({ name, first: at + 1 })
  }
  for (const [at, each] of declarations.entries()) {
    each.last = (declarations[at + 1]?.first ?? lines.length + 1) - 1
    each.body = lines.slice(each.first - 1, each.last).join('\n')
  }
  const spans = changedLines(file)
  const found = new Set(
    declarations
      .filter(({ first, last }) => spans.some(([from, to]) => from <= last && to >= first))
      .map(({ name }) => name),
  )
  for (let before = -1; before !== found.size; ) {
    before = found.size
    const uses = new RegExp(`\\b(${[...found].join('|')})\\b`)
    if (before) for (const { name, body } of declarations) if (uses.test(body)) found.add(name)
  }
  return [...found].filter((name) => lines.some((line) => new RegExp(`^export .*\\b${name}\\b`).test(line)))
}

/** The last duration of each test file in ms, from Vitest's cache. */
function durations() {
  const folder = join(root, 'node_modules/.vite/vitest')
  if (!existsSync(folder)) return new Map()
  const lists = readdirSync(folder)
    .map((name) => join(folder, name, 'results.json'))
    .filter(existsSync)
  const results = lists.flatMap((list) => JSON.parse(readFileSync(list, 'utf8')).results)
  return new Map(results.map(([key, { duration }]) => [key.slice(key.indexOf(':') + 1), duration]))
}

const names = [...new Set(changed.filter(isSource).flatMap(changedNames))]
const mentions = new RegExp(`\\b(${names.join('|')})\\b`, 'g')
/** How relevant a test is to the changes; one named like a changed file is most relevant. */
const share = (file) =>
  changed.some((source) => basename(source, '.ts') === basename(file, '.test.ts'))
    ? 1
    : (text(file).match(mentions)?.length ?? 0) / text(file).split('\n').length
/** Tests for which a program is built first, or a browser started: only with a change of their own package. */
const ofPrograms = (file) => {
  const [, project] = /^(examples|apps\/\w+|packages\/kernel)\//.exec(file) ?? []
  return /\.e2e\.test/.test(file) || (project && !changed.some((each) => each.startsWith(`${project}/`)))
}
const walksTable = (file) => /from '\.\/trials\.js'/.test(text(file))
const tests = git('ls-files', '--cached', '--others', '--exclude-standard', '*.test.ts', '*.test.tsx')

const ops = names.filter((name) =>
  changed.some((file) => file.startsWith('packages/core/src/ops/') && text(file).includes(`op('${name}'`)),
)

/** In ms, with two workers; the tests that walk the table take as long again. */
let left = ops.length > 0 ? 6_000 : 18_000
const took = durations()
const chosen = changed.filter((file) => tests.includes(file))
const others = []
const ranked = tests
  .filter((file) => names.length > 0 && !chosen.includes(file) && !ofPrograms(file) && !walksTable(file))
  .map((file) => ({ file, share: share(file) }))
  .filter(({ share }) => share > 0)
  .sort((a, b) => b.share - a.share)
for (const { file } of ranked) {
  // Loading takes about a second.
  const duration = 1000 + (took.get(file) ?? 1000)
  if (duration > left) others.push(file)
  else {
    left -= duration
    chosen.push(file)
  }
}
const list = (files) => files.map((file) => basename(file).replace(/\.test\.tsx?$/, '')).join(', ') || 'none'
process.stdout.write(`changed: ${names.join(', ') || 'no names'}\ntests: ${list(chosen)}\n`)
if (others.length > 0) process.stdout.write(`left to npm test: ${list(others)}\n`)
const vitest = (...args) => run(bin('vitest'), ['run', ...args])
if (ops.length > 0) vitest(...tests.filter(walksTable), '-t', `\\b(${ops.join('|')})\\b`)
if (chosen.length > 0) vitest(...chosen)
