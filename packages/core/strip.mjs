// A build step: removes the named properties of the op table, e.g. those that only tests need, from the built modules.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { parse } from 'acorn'

const removed = process.argv.slice(2)
const folder = new URL('dist/ops/', import.meta.url)
for (const name of readdirSync(folder)) {
  if (!name.endsWith('.js')) continue
  const file = new URL(name, folder)
  const text = readFileSync(file, 'utf8')
  const cuts = []
  const find = (node) => {
    for (const child of Object.values(node).flat()) {
      if (typeof child?.type !== 'string') continue
      if (node.type === 'ObjectExpression' && removed.includes(child.key?.name)) cuts.push(child)
      else find(child)
    }
  }
  find(parse(text, { ecmaVersion: 2022, sourceType: 'module' }))
  const stripped = cuts.reduceRight((rest, { start, end }) => {
    const comma = rest[end] === ',' ? 1 : 0
    // Lines stay where the source map says they are.
    const lines = rest.slice(start, end).replaceAll(/[^\n]/g, '')
    return rest.slice(0, start) + lines + rest.slice(end + comma)
  }, text)
  writeFileSync(file, stripped)
}
