// Leaves the kernel's inlined binaries out of the built page: its workers load `kernel.wasm` (src/shell/kernel.ts), the page
// itself never computes with it, and nothing uses relaxed SIMD.
import type { Plugin } from 'vite'

/** `kept`: the plain binary stays inlined, for the page that is one file. */
export function leanKernel({ kept = false } = {}): Plugin {
  const dropped = kept
    ? /\/kernel\/(?:dist|src)\/binary-relaxed\.[jt]s$/
    : /\/kernel\/(?:dist|src)\/binary(?:-relaxed)?\.[jt]s$/
  return {
    name: 'lean-kernel',
    apply: 'build',
    transform(code, id) {
      if (!dropped.test(id)) return
      const [, pages = '0'] = /pages = (\d+)/.exec(code) ?? []
      return { code: `export const binary = ''\nexport const pages = ${pages}\n`, map: null }
    },
  }
}
