// What the tests of every package and app share: they read the sources of the workspace's other packages, never a
// build that may be stale; the kernel is built first when its sources have changed, and so is a program that they run.
import { fileURLToPath } from 'node:url'
import { defineProject } from 'vitest/config'
import type { ProjectConfig } from 'vitest/node'

/** The condition under which the `exports` of our packages name their sources. */
const source = '@bp/source'

/** `built`: the tests run what is built, which therefore is built before them. */
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
