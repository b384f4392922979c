// Builds `dist`: modules for bundlers, without what tests, docs and drawn graphs alone need of the op table, and marked so that
// a bundle gets only the operations it reaches; for Node one file, which starts faster, with the whole table.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { parse } from 'acorn'
import { build } from 'esbuild'

rmSync('dist', { recursive: true, force: true })
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { stdio: 'inherit' })

const isProperty = ({ type, shorthand }) => type === 'Property' && !shorthand
const removed = ({ start, end }) => ({ start, end, instead: '' })

const { ops, layers } = await import('./dist/index.js')
const { instructions } = await import('@bp/kernel/instructions')
const opcodes = new Set(Object.keys(instructions))
const table = Object.values(ops)

edit('dist/ops', (node) => without(node, ['summary']))
await build({
  entryPoints: ['dist/index.js'],
  outfile: 'dist/node.js',
  bundle: true,
  platform: 'node',
  format: 'esm',
  external: ['@bp/kernel'],
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: true,
  logLevel: 'warning',
})
writeFileSync(
  'dist/node-layers.js',
  `import { layers } from './node.js'\nexport const { ${Object.keys(layers).join(', ')} } = layers\n`,
)

edit('dist/ops', (node) => [
  ...without(node, ['sample', 'symbol', 'formula']),
  ...withoutBudget(node),
  ...withoutTexts(node),
])
edit('dist', pure)
for (const folder of ['ops', 'compile', 'training']) withInstructions(`dist/${folder}`)
writeNotation()

/**
 * Applies changes to each module of a folder: `changesOf` a top-level statement gives texts for ranges of it. Lines stay where the
 * source map says they are.
 */
function edit(folder, changesOf) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!name.endsWith('.js') || name.startsWith('node')) continue
    const file = join(folder, name)
    const text = readFileSync(file, 'utf8')
    const { body } = parse(text, { ecmaVersion: 2022, sourceType: 'module' })
    const changes = body
      .flatMap((node) => changesOf(node, file))
      .sort((a, b) => a.start - b.start)
      // Without those inside of what is removed.
      .filter(({ start }, index, all) => all.slice(0, index).every(({ end }) => end <= start))
    const changed = changes.reduceRight((rest, { start, end, instead }) => {
      const comma = instead === '' && rest[end] === ',' ? 1 : 0
      const lines = rest.slice(start, end).replaceAll(/[^\n]/g, '')
      return rest.slice(0, start) + instead + lines + rest.slice(end + comma)
    }, text)
    if (changed !== text) writeFileSync(file, changed)
  }
}

function* childrenOf(node) {
  for (const child of Object.values(node).flat()) if (typeof child?.type === 'string') yield child
}

/** All nodes for which `wanted` is true, without those inside of them. */
function* find(node, wanted) {
  if (wanted(node)) yield node
  else for (const child of childrenOf(node)) yield* find(child, wanted)
}

/** Without the properties of these names. */
function without(node, names) {
  return [...find(node, (each) => isProperty(each) && names.includes(each.key.name))].map(removed)
}

/** Without error budgets, but for that of the correctly rounded, by which constants are folded. */
function withoutBudget(node) {
  const isBudget = (each) => isProperty(each) && each.key.name === 'ulp'
  return [...find(node, isBudget)].filter(({ value }) => !(value.value <= 0.5)).map(removed)
}

/** With empty texts about attributes; their names are checked. */
function withoutTexts(node) {
  const isTable = (each) =>
    (isProperty(each) && each.key.name === 'attributes' && each.value.type === 'ObjectExpression') ||
    (each.type === 'VariableDeclarator' && /attributes$/i.test(each.id.name))
  const isText = (each) =>
    isProperty(each) && /^(Literal|TemplateLiteral|BinaryExpression)$/.test(each.value.type)
  return [...find(node, isTable)]
    .flatMap((each) => [...find(each.value ?? each.init, isText)])
    .map(({ value }) => value)
    .filter(({ type, value }) => type !== 'Literal' || typeof value === 'string')
    .map(({ start, end }) => ({ start, end, instead: "''" }))
}

/**
 * What is called while a module is loaded only makes values: a bundler may leave out those that nothing uses. It takes what is
 * spread into an object for a side effect, unless that is in a function.
 */
function pure(node) {
  const declaration = node.type === 'ExportNamedDeclaration' ? node.declaration : node
  if (declaration?.type !== 'VariableDeclaration') return []
  return declaration.declarations.flatMap(({ init }) => {
    if (!init || /Function/.test(init.type)) return []
    const isCall = ({ type }) => type === 'CallExpression' || type === 'NewExpression'
    const whileLoaded = [...within(init)]
    if (whileLoaded.some(({ type }) => type === 'SpreadElement'))
      return [
        { start: init.start, end: init.start, instead: '/* @__PURE__ */ (() => (' },
        { start: init.end, end: init.end, instead: '))()' },
      ]
    const starts = new Set(whileLoaded.filter(isCall).map(({ start }) => start))
    return [...starts].map((start) => ({ start, end: start, instead: '/* @__PURE__ */ ' }))
  })
}

/** A node and what is in it, but for what is in functions. */
function* within(node) {
  yield node
  for (const child of childrenOf(node)) if (!/Function/.test(child.type)) yield* within(child)
}

/**
 * Names of instructions that may be emitted, from the kernel, whose functions a bundle gets with them. What an instruction is only
 * compared with is not emitted.
 */
function withInstructions(folder) {
  const imported = new Map()
  const isName = (each) =>
    each.type === 'Literal' && typeof each.value === 'string' && opcodes.has(each.value)
  const namesIn = (node) =>
    isName(node)
      ? [node]
      : /^(BinaryExpression|SwitchCase)$/.test(node.type)
        ? []
        : [...childrenOf(node)].flatMap(namesIn)
  edit(folder, (node, file) =>
    namesIn(node).map(({ start, end, value }) => {
      imported.set(file, (imported.get(file) ?? new Set()).add(value))
      return { start, end, instead: `op${value}` }
    }),
  )
  for (const [file, names] of imported) {
    const list = [...names].sort().map((name) => `op${name}`)
    writeFileSync(file, `import { ${list.join(', ')} } from '@bp/kernel';${readFileSync(file, 'utf8')}`)
  }
}

/** What src/notation.ts reads from the definitions, as tables of their own. */
function writeNotation() {
  const tableOf = (read) =>
    JSON.stringify(Object.fromEntries(table.map((op) => [op.name, read(op.definition)])))
  const rulesOf = ({ vjp }) =>
    Object.fromEntries(Object.entries(vjp).map(([input, rule]) => [input, rule?.formula]))
  writeFileSync(
    'dist/notation.js',
    `// What the op table says about the mathematics of operations.
const symbols = ${tableOf(({ symbol }) => symbol)}
const formulas = ${tableOf(({ formula }) => formula)}
const rules = ${tableOf(rulesOf)}
export const symbolOf = ({ name, definition: { symbol = symbols[name] } }) => symbol
export const formulaOf = ({ name, definition: { formula = formulas[name] } }) => formula
export const ruleOf = ({ name, definition: { vjp } }, input) => vjp[input]?.formula ?? rules[name]?.[input]
`,
  )
}
