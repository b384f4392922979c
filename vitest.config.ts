// Tests of every package and app, each a project with a config of its own.

import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Tests in a browser begin first: they are the longest, and run alone at the end otherwise. */
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
    // One core less, as it is by itself, would be half of two; one more, as tests of programs wait for their timers.
    maxWorkers: '150%',
  },
})
