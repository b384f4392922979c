import { project } from '../../vitest.project.ts'

export default project({ name: 'kernel', built: true, testTimeout: 60_000, isolate: false })
