// Tests of every package and app, each a project with its own config.

import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Browser tests start first: they take longest, and would otherwise run alone at the end. */
class BrowserFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => (moduleId.endsWith('.e2e.test.ts') ? 0 : 1)
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}

export default defineConfig({
  test: {
    projects: ['packages/*', 'apps/*', 'benchmarks', 'examples'],
    sequence: { sequencer: BrowserFirst },
    // The default, all cores but one, would be half of two; tests of programs mostly wait for timers, so use more.
    maxWorkers: '150%',
  },
})
