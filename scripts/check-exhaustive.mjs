// `npm run check:exhaustive`: checks the kernel functions that promise 4 ULP on every finite float32.
import { join } from 'node:path'
import { bootstrap, root, run } from './bootstrap.mjs'

bootstrap('@bp/core')
run(process.execPath, [join(root, 'packages/core/test/exhaustive.mjs'), ...process.argv.slice(2)])
