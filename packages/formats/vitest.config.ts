import { project } from '../../vitest.project.ts'

export default project({
  name: 'formats',
  isolate: false,
  testTimeout: 60_000,
  // V8 lets garbage lie until there are 16 MiB of it, or as many as are given here; what a parser takes is measured.
  execArgv: ['--max-semi-space-size=1', '--expose-gc'],
})
