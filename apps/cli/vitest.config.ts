import { project } from '../../vitest.project.ts'

export default project({ name: 'cli', built: true, testTimeout: 30_000 })
