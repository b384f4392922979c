// `npm run bench`: installs and builds what the benchmarks need, then runs them with the given arguments.
import { join } from 'node:path'
import { bootstrap, root, run } from './bootstrap.mjs'

bootstrap('benchmarks')
// In the caller's folder, to which `--json FILE` is relative.
run(process.execPath, [join(root, 'benchmarks', 'dist', 'main.js'), ...process.argv.slice(2)], {
  cwd: process.env.INIT_CWD ?? process.cwd(),
})
