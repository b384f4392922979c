import { project } from '../../vitest.project.ts'

export default project({ name: 'lab', isolate: false })
