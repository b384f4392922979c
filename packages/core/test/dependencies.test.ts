// The library has no dependencies, and generates no code from strings at run time.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const packages = ['kernel', 'core', 'expression', 'formats', 'table', 'lab']
const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test.each(['kernel', 'core'])('@bp/%s depends on nothing outside the workspace', (name) => {
  const {
    dependencies = {},
    peerDependencies,
    optionalDependencies,
  } = JSON.parse(read(`${name}/package.json`))
  expect(Object.values(dependencies).filter((version) => version !== 'workspace:*')).toEqual([])
  expect([peerDependencies, optionalDependencies]).toEqual([undefined, undefined])
})

test.each(packages)('@bp/%s generates no code from strings, which a page may forbid', (name) => {
  const sources = readdirSync(new URL(`../../${name}/src`, import.meta.url), { recursive: true }) as string[]
  for (const path of sources.filter((path) => path.endsWith('.ts')))
    expect(read(`${name}/src/${path}`), path).not.toMatch(
      /\beval\(|\bFunction\(|set(?:Timeout|Interval)\(['"`]/,
    )
})
