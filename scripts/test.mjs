// `npm test`: installs, builds, and checks everything that must hold before a change lands.
import { bin, bootstrap, fail, run, turbo } from './bootstrap.mjs'
import { ensureBrowser } from './browser.mjs'

function stage(title, body) {
  process.stdout.write(`\n— ${title}\n`)
  body()
}

stage('install and build', () => bootstrap())
stage('format and lint', () => run(bin('biome'), ['check', '--error-on-warnings', '.']))
stage('unused files, exports and dependencies', () => run(bin('knip'), []))
stage('types', () => turbo('typecheck'))
stage('browser', () => {
  try {
    process.stdout.write(`${ensureBrowser()}\n`)
  } catch (error) {
    fail(error.message)
  }
})
stage('tests', () => run(bin('vitest'), ['run', ...process.argv.slice(2)]))
