// `npm run check:engines`: the same program in every JavaScript engine that can be had here, and whether it gives the
// same bits.
import { join } from 'node:path'
import { bootstrap, root, run } from './bootstrap.mjs'

bootstrap('@bp/core')
run(process.execPath, [join(root, 'packages/core/test/engines/check.mjs')])
