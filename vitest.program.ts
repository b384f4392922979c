// Builds the project under test with its dependencies, if anything has changed.
import type { TestProject } from 'vitest/node'
import { turbo } from './scripts/bootstrap.mjs'

export default function ({ name }: TestProject): void {
  turbo('build', `--filter=${/^(kernel|core)$/.test(name) ? `@bp/${name}` : name}`)
}
