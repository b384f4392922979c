// `npm test`: installs, builds, and checks everything that must hold before a change lands.
import { bin, bootstrap, run, turbo } from './bootstrap.mjs'
import { ensureBrowser } from './browser.mjs'

function stage(title, body) {
  process.stdout.write(`\n— ${title}\n`)
  body()
}

stage('install and build', () => bootstrap())
stage('format and lint', () => run(bin('biome'), ['check', '--error-on-warnings', '.']))
stage('unused files, exports and dependencies', () => run(bin('knip'), []))
stage('types', () => turbo('typecheck'))
await ensureBrowser()
stage('tests', () => run(bin('vitest'), ['run', ...process.argv.slice(2)]))
