// Runs the tests that a change is likeliest to break, in seconds: `npm run affected`, of what differs from the last
// commit; `npm run affected -- main~3`, from another. Those that mention what was changed, wherever they are; of the
// tests that walk the op table, the operations that were changed. Tests of built programs are left to `npm test`.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { bin, root, run } from './bootstrap.mjs'

const git = (...args) =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean)
const since = process.argv[2] ?? 'HEAD'

const isSource = (file) => /^(packages|apps)\/[^/]+\/src\/.*\.tsx?$/.test(file)
const untracked = git('ls-files', '--others', '--exclude-standard')
const changed = [...git('diff', '--name-only', '--diff-filter=d', since), ...untracked]
const text = (file) => readFileSync(`${root}/${file}`, 'utf8')

/** The lines of a file that have changed: pairs of the first and the last. */
function changedLines(file) {
  if (untracked.includes(file)) return [[1, Infinity]]
  return git('diff', '-U0', since, '--', file).flatMap((line) => {
    const [, first, count = 1] = /^@@ \S+ \+(\d+)(?:,(\d+))? @@/.exec(line) ?? []
    return first ? [[Number(first), Number(first) + Math.max(0, count - 1)]] : []
  })
}

/** Names declared at the top of a file in which lines have changed, and those of the same file that use these. */
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

const names = [...new Set(changed.filter(isSource).flatMap(changedNames))]
const mentions = new RegExp(`\\b(${names.join('|')})\\b`)
const ofPrograms = /\.e2e\.test|^examples\/|^apps\/cli\/test\/(program|terminal)\.test/
const tests = git('ls-files', '--cached', '--others', '--exclude-standard', '*.test.ts', '*.test.tsx')
const walksTable = (file) => /from '\.\/trials\.js'/.test(text(file))
const affected = tests.filter(
  (file) =>
    changed.includes(file) ||
    (names.length > 0 && !ofPrograms.test(file) && !walksTable(file) && mentions.test(text(file))),
)
const ops = names.filter((name) =>
  changed.some((file) => /core\/src\/ops\//.test(file) && text(file).includes(`op('${name}'`)),
)

process.stdout.write(
  `${names.join(', ') || 'no names'}: ${affected.map((file) => basename(file)).join(', ') || 'no tests'}\n`,
)
const vitest = (...args) => run(bin('vitest'), ['run', '--reporter=dot', ...args])
if (ops.length > 0) vitest(...tests.filter(walksTable), '-t', `\\b(${ops.join('|')})\\b`)
if (affected.length > 0) vitest(...affected)
