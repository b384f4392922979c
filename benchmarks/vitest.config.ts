// Makes this folder a Vitest project of its own, so that its tests run from here as from the root.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { name: 'benchmarks', include: ['test/**/*.test.ts'], testTimeout: 30_000 },
})
