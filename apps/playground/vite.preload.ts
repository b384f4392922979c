// Lets the browser load what the first view needs at once, instead of when the script before it has run.
import type { Plugin } from 'vite'

/** Modules that the first place and its texts begin with. */
const first = [/\/src\/graph\/place\.tsx$/, /\/src\/texts\/en\/index\.ts$/]

export const preloadFirst: Plugin = {
  name: 'preload-first',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler(html, { bundle }) {
      const chunks = Object.values(bundle ?? {}).filter((file) => file.type === 'chunk')
      const wanted = new Set<string>()
      const want = (name: string) => {
        const chunk = chunks.find(({ fileName }) => fileName === name)
        if (!chunk || chunk.isEntry || wanted.has(name)) return
        wanted.add(name)
        for (const other of chunk.imports) want(other)
      }
      for (const { fileName, facadeModuleId } of chunks)
        if (facadeModuleId && first.some((module) => module.test(facadeModuleId))) want(fileName)
      return (
        [...wanted]
          // The entry's own are there already.
          .filter((name) => !html.includes(name))
          .map((name) => ({
            tag: 'link',
            attrs: { rel: 'modulepreload', crossorigin: true, href: `./${name}` },
            injectTo: 'head' as const,
          }))
      )
    },
  },
}
