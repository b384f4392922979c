import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { name: 'expression', include: ['test/**/*.test.ts'], isolate: false } })
