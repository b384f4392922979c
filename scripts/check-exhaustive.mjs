// `npm run check:exhaustive`: every finite float32 through the functions of the kernel that promise 4 ULP.
import { join } from 'node:path'
import { bootstrap, root, run } from './bootstrap.mjs'

bootstrap('@bp/core')
run(process.execPath, [join(root, 'packages/core/test/exhaustive.mjs'), ...process.argv.slice(2)])
