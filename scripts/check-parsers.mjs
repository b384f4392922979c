// `npm run check:parsers [files] [seed]`: damaged files for each parser, default 100,000, and adversarial ones. It prints
// how many damaged files were read, the time and memory of the worst of them, and those of each adversarial file; a failure
// prints the seed of its file.
import { bin, bootstrap, run } from './bootstrap.mjs'

const [files = '100000', seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2)
bootstrap()
process.stdout.write(`${files} files per parser, starting from seed ${seed}\n`)
run(
  bin('vitest'),
  ['run', 'packages/formats', 'packages/table', 'packages/expression', '-t', `^${files} damaged|adversarial`],
  {
    env: { ...process.env, BP_MUTATIONS: files, BP_SEED: seed },
  },
)
