// `npm run check:parsers [files] [seed]`: damaged files for each parser, 100,000 unless given. It prints how many were
// read, and the time and memory that the worst of them took; a failure prints the seed of its file.
import { bin, bootstrap, run } from './bootstrap.mjs'

const [files = '100000', seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2)
bootstrap()
process.stdout.write(`${files} files for each parser, from seed ${seed} on\n`)
run(bin('vitest'), ['run', 'packages/formats', 'packages/expression', '-t', `^${files} damaged`], {
  env: { ...process.env, BP_MUTATIONS: files, BP_SEED: seed },
})
