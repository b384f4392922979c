// `npm run example -- NAME`: builds the examples and runs one, with the arguments after its name.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { bootstrap, fail, root, run } from './bootstrap.mjs'

const [name, ...rest] = process.argv.slice(2)
const names = readdirSync(join(root, 'examples', 'src'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3))
if (!names.includes(name))
  fail(`Which example? npm run example -- NAME, where NAME is one of ${names.join(', ')}`)
bootstrap('examples')
run(process.execPath, [join(root, 'examples', 'dist', `${name}.js`), ...rest])
