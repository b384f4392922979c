import { project } from '../../vitest.project.ts'

export default project({
  name: 'table',
  isolate: false,
  testTimeout: 60_000,
  // As in formats: what a parser takes is measured.
  execArgv: ['--max-semi-space-size=1', '--expose-gc'],
})
