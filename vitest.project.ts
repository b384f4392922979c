// Test configuration shared by every package and app: tests read the sources of the workspace's other packages, never a
// stale build; the kernel, and a program under test, are built first if their sources have changed.
import { fileURLToPath } from 'node:url'
import { defineProject } from 'vitest/config'
import type { ProjectConfig } from 'vitest/node'

/** The condition under which the `exports` of our packages name their sources. */
const source = '@bp/source'

/** `built`: the tests run build output, which is built before them. */
export function project({ built = false, ...test }: ProjectConfig & { built?: boolean }) {
  return defineProject({
    resolve: { conditions: [source, 'module', 'browser', 'development|production'] },
    ssr: { resolve: { conditions: [source, 'module', 'node', 'development|production'] } },
    test: {
      include: ['test/**/*.test.{ts,tsx}'],
      globalSetup: fileURLToPath(new URL(`vitest.${built ? 'program' : 'kernel'}.ts`, import.meta.url)),
      ...test,
    },
  })
}
