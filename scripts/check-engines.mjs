// `npm run check:engines`: runs the same program in every JavaScript engine available here, and checks that it gives the
// same bits.
import { join } from 'node:path'
import { bootstrap, root, run } from './bootstrap.mjs'

bootstrap('@bp/core')
run(process.execPath, [join(root, 'packages/core/test/engines/check.mjs')])
