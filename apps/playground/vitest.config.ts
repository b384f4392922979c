// Tests of the page: its logic in Node, and the built page itself in a real browser (test/*.e2e.test.ts).
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'playground',
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
