// Leaves the kernel's inlined binary out of the built page: its workers load `kernel.wasm` (src/shell/kernel.ts), and the
// page itself never computes with it.
import type { Plugin } from 'vite'

export function kernelFromFile(): Plugin {
  return {
    name: 'kernel-from-file',
    apply: 'build',
    transform(code, id) {
      if (!/\/kernel\/(?:dist|src)\/binary(?:-relaxed)?\.[jt]s$/.test(id)) return
      const [, pages = '0'] = /pages = (\d+)/.exec(code) ?? []
      return { code: `export const binary = ''\nexport const pages = ${pages}\n`, map: null }
    },
  }
}
