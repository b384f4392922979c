// `npm run bench`: installs and builds what the benchmarks need, then runs them with the arguments given.
import { join } from 'node:path'
import { bootstrap, root, run } from './bootstrap.mjs'

bootstrap('benchmarks')
// In the folder where the caller stands, so that `--json FILE` means what it says there.
run(process.execPath, [join(root, 'benchmarks', 'dist', 'main.js'), ...process.argv.slice(2)], {
  cwd: process.env.INIT_CWD ?? process.cwd(),
})
