// Builds the project whose tests are about to run, with all it needs; does nothing where nothing has changed.
import type { TestProject } from 'vitest/node'
import { turbo } from './scripts/bootstrap.mjs'

export default function ({ name }: TestProject): void {
  turbo('build', `--filter=${/^(kernel|core)$/.test(name) ? `@bp/${name}` : name}`)
}
