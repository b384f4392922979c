// What the build refuses to make an interpreter of.
import { expect, test } from 'vitest'

// JavaScript, run by the build, so without types.
const { interpreter } = await import(String(new URL('../interpreter.mjs', import.meta.url)))

const unary = { out: 'out', x: 'in', size: 'elements' }
const loops = 'export function unary(opcode: i32, pc: usize): void {\n  if (opcode == Opcode.Neg) …\n}\n'
const generate = (rows: Record<string, object>, source = '') =>
  interpreter(
    { instructions: { End: {}, Neg: unary, ...rows }, layouts: { unary } },
    { file: loops + source },
  )

test('a row is run by the loop of its name, else by that of its layout, which is told the opcode', () => {
  const own = 'export function oneHot(pc: usize): void {}\nexport function gather(pc: usize): bool {}\n'
  const text = generate({ OneHot: { out: 'out' }, Gather: unary }, own)
  expect(text).toContain('unary(Opcode.Neg, pc)')
  expect(text).toContain('oneHot(pc)\n        break')
  expect(text).toContain('if (!gather(pc)) return pc')
})

test('a row without a loop, a loop without a row and a layout that does not know an opcode do not build', () => {
  expect(() => generate({ OneHot: { out: 'out' } })).toThrow(
    'OneHot has no loop: export function oneHot(pc: usize)',
  )
  expect(() => generate({}, 'export function oneHot(pc: usize): void {}\n')).toThrow(
    'assembly/file.ts: no instruction is run by oneHot(pc)',
  )
  expect(() => generate({ Softsign: unary })).toThrow('assembly/file.ts: unary does not know Opcode.Softsign')
})
