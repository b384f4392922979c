import { project } from '../vitest.project.ts'

export default project({ name: 'benchmarks', testTimeout: 30_000 })
