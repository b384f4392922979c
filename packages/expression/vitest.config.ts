import { project } from '../../vitest.project.ts'

export default project({ name: 'expression', isolate: false })
