// What the build refuses to make an interpreter of.
import { expect, test } from 'vitest'

// JavaScript, run by the build, so without types.
const { interpreter } = await import(String(new URL('../interpreter.mjs', import.meta.url)))

const unary = { out: 'out', x: 'in', size: 'elements' }
const loops =
  'export function unary(opcode: i32, out: usize, x: usize): void {\n  if (opcode == Opcode.Neg) …\n}\n'
const generate = (rows: Record<string, object>, source = '') =>
  interpreter(
    { instructions: { End: {}, Neg: unary, ...rows }, layouts: { unary } },
    { file: loops + source },
  )

test('a row is run by the loop of its name, else by that of its layout, with the operands that it takes', () => {
  const own =
    'export function oneHot(pc: usize, scale: f32): void {}\nexport function gather(\n  x: usize, size: u32,\n): bool {}\n'
  const text = generate({ OneHot: { out: 'out', scale: 'float' }, Gather: unary }, own)
  expect(text).toContain('unary(Opcode.Neg, load<u32>(pc, Neg.out), load<u32>(pc, Neg.x))')
  expect(text).toContain('oneHot(pc, load<f32>(pc, OneHot.scale))')
  expect(text).toContain('return gather(load<u32>(pc, Gather.x), load<u32>(pc, Gather.size))')
  expect(text).toContain('runOneHot(pc)\n        break')
  expect(text).toContain('if (!runGather(pc)) return pc')
})

test('a row without a loop, a loop without a row, one that takes what the row has not, and a layout that does not know an opcode do not build', () => {
  expect(() => generate({ OneHot: { out: 'out' } })).toThrow('OneHot has no loop: export function oneHot')
  expect(() => generate({}, 'export function oneHot(pc: usize): void {}\n')).toThrow(
    'assembly/file.ts: no instruction is run by oneHot, and nothing calls it',
  )
  expect(() => generate({ OneHot: { out: 'out' } }, 'export function oneHot(depth: u32): void {}\n')).toThrow(
    'assembly/file.ts: oneHot takes depth, which is no operand of OneHot',
  )
  expect(() => generate({ Softsign: unary })).toThrow('assembly/file.ts: unary does not know Opcode.Softsign')
})
