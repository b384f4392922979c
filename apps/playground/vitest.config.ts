// Tests of the page: its logic in Node, and the built page itself in a real browser (test/*.e2e.test.ts).
import { project } from '../../vitest.project.ts'

export default project({ name: 'playground', built: true, testTimeout: 30_000, hookTimeout: 60_000 })
