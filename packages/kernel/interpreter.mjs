// Writes, from the table in src/instructions.ts, what of the interpreter follows from it: assembly/opcodes.ts with the
// opcodes and the offsets of operands, and assembly/interpreter.ts, which gives them to the loops. A row without a
// loop, a loop without a row, and a loop that is told of an opcode it does not know are errors.

const capitalized = (name) => name[0].toUpperCase() + name.slice(1)
const uncapitalized = (name) => name[0].toLowerCase() + name.slice(1)

/** Offsets of operands, and of what is behind them, in bytes from the head: constants that end up in the loads. */
function offsets(name, row) {
  let offset = 4
  const members = []
  for (const [operand, kind] of [...Object.entries(row), ['end', '']]) {
    members.push(`${operand} = ${offset}`)
    offset += kind.startsWith('double') ? 8 : 4
  }
  return `export const enum ${name} { ${members.join(', ')} }`
}

/** Numbers that end an instruction, as the fields of a class that is laid over them. */
function record(name, row) {
  const fields = Object.entries(row).filter(([, kind]) => kind === 'int')
  return `/** The operands that end an instruction, from \`${fields[0][0]}\` on. */
@unmanaged
export class ${name} {
${fields.map(([field]) => `  ${field}: u32`).join('\n')}
}`
}

/** The text of assembly/opcodes.ts. */
export function opcodes({ instructions, layouts, records }) {
  const names = Object.keys(instructions)
  const rows = [...Object.entries(layouts), ...Object.entries(instructions)]
    .map(([name, row]) => [capitalized(name), row])
    .filter(([, row]) => Object.keys(row).length > 0)
  const counts = names.map((name) => [name, parametersOf(name, { instructions, layouts })])
  return `// Written by interpreter.mjs from the table in src/instructions.ts.

export enum Opcode {
${names.map((name) => `  ${name},`).join('\n')}
}

// Where operands are, in bytes from the head of an instruction.
${[...new Map(rows)].map(([name, row]) => offsets(name, row)).join('\n')}

${Object.entries(records)
  .map(([name, row]) => record(capitalized(name), row))
  .join('\n\n')}

/** How many floats an instruction has behind the operands of its layout. */
// @ts-ignore: decorator
@inline
export function parameterCount(opcode: i32): i32 {
${counts
  .filter(([, count]) => count > 0)
  .map(([name, count]) => `  if (opcode == Opcode.${name}) return ${count}`)
  .join('\n')}
  return 0
}
`
}

/** The layout that an instruction begins with, the longest if there are several. */
function layoutOf(name, { instructions, layouts }) {
  const operands = Object.entries(instructions[name]).map(String)
  const size = (layout) => Object.keys(layouts[layout]).length
  return Object.keys(layouts)
    .filter((layout) =>
      Object.entries(layouts[layout]).every((operand, at) => operands[at] === String(operand)),
    )
    .sort((a, b) => size(b) - size(a))[0]
}

/** How many floats an instruction has behind its layout; 0 where other operands are there too. */
function parametersOf(name, table) {
  const layout = layoutOf(name, table)
  if (!layout) return 0
  const kinds = Object.values(table.instructions[name]).slice(Object.keys(table.layouts[layout]).length)
  return kinds.every((kind) => kind === 'float') ? kinds.length : 0
}

/**
 * Exported functions by name, with the file they are in, their parameters and what they return. A loop is told the opcode
 * or the instruction's address if it asks for it, and takes the operands that it names.
 */
function findFunctions(sources) {
  const functions = new Map()
  for (const [file, text] of Object.entries(sources))
    for (const [, name, list, returned] of text.matchAll(/^export function (\w+)\(([^)]*)\): (\w+) \{/gm)) {
      const parameters = [...list.matchAll(/(\w+): (\w+)/g)].map(([, parameter, type]) => ({
        parameter,
        type,
      }))
      const told = parameters.some(({ parameter }) => parameter === 'opcode')
      // One of the same name that computes with vectors is no loop.
      if (parameters.every(({ type }) => type !== 'v128'))
        functions.set(name, { name, file, text, parameters, told, returned })
    }
  return functions
}

/** The arguments of a loop's call for an instruction. */
function argumentsOf({ file, name: loop, parameters }, name, row) {
  return parameters.map(({ parameter, type }) => {
    if (parameter === 'opcode') return `Opcode.${name}`
    if (parameter === 'pc') return 'pc'
    if (!(parameter in row))
      throw new Error(`assembly/${file}.ts: ${loop} takes ${parameter}, which is no operand of ${name}`)
    return `load<${type === 'usize' ? 'u32' : type}>(pc, ${name}.${parameter})`
  })
}

/** What the interpreter does after a loop, by what that returns. */
const calls = {
  void: (call) => `        ${call}\n        break`,
  bool: (call) => `        if (!${call}) return pc\n        break`,
  // Odd where it stops the program.
  usize: (call) => `        pc = ${call}\n        if (pc & 1) return pc - 1\n        continue`,
}

/** The text of assembly/interpreter.ts; `sources` are the files of loops by name. */
export function interpreter(table, sources) {
  const loops = findFunctions(sources)
  const used = new Map()
  const functions = []
  const cases = []
  const problems = []
  for (const name of Object.keys(table.instructions)) {
    if (name === 'End') continue
    const own = loops.get(uncapitalized(name))
    const loop = own ?? loops.get(layoutOf(name, table))
    if (!loop || loop.told === (loop === own)) {
      problems.push(`${name} has no loop: export function ${uncapitalized(name)}`)
      continue
    }
    used.set(loop.name, loop)
    if (loop.told && !new RegExp(`Opcode\\.${name}\\b`).test(loop.text))
      problems.push(`assembly/${loop.file}.ts: ${loop.name} does not know Opcode.${name}`)
    const given = argumentsOf(loop, name, table.instructions[name]).join(', ')
    const { returned } = loop
    functions.push(
      `function run${name}(pc: usize): ${returned} {\n  ${returned === 'void' ? '' : 'return '}${loop.name}(${given})\n}`,
    )
    // An update that is not due ends the step.
    if (name !== 'UpdateEvery') cases.push(`      case Opcode.${name}:\n${calls[returned](`run${name}(pc)`)}`)
  }
  const text = Object.values(sources).join('\n')
  for (const { name, file } of loops.values())
    if (!used.has(name) && file !== 'index' && text.match(new RegExp(`\\b${name}\\b`, 'g')).length === 1)
      problems.push(`assembly/${file}.ts: no instruction is run by ${name}, and nothing calls it`)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  const files = [...new Set([...used.values()].map(({ file }) => file))].sort()
  const imports = files.map((file) => {
    const names = [...used.values()].filter((loop) => loop.file === file).map(({ name }) => name)
    return `import { ${names.sort().join(', ')} } from './${file}'`
  })
  const rows = Object.keys(table.instructions).filter(
    (name) => Object.keys(table.instructions[name]).length > 0,
  )
  return `// Written by interpreter.mjs from the table in src/instructions.ts.
//
// A program is a row of 32-bit words: a head, its operands, the next head, and so on to \`End\`. A head is an opcode and,
// in its upper half, the number of words from it to the next. Every address is resolved. Each loop is a function of its
// own, so that the engine optimizes it alone.
import { Opcode, ${rows.join(', ')} } from './opcodes'
${imports.join('\n')}

${functions.join('\n')}

/**
 * Runs the program at \`program\` up to \`times\` times. Returns 0, or the address of the instruction that stopped it.
 * All times are one call: entering a function as large as this takes as long as a small product.
 */
export function run(program: usize, times: u32): usize {
  if (times == 0) return 0
  let pc = program
  while (true) {
    const head = load<u32>(pc)
    switch (head & 0xffff) {
      case Opcode.UpdateEvery:
        if (runUpdateEvery(pc)) break
      // Without an update the step ends here.
      case Opcode.End:
        if (--times == 0) return 0
        pc = program
        continue
${cases.join('\n')}
      default:
        unreachable()
    }
    pc += (head >>> 16) << 2
  }
}
`
}
