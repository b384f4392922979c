// docs/ops.md, rendered from the op table by `npm run docs:ops`, and the index of decisions.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { isInternal } from '../src/graph/op.js'
import { inputAt, isList, type Op, ops } from '../src/index.js'

const table = (Object.values(ops) as unknown as Op[]).filter(({ name }) => !isInternal(name))

const cell = (text: string) => text.replaceAll('|', '\\|')

function section(op: Op): string {
  const { inputs, attributes, shorthand, summary, formula, vjp } = op.definition
  const options = Object.entries(attributes ?? {}) as [string, string][]
  const names = (inputs as string[]).map((_, index) => inputAt(inputs, index).name)
  const signature = [
    ...names.map((name, index) => (isList(inputs[index]) ? `[${name}]` : name)),
    ...(options.length ? [shorthand ? `${shorthand} or options` : 'options'] : []),
  ].join(', ')
  const rules = names.map((name) => `| \`${name}\` | ${cell(vjp[name]?.formula ?? 'none')} |`)
  return [
    `## \`${op.name}(${signature})\``,
    '',
    `${summary}`,
    '',
    `    ${formula}`,
    '',
    ...(options.length ? [...options.map(([name, text]) => `- \`${name}\`: ${text}`), ''] : []),
    '| input | gradient |',
    '|---|---|',
    ...rules,
    '',
  ].join('\n')
}

const text = `# Operations

The operations of \`@bp/core\`, rendered from the op table (\`packages/core/src/ops\`). Each is a function and a tensor
method: \`sigmoid(x)\` is \`x.sigmoid()\`. An option named in the heading can be passed by itself: \`sum(x, 0)\`
is \`sum(x, { axes: 0 })\`. In the gradients, ȳ is the gradient of the output; broadcast dimensions are summed. Fused
gradients such as \`tanhGrad\`, which only gradient rules use, are omitted.

${table.map(section).join('\n')}`

test('docs/ops.md says what the table says', async () => {
  await expect(text).toMatchFileSnapshot('../../../docs/ops.md')
})

test('docs/decisions/README.md lists every decision under its title', () => {
  const folder = new URL('../../../docs/decisions/', import.meta.url)
  const index = readFileSync(new URL('README.md', folder), 'utf8')
  const files = readdirSync(folder).filter((file) => file !== 'README.md')
  for (const file of files) {
    const [heading] = readFileSync(new URL(file, folder), 'utf8').split('\n')
    expect(index).toContain(`\n- [${heading!.replace('# ', '')}](${file}): `)
  }
})
