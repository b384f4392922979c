// A step of the build: takes properties of the op table that are named, such as what only tests need, out of its modules.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import ts from 'typescript'

const left = process.argv.slice(2)
const folder = new URL('dist/ops/', import.meta.url)
for (const name of readdirSync(folder)) {
  if (!name.endsWith('.js')) continue
  const file = new URL(name, folder)
  const text = readFileSync(file, 'utf8')
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest)
  const cuts = []
  const find = (node) => {
    if (ts.isPropertyAssignment(node) && left.includes(node.name.getText(source))) cuts.push(node)
    else ts.forEachChild(node, find)
  }
  find(source)
  const stripped = cuts.reduceRight((rest, { pos, end }) => {
    const comma = rest[end] === ',' ? 1 : 0
    // Lines stay where the source map says they are.
    const lines = rest.slice(pos, end).replaceAll(/[^\n]/g, '')
    return rest.slice(0, pos) + lines + rest.slice(end + comma)
  }, text)
  writeFileSync(file, stripped)
}
