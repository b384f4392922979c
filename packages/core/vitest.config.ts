import { project } from '../../vitest.project.ts'

export default project({ name: 'core', testTimeout: 60_000, isolate: false })
