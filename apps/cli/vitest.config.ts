import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { project } from '../../vitest.project.ts'

export default project({
  name: 'cli',
  built: true,
  testTimeout: 30_000,
  // Where runs are kept, instead of the user's own.
  env: { XDG_DATA_HOME: mkdtempSync(join(tmpdir(), 'bp-data-')) },
})
