import { project } from '../vitest.project.ts'

export default project({ name: 'examples', built: true, testTimeout: 120_000 })
