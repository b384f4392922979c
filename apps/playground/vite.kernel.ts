// Leaves out of the built page what computes in float32: its workers load `kernel.wasm` (src/shell/kernel.ts), the page itself
// computes in float64 alone, and nothing uses relaxed SIMD.
import type { Plugin } from 'vite'

/** `kept`: what a program can reach stays inlined, for the page that is one file. */
export function leanKernel({ kept = false } = {}): Plugin {
  return {
    name: 'lean-kernel',
    apply: 'build',
    transform(code, id) {
      const [, name] = /\/kernel\/dist\/(binary|binary-relaxed|bytes|opcodes)\.js$/.exec(id) ?? []
      if (!name) return
      if (name.startsWith('binary')) return { code: `export const binary = ''`, map: null }
      // The texts of functions.
      if (!kept) return { code: code.replaceAll(/\[(\d+), '[^']*'\]/g, `[$1, '']`), map: null }
      return
    },
  }
}

/**
 * For what is no worker: operations have nothing that lowers them to instructions, and the planner stays out. `lower` is still
 * there, since `simplify` asks whether it is.
 */
export const withoutKernel: Plugin = {
  name: 'without-kernel',
  apply: 'build',
  transform(code, id) {
    if (/\/core\/dist\/compile\/once\.js$/.test(id))
      return {
        code: `export function evaluateOnKernel() { throw new Error('float32 is for workers') }`,
        map: null,
      }
    if (!/\/core\/dist\/ops\/\w+\.js$/.test(id)) return
    const values: Range[] = []
    find(this.parse(code), values)
    const lean = values
      .sort((a, b) => b.start - a.start)
      .reduce((rest, { start, end }) => `${rest.slice(0, start)}null${rest.slice(end)}`, code)
    return { code: lean, map: null }
  },
}

interface Range {
  readonly start: number
  readonly end: number
}

/** Adds where the values of properties named `lower` are. */
function find(node: object, values: Range[]): void {
  const { type, key, value, shorthand } = node as {
    type?: string
    key?: { name?: string }
    value?: Range
    shorthand?: boolean
  }
  if (type === 'Property' && key?.name === 'lower' && !shorthand) values.push(value!)
  else
    for (const child of Object.values(node).flat())
      if (typeof (child as { type?: unknown } | null)?.type === 'string') find(child as object, values)
}
