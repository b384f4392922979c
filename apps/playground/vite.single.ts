// Makes the page one HTML file, which opens from a disk, a stick or a mail: `vite build --mode single`.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Plugin } from 'vite'

/** For `Content-Security-Policy`: the only script and the only style that may run are those inside. */
const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

export function singleFile(): Plugin {
  return {
    name: 'single-file',
    apply: 'build',
    enforce: 'post',
    config: () => ({
      build: {
        outDir: 'dist/single',
        assetsInlineLimit: Number.POSITIVE_INFINITY,
        cssCodeSplit: false,
        modulePreload: false,
        copyPublicDir: false,
        rolldownOptions: { output: { codeSplitting: false } },
      },
      worker: { rolldownOptions: { output: { codeSplitting: false } } },
    }),
    generateBundle: {
      // After Vite has written what its chunks preload.
      order: 'post',
      handler(_, bundle) {
        const html = bundle['index.html']
        if (html?.type !== 'asset') throw new Error('single-file: the build has no index.html')
        let page = String(html.source)
        const scripts: string[] = []
        const styles: string[] = []
        for (const [name, file] of Object.entries(bundle)) {
          if (name === 'index.html') continue
          // In an HTML file `</script` ends the script, wherever it stands.
          if (file.type === 'chunk') scripts.push(file.code.replaceAll('</script', '<\\/script'))
          else if (name.endsWith('.css')) styles.push(String(file.source))
          // The kernel's threads, which need headers that no file has.
          else if (!/worker-[\w-]+\.js$/.test(name)) throw new Error(`single-file: ${name} is not inside`)
          delete bundle[name]
        }
        const [script, ...others] = scripts
        if (script === undefined || others.length > 0)
          throw new Error(`single-file: expects one script, got ${scripts.length}`)
        const style = styles.join('\n')
        const policy = [
          "default-src 'none'",
          `script-src ${hashOf(script)} 'wasm-unsafe-eval'`,
          `style-src ${hashOf(style)}`,
          'worker-src blob:',
          'img-src data: blob:',
          "base-uri 'none'",
        ].join('; ')
        const icon = readFileSync(new URL('./public/favicon.svg', import.meta.url), 'utf8')
        page = page
          .replace(/<script type="module"[^>]*><\/script>/, '')
          .replace(/<link rel="stylesheet"[^>]*>/g, '')
          .replace(/href="[^"]*favicon\.svg"/, () => `href="data:image/svg+xml,${encodeURIComponent(icon)}"`)
          .replace(
            '<head>',
            () =>
              `<head>\n<meta http-equiv="Content-Security-Policy" content="${policy}">\n<style>${style}</style>`,
          )
          .replace('</body>', () => `<script type="module">${script}</script>\n</body>`)
        html.source = page
      },
    },
  }
}
