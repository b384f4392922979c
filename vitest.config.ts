import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: ['packages/*', 'apps/*', 'benchmarks', 'examples'],
    // One core less, as it is by itself, would be half of two.
    maxWorkers: '100%',
  },
})
