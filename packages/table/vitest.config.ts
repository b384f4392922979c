import { project } from '../../vitest.project.ts'

export default project({ name: 'table', isolate: false, testTimeout: 60_000 })
