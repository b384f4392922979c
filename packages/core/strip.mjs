// The last step of the build: takes what only tests and the documentation need of an op, its samples and its summary, out
// of the modules that pages load; Node's one file keeps them.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import ts from 'typescript'

const left = ['sample', 'summary']
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
